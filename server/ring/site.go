package ring

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// A Site is one place in a program that makes calls: the number of a file and
// a line in the table of an [Area]. Zero is an unknown place.
//
// Who writes the records finds out what its return addresses mean, once for each
// place, as only that process knows how: a Go program asks its own runtime, a
// tracer of another program reads debug information. A record then costs one
// number.
type Site uint32

// The table has room for maxSites places, of which each takes siteSize bytes: the
// line, whether the place is written, the length of the file's name, the name.
const (
	maxSites = 1024
	siteSize = 256
	siteHead = 12
)

// AddPlace writes a place into the table and returns its number, zero when the
// table is full. The line is counted from 1. Of a name longer than 244 bytes the
// end is kept. Several processes may write one table.
func (a *Area) AddPlace(file string, line int) Site {
	n := atomic.AddUint32((*uint32)(unsafe.Pointer(&a.mem[4])), 1)
	if n > maxSites {
		atomic.StoreUint32((*uint32)(unsafe.Pointer(&a.mem[4])), maxSites)
		return 0
	}
	b := a.site(Site(n))
	file = file[max(0, len(file)-(siteSize-siteHead)):]
	binary.LittleEndian.PutUint32(b, uint32(line))
	binary.LittleEndian.PutUint32(b[8:], uint32(len(file)))
	copy(b[siteHead:], file)
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&b[4])), 1)
	return Site(n)
}

// Place returns what a Site stands for; "" and 0 for an unknown one.
func (a *Area) Place(s Site) (file string, line int) {
	if s == 0 || s > maxSites {
		return "", 0
	}
	b := a.site(s)
	if atomic.LoadUint32((*uint32)(unsafe.Pointer(&b[4]))) == 0 {
		return "", 0
	}
	n := min(binary.LittleEndian.Uint32(b[8:]), siteSize-siteHead)
	return string(b[siteHead:][:n]), int(binary.LittleEndian.Uint32(b))
}

func (a *Area) site(s Site) []byte { return a.mem[areaHead+(int(s)-1)*siteSize:][:siteSize] }
