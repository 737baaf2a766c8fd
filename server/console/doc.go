// Package console carries several connections over one stream of bytes: the virtio
// console between a machine in a browser's tab and the page that it runs in. Both ends
// are here. The page opens connections, and the machine joins each to the native
// server's control port.
//
// A frame is a kind, the number of a connection, the length of what follows in two
// bytes, big-endian, and that:
//
//	open   page     a new connection
//	data   both     its bytes
//	grant  both     four bytes: so many more bytes of it are welcome
//	close  both     no more of it; each end says so once
//	taken  machine  four bytes: so many bytes of the stream itself were read
//	set    page     the time, in ns since 1970, and random bytes
//
// A connection begins with credit for Window bytes each way, so that nobody who doesn't
// read has others wait. The emulator drops what finds no buffer of the machine's, and
// there are 16. So the page writes pieces, each of which takes one buffer, and has no
// more than half of the buffers filled with what was not taken.
package console
