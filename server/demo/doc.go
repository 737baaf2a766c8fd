// Package demo holds the programs of the labs: one file a program, run as it is
// shown. Each is one exported function that takes the address to bind or to
// connect to, and what can be set.
//
// [Programs] names them with their settings. To add one: write its file, embed
// it, and add its Program.
package demo
