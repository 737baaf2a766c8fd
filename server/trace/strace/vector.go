package strace

import (
	"strconv"
	"strings"

	"sockscope/server/trace"
)

// vectors writes the pieces of a writev: [{iov_base="ab", iov_len=2}], 1.
func (w *writer) vectors() {
	data := w.enter.Data
	parts := make([]string, len(w.enter.Args))
	for i, size := range w.enter.Args {
		piece := data[:max(0, min(int64(len(data)), size))]
		data = data[len(piece):]
		parts[i] = "{iov_base=" + content(piece, int(size), w.most) + ", iov_len=" + strconv.FormatInt(size, 10) + "}"
	}
	w.say("[", strings.Join(parts, ", "), "], ", strconv.Itoa(len(parts)))
}

// vectors reads the pieces of a writev.
func (a *arguments) vectors() {
	text, ok := a.take()
	if !ok {
		return
	}
	a.next++ // how many they are
	text, ok = strings.CutPrefix(text, "[")
	whole := true // every byte of the pieces so far is there
	for ok && text != "]" && len(a.enter.Args) < maxVectors {
		text = strings.TrimPrefix(text, ", ")
		if text, ok = strings.CutPrefix(text, "{iov_base="); !ok {
			break
		}
		n := quoted(text)
		piece := a.content(text[:n])
		if text, ok = strings.CutPrefix(text[n:], ", iov_len="); !ok {
			break
		}
		number, rest, closed := strings.Cut(text, "}")
		size, err := strconv.ParseUint(number, 10, 30)
		if ok = closed && err == nil && int(size) >= len(piece); !ok {
			break
		}
		text = rest
		a.push(int64(size))
		a.enter.Size += int(size)
		if whole {
			a.enter.Data = append(a.enter.Data, piece...)
			a.enter.Data = a.enter.Data[:min(len(a.enter.Data), trace.DataCap)]
		}
		whole = whole && len(piece) == int(size)
	}
	if !ok || text != "]" || !whole {
		a.odd("the pieces of a writev")
	}
}

// maxVectors bounds the pieces of one call that are read.
const maxVectors = 64

// quoted returns the length of the string that text begins with, and of the dots that
// tell of more.
func quoted(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			if strings.HasPrefix(text[i+1:], "...") {
				i += 3
			}
			return i + 1
		}
	}
	return len(text)
}
