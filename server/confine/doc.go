// Package confine sets processes apart from the machine that they run on.
//
// A [Sandbox] is what a process gets of its own when it starts: on Linux a network
// namespace, and with it loopback, ports and settings. A [Launcher] starts processes
// under rules that they can't shed: they gain no privileges, have no capability but
// to listen below port 1024, open no file and run none but this executable, where the
// kernel has Landlock. What a system hasn't got is said in notes, a sentence each.
package confine
