//go:build !linux

package confine

import (
	"errors"
	"os"
	"syscall"
)

// Sandboxes lists the ways to be tried. Network namespaces are Linux's.
func Sandboxes() []Sandbox { return []Sandbox{Shared} }

// Nursery returns how to start a process that starts sandboxes: as any.
func Nursery() *syscall.SysProcAttr { return new(syscall.SysProcAttr) }

// SmallTables does nothing here.
func SmallTables() error { return errors.ErrUnsupported }

// StandingWays lists the ways to start a standing program.
func StandingWays() []func() *syscall.SysProcAttr {
	return []func() *syscall.SysProcAttr{Shared.Attr}
}

// Give lets a process in the sandbox open a pipe by its name in /dev/fd.
func (s Sandbox) Give(*os.File) error { return nil }

// Furnish prepares a network namespace: an error here.
func Furnish() error { return errors.ErrUnsupported }

// SetBuffers sets the size of TCP buffers in a network namespace: an error here.
func SetBuffers(int) error { return errors.ErrUnsupported }

// ForbidNamespaces does nothing here.
func ForbidNamespaces() {}

// SetRetries sets how often TCP sends again in a network namespace: an error here.
func SetRetries(int) error { return errors.ErrUnsupported }

// SetCookies sets when TCP answers by cookies in a network namespace: an error here.
func SetCookies(string) error { return errors.ErrUnsupported }
