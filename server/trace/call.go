package trace

import "strconv"

// Call is the number of a call in a trace. Numbers are never given out anew: a
// trace that was saved years ago has them.
type Call uint8

// The calls. What is known of each stands in its row of the table below; to add a
// call is to add a number here and a row there.
const (
	CallNone     Call = 0
	Socket       Call = 1
	Bind         Call = 2
	Listen       Call = 3
	Accept       Call = 4
	Connect      Call = 5
	Send         Call = 6
	Recv         Call = 7
	Sendto       Call = 8
	Recvfrom     Call = 9
	Shutdown     Call = 10
	Close        Call = 11
	Select       Call = 12
	Poll         Call = 13
	EpollCreate  Call = 14
	EpollCtl     Call = 15
	EpollWait    Call = 16
	Fcntl        Call = 17
	Setsockopt   Call = 18
	Getsockopt   Call = 19
	Getsockname  Call = 20
	Getpeername  Call = 21
	Read         Call = 22
	Write        Call = 23
	Nanosleep    Call = 24
	Fork         Call = 25
	Waitpid      Call = 26
	Kqueue       Call = 27
	KeventChange Call = 28 // kevent(2) with changes to the list, and no room for events
	KeventWait   Call = 29 // kevent(2) with room for events, and no changes
	Eventfd      Call = 30
	Openat       Call = 31

	// What a Go program calls of package net. The program itself tells it; see Told.
	NetAccept Call = 32
	NetRead   Call = 33
	NetWrite  Call = 34
	NetClose  Call = 35

	Dup    Call = 40
	Dup2   Call = 41
	Execve Call = 42

	// Of signals and threads.
	Signal Call = 50
	Tgkill Call = 51
	Futex  Call = 52

	Writev Call = 60

	// What other people's programs call; ours have no need of it.
	Sendmsg  Call = 61
	Recvmsg  Call = 62
	Readv    Call = 63
	Sendfile Call = 64

	// Of memory that processes share.
	Shmget Call = 70
	Shmat  Call = 71
	Shmctl Call = 72

	numCalls = 73
)

// A Row is all that is known of a call before it is made.
type Row struct {
	// Name is what a C program calls, in lower case. A call that the program tells
	// begins with a capital, as in Go.
	Name string
	// Brief is a shorter word, for where Name has no room and its beginning is that
	// of other calls too; else "".
	Brief string
	// Form is the arguments behind Name.
	Form []Arg
	// Kernel are the system calls that Name becomes beneath a C library, the one of
	// our own programs first. It is empty where Name is the system call.
	Kernel []Syscall
	// Class says what the call does.
	Class Class
	// Makes is what the fd that the call returns stands for, where Class has MakesFD.
	Makes FDKind
	// Beneath is the system call that does the work of a call with Class Tells.
	Beneath Call
	// Methods are the functions and methods that make the call, of package
	// sockscope/server/socket or, of a call with Class Tells, of package net.
	Methods []string
}

// Syscall is a system call of Linux with its arguments.
type Syscall struct {
	Name string
	Form []Arg
}

// Class is a set of properties of a call.
type Class uint8

const (
	Sends       Class = 1 << iota // moves bytes from the program into an fd
	Receives                      // moves bytes from an fd to the program
	Multiplexes                   // waits for several fds at once
	Blocks                        // waits, unless its fd is non-blocking
	MakesFD                       // returns a new fd
	Tells                         // is no system call; the program says that it called a method
)

