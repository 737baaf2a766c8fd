package lab

// Topic is a kind of moment that the learner can be asked about, before what
// happens there is shown.
type Topic uint8

const (
	AcceptSleeps   Topic = iota // accept, and nobody in the backlog
	AcceptGives                 // accept returns a socket
	AcceptFails                 // accept returns an error, or "not yet"
	ConnectQueued               // connect succeeds, and nobody is in accept
	ConnectDropped              // connect whose SYN is dropped, and sent again
	ConnectFails                // connect returns an error, or "not yet"
	AcceptedLater               // a client is accepted after others are done
	RecvSleeps                  // recv, and nothing in the Recv-Q
	RecvHas                     // recv finds bytes
	RecvWoken                   // recv slept, and bytes came
	RecvJoined                  // recv gets the bytes of several sends
	RecvPart                    // recv gets part of what one send sent
	CountsRecvs                 // how many recvs get what several sends sent
	NeverReturns                // a call of a deadlock
	RecvEnd                     // recv returns 0
	RecvShut                    // recv gets bytes after its side has shut down what it sends
	RecvNotYet                  // recv returns EAGAIN
	RecvFails                   // recv returns an error
	CloseTells                  // what the peer's recv returns after a close that sends RST
	SendTakes                   // send takes all
	SendPart                    // send takes part
	SendSleeps                  // send waits for room
	SendNotYet                  // send returns EAGAIN
	SendFails                   // send returns an error
	SendSignal                  // send that never returns: a signal ends its process
	SendHalfClosed              // send to a peer that has shut down its own direction
	WaitSleeps                  // select sleeps
	WaitListener                // select finds the listener readable
	WaitReadable                // select finds a connection readable
	WaitWritable                // select finds a connection writable
	WaitEnd                     // select finds one readable whose peer has ended
	WaitSeveral                 // select finds several members ready
	WaitCounts                  // select returns a number, which is not of bytes
	WaitTimesOut                // select returns 0
	PrintsNumber                // a program prints the number that it received
	PrintsVisits                // a program prints how many clients its threads have counted
	AskedOften                  // recv returns bytes after it was told "not yet" many times
	FullAgain                   // poll, and accept had no fd for the client that waits
	ToldAgain                   // epoll_wait, and bytes of before are unread
	WakesIt                     // what another thread does while one sleeps in recv or poll
	WhoReceives                 // which thread or process receives a client's first bytes
	WhoCloses                   // whose close ends a connection that several processes hold
	HalfLine                    // what a program does that has received bytes without a newline
	LeavesLater                 // when the bytes of a send leave that the kernel keeps
	ShakenHands                 // a connecting socket turns writable

	OptionDiffers // a getsockopt after a setsockopt returns another value

	// Of datagrams.

	DatagramsArrive // how many of a series of datagrams are received
	RecvDatagram    // a recv with room for more gets one datagram, while others wait
	RecvCut         // a datagram is longer than the room for it
	ConnectNotes    // connect of a socket for datagrams

	NumTopics // how many there are
)
