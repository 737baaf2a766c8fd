package socket

// kqueueMemory stands for what this kernel doesn't have. What would use it is
// never reached: NewKqueue has stopped the program.
type kqueueMemory struct{}

func (*kqueueMemory) create(*call) (int, Errno) { return -1, ENOSYS }

func (*kqueueMemory) change(*call, int, int, Filter, int) Errno { return ENOSYS }

func (*kqueueMemory) wait(*call, int) (int, Errno) { return -1, ENOSYS }

func (*kqueueMemory) at(int) (int, Kevent) { return -1, Kevent{} }
