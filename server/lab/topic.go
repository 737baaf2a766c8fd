package lab

// Topic is a kind of moment that the learner can be asked about, before what
// happens there is shown.
type Topic string

const (
	AcceptSleeps   Topic = "accept sleeps"            // accept, and nobody in the backlog
	AcceptGives    Topic = "accept gives"             // accept returns a socket
	AcceptFails    Topic = "accept fails"             // accept returns an error, or "not yet"
	ConnectQueued  Topic = "connect is queued"        // connect succeeds, and nobody is in accept
	ConnectDropped Topic = "connect finds no room"    // connect whose SYN is dropped, and sent again
	ConnectFails   Topic = "connect fails"            // connect returns an error, or "not yet"
	AcceptedLater  Topic = "accepted later"           // a client is accepted after others are done
	RecvSleeps     Topic = "recv sleeps"              // recv, and nothing in the Recv-Q
	RecvHas        Topic = "recv has bytes"           // recv finds bytes
	RecvWoken      Topic = "recv is woken"            // recv slept, and bytes came
	RecvJoined     Topic = "recv joins sends"         // recv gets the bytes of several sends
	RecvPart       Topic = "recv gets part"           // recv gets part of what one send sent
	CountsRecvs    Topic = "counts recvs"             // how many recvs get what several sends sent
	NeverReturns   Topic = "never returns"            // a call of a deadlock
	RecvEnd        Topic = "recv gets the end"        // recv returns 0
	RecvShut       Topic = "recv after its shutdown"  // recv gets bytes after its side has shut down what it sends
	RecvNotYet     Topic = "recv is told not yet"     // recv returns EAGAIN
	RecvFails      Topic = "recv fails"               // recv returns an error
	CloseTells     Topic = "close tells"              // what the peer's recv returns after a close that sends RST
	SendTakes      Topic = "send takes all"           // send takes all
	SendPart       Topic = "send takes part"          // send takes part
	SendSleeps     Topic = "send sleeps"              // send waits for room
	SendNotYet     Topic = "send is told not yet"     // send returns EAGAIN
	SendFails      Topic = "send fails"               // send returns an error
	SendSignal     Topic = "send brings a signal"     // send that never returns: a signal ends its process
	SendHalfClosed Topic = "send to a half-closed"    // send to a peer that has shut down its own direction
	WaitSleeps     Topic = "wait sleeps"              // select sleeps
	WaitListener   Topic = "wait finds the listener"  // select finds the listener readable
	WaitReadable   Topic = "wait finds bytes"         // select finds a connection readable
	WaitWritable   Topic = "wait finds room"          // select finds a connection writable
	WaitEnd        Topic = "wait finds the end"       // select finds one readable whose peer has ended
	WaitSeveral    Topic = "wait finds several"       // select finds several members ready
	WaitCounts     Topic = "wait counts"              // select returns a number, which is not of bytes
	WaitTimesOut   Topic = "wait times out"           // select returns 0
	PrintsNumber   Topic = "prints a number"          // a program prints the number that it received
	PrintsVisits   Topic = "prints visits"            // a program prints how many clients its threads have counted
	AskedOften     Topic = "asked often"              // recv returns bytes after it was told "not yet" many times
	FullAgain      Topic = "told again of a client"   // poll, and accept had no fd for the client that waits
	ToldAgain      Topic = "told again"               // epoll_wait, and bytes of before are unread
	WakesIt        Topic = "wakes it"                 // what another thread does while one sleeps in recv or poll
	WhoReceives    Topic = "who receives"             // which thread or process receives a client's first bytes
	WhoCloses      Topic = "who closes"               // whose close ends a connection that several processes hold
	HalfLine       Topic = "half a line"              // what a program does that has received bytes without a newline
	LeavesLater    Topic = "leaves later"             // when the bytes of a send leave that the kernel keeps
	ShakenHands    Topic = "writable after a connect" // a connecting socket turns writable
)

// OptionDiffers is a getsockopt after a setsockopt that returns another value.
const OptionDiffers Topic = "option differs"

// Of datagrams.
const (
	DatagramsArrive Topic = "datagrams arrive"         // how many of a series of datagrams are received
	RecvDatagram    Topic = "recv gets one datagram"   // a recv with room for more gets one datagram, while others wait
	RecvCut         Topic = "recv cuts a datagram"     // a datagram is longer than the room for it
	ConnectNotes    Topic = "connect notes an address" // connect of a socket for datagrams
)
