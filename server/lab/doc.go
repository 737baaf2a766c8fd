// Package lab holds the labs: each is a question, the programs that answer it
// when they run, and the knobs that set them up.
//
// A [Lab] is data. The browser draws its page from it, the server takes from it
// what to start; both check its knobs by [Lab.Set]. To add a lab, add a
// file with a Lab value, both called as its ID, and name it in [All].
package lab