// The rows, by the numbers of their calls.
var rows = [numCalls]Row{
	Socket: {Name: "socket", Form: []Arg{ArgDomain, ArgType, ArgProtocol}, Class: MakesFD, Makes: FDSocket, Methods: []string{"New", "Try"}},
	Bind:   {Name: "bind", Form: []Arg{ArgFD, ArgAddr}, Methods: []string{"Bind"}},
	Listen: {Name: "listen", Form: []Arg{ArgFD, ArgInt}, Methods: []string{"Listen"}},
	Accept: {Name: "accept", Form: []Arg{ArgFD, ArgAddrOut, ArgFurtherSocketFlags}, Kernel: []Syscall{
		{"accept4", []Arg{ArgFD, ArgAddrOut, ArgSocketFlags}}},
		Class: Blocks | MakesFD, Makes: FDConn, Methods: []string{"Accept"}},
	Connect: {Name: "connect", Form: []Arg{ArgFD, ArgAddr}, Class: Blocks, Methods: []string{"Connect"}},
	Send: {Name: "send", Form: []Arg{ArgFD, ArgData, ArgSize, ArgFurtherMsgFlags}, Kernel: []Syscall{
		{"sendto", []Arg{ArgFD, ArgData, ArgSize, ArgMsgFlags, ArgNull, ArgZero}}},
		Class: Sends | Blocks, Methods: []string{"Send"}},
	Recv: {Name: "recv", Form: []Arg{ArgFD, ArgDataOut, ArgSize, ArgFurtherMsgFlags}, Kernel: []Syscall{
		{"recvfrom", []Arg{ArgFD, ArgDataOut, ArgSize, ArgMsgFlags, ArgNull, ArgNull}}},
		Class: Receives | Blocks, Methods: []string{"Recv"}},
	Sendto:   {Name: "sendto", Form: []Arg{ArgFD, ArgData, ArgSize, ArgMsgFlags, ArgAddr}, Class: Sends | Blocks, Methods: []string{"Sendto"}},
	Recvfrom: {Name: "recvfrom", Form: []Arg{ArgFD, ArgDataOut, ArgSize, ArgMsgFlags, ArgAddrOut}, Class: Receives | Blocks, Methods: []string{"Recvfrom"}},
	Shutdown: {Name: "shutdown", Form: []Arg{ArgFD, ArgShutdown}, Methods: []string{"Shutdown"}},
	Close:    {Name: "close", Form: []Arg{ArgFD}, Methods: []string{"Close"}},
	Select: {Name: "select", Form: []Arg{ArgSize, ArgReadSet, ArgWriteSet, ArgExceptSet, ArgTimeval}, Kernel: []Syscall{
		{"pselect6", []Arg{ArgSize, ArgReadSet, ArgWriteSet, ArgExceptSet, ArgTimespec, ArgNull}},
		{"_newselect", []Arg{ArgSize, ArgReadSet, ArgWriteSet, ArgExceptSet, ArgTimeval}}},
		Class: Multiplexes, Methods: []string{"Select"}},
	Poll: {Name: "poll", Form: []Arg{ArgPollFDs, ArgSize, ArgMilliseconds}, Kernel: []Syscall{
		{"ppoll", []Arg{ArgPollFDs, ArgSize, ArgTimespec, ArgNull, ArgZero}}},
		Class: Multiplexes, Methods: []string{"Poll"}},
	EpollCreate: {Name: "epoll_create1", Brief: "create", Form: []Arg{ArgEpollFlags}, Class: MakesFD, Makes: FDEpoll, Methods: []string{"NewEpoll"}},
	EpollCtl:    {Name: "epoll_ctl", Brief: "ctl", Form: []Arg{ArgFD, ArgEpollOp, ArgInt, ArgEpollEvent}, Methods: []string{"Add", "Modify", "Delete"}},
	EpollWait: {Name: "epoll_wait", Brief: "wait", Form: []Arg{ArgFD, ArgEpollEvents, ArgSize, ArgMilliseconds}, Kernel: []Syscall{
		{"epoll_pwait", []Arg{ArgFD, ArgEpollEvents, ArgSize, ArgMilliseconds, ArgNull, ArgZero}},
		{"epoll_pwait2", []Arg{ArgFD, ArgEpollEvents, ArgSize, ArgTimespec, ArgNull, ArgZero}}},
		Class: Multiplexes, Methods: []string{"Wait"}},
	Fcntl:       {Name: "fcntl", Form: []Arg{ArgFD, ArgFcntl}, Kernel: []Syscall{{"fcntl", []Arg{ArgFD, ArgFcntl}}, {"fcntl64", []Arg{ArgFD, ArgFcntl}}}, Methods: []string{"SetBlocking"}},
	Setsockopt:  {Name: "setsockopt", Brief: "setopt", Form: []Arg{ArgFD, ArgOption, ArgOptionValue}, Methods: []string{"NewListener", "SetOption", "SetLinger", "SetRecvTimeout"}},
	Getsockopt:  {Name: "getsockopt", Brief: "getopt", Form: []Arg{ArgFD, ArgOption, ArgOptionOut}, Methods: []string{"GetOption", "PendingError"}},
	Getsockname: {Name: "getsockname", Brief: "getname", Form: []Arg{ArgFD, ArgAddrOut}, Methods: []string{"Getsockname"}},
	Getpeername: {Name: "getpeername", Brief: "getpeer", Form: []Arg{ArgFD, ArgAddrOut}, Methods: []string{"Getpeername"}},
	Read:        {Name: "read", Form: []Arg{ArgFD, ArgDataOut, ArgSize}, Class: Receives | Blocks},
	Write:       {Name: "write", Form: []Arg{ArgFD, ArgData, ArgSize}, Class: Sends | Blocks, Methods: []string{"Notify", "Write"}},
	Nanosleep: {Name: "nanosleep", Form: []Arg{ArgTimespec, ArgLeft}, Kernel: []Syscall{
		{"nanosleep", []Arg{ArgTimespec, ArgLeft}},
		{"clock_nanosleep", []Arg{ArgClock, ArgZero, ArgTimespec, ArgLeft}}},
		Methods: []string{"Sleep"}},
	Fork: {Name: "fork", Kernel: []Syscall{{"clone", []Arg{ArgSpawn}}, {"clone3", nil}, {"vfork", nil}}, Methods: []string{"Fork"}},
	Waitpid: {Name: "waitpid", Form: []Arg{ArgInt, ArgStatusOut, ArgWaitOptions}, Kernel: []Syscall{
		{"wait4", []Arg{ArgInt, ArgStatusOut, ArgWaitOptions, ArgNull}}},
		Methods: []string{"Wait"}},
	Kqueue:       {Name: "kqueue", Class: MakesFD, Makes: FDKqueue, Methods: []string{"NewKqueue"}},
	KeventChange: {Name: "kevent", Form: []Arg{ArgFD, ArgKevent, ArgOne, ArgNull, ArgZero, ArgNull}, Methods: []string{"Add", "Delete"}},
	KeventWait:   {Name: "kevent", Form: []Arg{ArgFD, ArgNull, ArgZero, ArgKevents, ArgSize, ArgTimespec}, Class: Multiplexes, Methods: []string{"Wait"}},
	Eventfd:      {Name: "eventfd2", Form: []Arg{ArgInt, ArgEventfdFlags}, Class: MakesFD, Makes: FDEventfd, Methods: []string{"NewEventfd"}},
	Openat:       {Name: "openat", Form: []Arg{ArgDirectory, ArgPath, ArgOpenFlags}, Class: MakesFD, Makes: FDFile},
	Signal: {Name: "signal", Form: []Arg{ArgSignal, ArgAction}, Kernel: []Syscall{
		{"rt_sigaction", []Arg{ArgSignal, ArgSigaction, ArgNull, ArgMaskSize}}},
		Methods: []string{"Interrupting", "Signal"}},
	Tgkill: {Name: "tgkill", Form: []Arg{ArgInt, ArgInt, ArgSignal}, Methods: []string{"Kill"}},
	Futex:  {Name: "futex", Form: []Arg{ArgPointer, ArgFutexOp, ArgFutexValue}, Class: Blocks, Methods: []string{"Join", "Lock", "Unlock"}},

	Dup: {Name: "dup", Form: []Arg{ArgFD}},
	Dup2: {Name: "dup2", Form: []Arg{ArgFD, ArgInt}, Kernel: []Syscall{
		{"dup2", []Arg{ArgFD, ArgInt}},
		{"dup3", []Arg{ArgFD, ArgInt, ArgZero}}}},
	Execve: {Name: "execve", Form: []Arg{ArgPath}},

	Writev: {Name: "writev", Form: []Arg{ArgFD, ArgVectors}, Class: Sends | Blocks, Methods: []string{"Writev"}},

	Sendmsg:  {Name: "sendmsg", Form: []Arg{ArgFD, ArgMessage}, Class: Sends | Blocks},
	Recvmsg:  {Name: "recvmsg", Form: []Arg{ArgFD, ArgMessageOut}, Class: Receives | Blocks},
	Readv:    {Name: "readv", Form: []Arg{ArgFD, ArgVectorsOut}, Class: Receives | Blocks},
	Sendfile: {Name: "sendfile", Form: []Arg{ArgFD, ArgInt, ArgOffset, ArgSize}, Class: Sends | Blocks},
	Shmget:   {Name: "shmget", Form: []Arg{ArgShmKey, ArgInt, ArgShmFlags}, Methods: []string{"Shared"}},
	Shmat:    {Name: "shmat", Form: []Arg{ArgInt, ArgNull, ArgZero}, Methods: []string{"Shared"}},
	Shmctl:   {Name: "shmctl", Form: []Arg{ArgInt, ArgShmOp, ArgNull}, Methods: []string{"Shared"}},

	NetAccept: {Name: "Accept", Form: []Arg{ArgFD, ArgAddrOut}, Class: Tells, Beneath: Accept, Methods: []string{"Accept"}},
	NetRead:   {Name: "Read", Form: []Arg{ArgFD, ArgDataOut, ArgSize}, Class: Tells, Beneath: Read, Methods: []string{"Read"}},
	NetWrite:  {Name: "Write", Form: []Arg{ArgFD, ArgData, ArgSize}, Class: Tells, Beneath: Write, Methods: []string{"Write"}},
	NetClose:  {Name: "Close", Form: []Arg{ArgFD}, Class: Tells, Beneath: Close, Methods: []string{"Close"}},
}

