// Package plot lays out what a run has measured: medians and their spread, on
// two logarithmic axes. It is plain Go; the page draws what it returns.
package plot
