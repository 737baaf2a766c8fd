package socket

// Attempt makes calls that set a socket up. It returns the [Error] that else would stop the
// program, for one that wants to go on.
func Attempt(setUp func()) (err error) {
	defer func() { err = caught(recover()) }()
	setUp()
	return nil
}