// Row returns what is known of c, the zero Row for a number without a call: a newer
// version may have written the trace.
func (c Call) Row() Row {
	if c < numCalls {
		return rows[c]
	}
	return Row{}
}

// Calls returns all calls that have a row, in the order of their numbers.
func Calls() []Call {
	var all []Call
	for c := range rows {
		if rows[c].Name != "" {
			all = append(all, Call(c))
		}
	}
	return all
}

// String returns the call's name, "call77" for a number without a row.
func (c Call) String() string {
	if c < numCalls && rows[c].Name != "" {
		return rows[c].Name
	}
	return "call" + strconv.Itoa(int(c))
}

// is reports whether the class of c has all of the properties.
func (c Call) is(class Class) bool { return c < numCalls && rows[c].Class&class == class }

// Told reports whether c is no system call: the program itself tells that it called
// a method of package net, and when that returned. Its fd is the connection's.
func (c Call) Told() bool { return c.is(Tells) }

// Sends reports whether c moves bytes from the program into a socket; a write does
// where its fd is one.
func (c Call) Sends() bool { return c.is(Sends) }

// Receives reports whether c moves bytes from a socket to the program.
func (c Call) Receives() bool { return c.is(Receives) }

// Names reports whether c tells whom a datagram came from.
func (c Call) Names() bool { return c == Recvfrom || c == Recvmsg }

