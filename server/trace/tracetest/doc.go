// Package tracetest holds traces to what is true of every run, whatever its
// schedule was: the kernel's rules for calls and fds, and for an echo that what it
// sends is what it received. Only tests use it.
package tracetest
