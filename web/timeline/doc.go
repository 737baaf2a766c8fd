// Package timeline lays a run out as a drawing: one lane a thread, one bar a
// call. It is plain Go and knows no browser: a [Scene] is bytes, which
// assets/canvas.js turns into canvas calls and tests read as they are.
//
// Each meaning has a shape before it has a colour. A line runs in the program,
// a solid bar in the kernel; a hollow hatched bar is asleep, without its right
// edge it has not returned yet; a notch is an errno, a hollow notch "not yet";
// a dashed curve is an inferred wake; a dotted line with a diamond is a pause
// that a knob injected. Between the lanes a line with a head is a packet, full where it
// carries data; a cross is a reset, a bar is where it was dropped, and a double line was
// sent again.
//
// A frame costs pixels, not events: the window is found by binary search, and
// what falls into the same two pixels is drawn once.
package timeline