// Multiplexes reports whether c waits for several fds at once.
func (c Call) Multiplexes() bool { return c.is(Multiplexes) }

// Blocks reports whether c waits unless its fd is non-blocking.
func (c Call) Blocks() bool { return c.is(Blocks) }

// MakesFD reports whether the result of c is a new fd.
func (c Call) MakesFD() bool { return c.is(MakesFD) }

// An Arg is one argument of a call, or several that belong together: what it is, and
// where an Event has it. Package strace writes and reads each.
type Arg uint8

const (
	ArgFD           Arg = iota // Event.FD
	ArgInt                     // the next of Event.Args, a number
	ArgDomain                  // the next of Event.Args, AF_INET
	ArgType                    // the next of Event.Args, SOCK_STREAM
	ArgProtocol                // the next of Event.Args, IPPROTO_TCP; behind ArgDomain and ArgType
	ArgShutdown                // the next of Event.Args, SHUT_WR
	ArgMsgFlags                // the next of Event.Args, MSG_PEEK
	ArgSocketFlags             // the next of Event.Args, SOCK_NONBLOCK
	ArgEpollFlags              // the next of Event.Args, EPOLL_CLOEXEC
	ArgEventfdFlags            // the next of Event.Args, EFD_NONBLOCK
	ArgOpenFlags               // the next of Event.Args, O_RDONLY; and, with O_CREAT, a mode
	ArgEpollOp                 // the next of Event.Args, EPOLL_CTL_ADD
	ArgEpollEvent              // the next of Event.Args, the events of a struct epoll_event; behind ArgEpollOp and the fd
	ArgKevent                  // the next three of Event.Args: a struct kevent
	ArgFcntl                   // the next two of Event.Args: F_SETFL, O_NONBLOCK
	ArgOption                  // the next two of Event.Args: level and option of a socket
	ArgOptionValue             // the next of Event.Args, the value of the option, and its size
	ArgOptionOut               // the same, coming out
	ArgSignal                  // the next of Event.Args, SIGPIPE
	ArgAction                  // the next of Event.Args, SIG_IGN
	ArgSigaction               // the same, in a struct sigaction
	ArgPointer                 // the next of Event.Args, an address in memory
	ArgFutexOp                 // the next of Event.Args, FUTEX_WAIT
	ArgFutexValue              // the next of Event.Args, and the NULL behind it of a wait without a timeout
	ArgShmKey                  // the next of Event.Args, IPC_PRIVATE
	ArgShmFlags                // the next of Event.Args, IPC_CREAT and a mode
	ArgShmOp                   // the next of Event.Args, IPC_RMID
	ArgWaitOptions             // the one of Event.Args behind the status, WNOHANG
	ArgStatusOut               // the last of Event.Args, coming out: how a child ended

	ArgFurtherSocketFlags // as ArgSocketFlags, but left out when none is set
	ArgFurtherMsgFlags    // as ArgMsgFlags, but left out when none is set

	ArgAddr       // Event.Addr, and its size
	ArgAddrOut    // the same, coming out
	ArgPath       // Event.Addr, a file's
	ArgData       // Event.Data, of which Event.Size is the true count
	ArgDataOut    // the same, coming out
	ArgVectors    // Event.Data in pieces, as an array of struct iovec, and how many; Event.Args has their sizes
	ArgVectorsOut // the same, coming out
	// ArgMessage is Event.Addr and Event.Data in pieces, as a struct msghdr, and the flags
	// behind it. Event.Args has these flags, those in the struct, and the sizes of the pieces.
	ArgMessage
	ArgMessageOut // the same, coming out
	ArgOffset     // the next of Event.Args, a place in a file; -1 is NULL
	ArgSize       // Event.Size
	ArgReadSet    // a list of Event.Sets, [3 4], NULL where none was given
	ArgWriteSet   // the same
	ArgExceptSet  // the same
	ArgPollFDs    // Event.Sets as an array of struct pollfd
	ArgEpollEvents
	ArgKevents

	ArgTimeval      // Event.Timeout; NULL for Forever
	ArgTimespec     // the same
	ArgMilliseconds // the same; -1 for Forever
	ArgLeft         // what was left of a sleep, coming out; not in an Event
	ArgNull         // NULL; not in an Event
	ArgZero         // 0; not in an Event
	ArgOne          // 1; not in an Event
	ArgMaskSize     // 8, the size of a signal mask; not in an Event
	ArgDirectory    // AT_FDCWD; not in an Event
	ArgClock        // CLOCK_MONOTONIC; not in an Event
	ArgSpawn        // how clone(2) makes a process; not in an Event
)
