// Package demo names the programs of the labs. Each has a folder here, which
// holds one file: it is shown as it runs. A server's function is Serve and takes
// the address to bind; a client's is Talk and takes the address to connect to.
// What does the same has the same name in all of them, so that the difference
// between a program and the one that it follows is its idea.
//
// To add one: write its folder and file, say in the doc sentence which file it
// follows, and name it in [Programs]. A scenario in golden_linux_test.go proves
// it.
package demo
