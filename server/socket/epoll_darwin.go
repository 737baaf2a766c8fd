package socket

// epollMemory stands for what this kernel doesn't have. What would use it is
// never reached: NewEpoll has stopped the program.
type epollMemory struct{}

func (*epollMemory) create(*call) (int, Errno) { return -1, ENOSYS }

func (*epollMemory) control(*call, int, int, int, Events) Errno { return ENOSYS }

func (*epollMemory) wait(*call, int, int) (int, Errno) { return -1, ENOSYS }

func (*epollMemory) at(int) (int, Events) { return -1, 0 }
