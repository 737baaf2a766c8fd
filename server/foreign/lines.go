package foreign

import (
	"debug/buildinfo"
	"debug/dwarf"
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"sockscope/server/trace"
)

// texts finds the lines of programs' texts, by the debug information in the files of their
// machine code (DWARF, as compilers write it with -g, and Go's by default).
type texts struct {
	add     func(*trace.Source) // takes a text, whose number is the next
	objects map[string]*object
	numbers map[string]int // numbers by the file's path; 0 for one that is none
	count   int
	found   map[address]spot
}

// address is one in a file of machine code, as strace -k tells it.
type address struct {
	object string
	offset uint64
}

type spot struct{ file, line int }

// object is a file of machine code.
type object struct {
	debug  *dwarf.Data // nil where there is none
	loads  []*elf.Prog
	module string // of a Go program: what its own packages' paths begin with
	isGo   bool
}

// The limits of texts.
const (
	maxObjects = 64
	maxTexts   = 64
	maxText    = 256 << 10 // bytes of a text
	maxPlaces  = 1 << 16
)

// at is strace.Log's Place.
func (t *texts) at(name string, offset uint64) (file, line int, ok bool) {
	at := address{name, offset}
	s, known := t.found[at]
	if !known && len(t.found) < maxPlaces {
		if t.found == nil {
			t.found = map[address]spot{}
		}
		s = t.look(name, offset)
		t.found[at] = s
	}
	return s.file, s.line, s.line > 0
}

// look finds a spot; of what is no text of the program's own it is zero.
func (t *texts) look(name string, offset uint64) (none spot) {
	o := t.object(name)
	if o == nil || o.debug == nil {
		return none
	}
	for _, load := range o.loads {
		if offset < load.Off || offset >= load.Off+load.Filesz {
			continue
		}
		// A frame has the address behind its call.
		pc := load.Vaddr + offset - load.Off - 1
		unit, err := o.debug.Reader().SeekPC(pc)
		if err != nil || !o.own(unit) {
			return none
		}
		lines, err := o.debug.LineReader(unit)
		if err != nil || lines == nil {
			return none
		}
		var e dwarf.LineEntry
		if err := lines.SeekPC(pc, &e); err != nil || e.File == nil {
			return none
		}
		if number := t.text(e.File.Name); number > 0 {
			return spot{number, e.Line}
		}
		return none
	}
	return none
}

// own reports whether a unit is the program's own: one of a Go program may be of a library.
func (o *object) own(unit *dwarf.Entry) bool {
	name, _ := unit.Val(dwarf.AttrName).(string)
	return !o.isGo || name == "main" || o.module != "" && (name == o.module || strings.HasPrefix(name, o.module+"/"))
}

func (t *texts) object(name string) *object {
	if o, known := t.objects[name]; known || len(t.objects) == maxObjects {
		return o
	}
	if t.objects == nil {
		t.objects = map[string]*object{}
	}
	o := new(object)
	t.objects[name] = o
	f, err := elf.Open(name)
	if err != nil {
		return o
	}
	defer f.Close()
	for _, load := range f.Progs {
		if load.Type == elf.PT_LOAD && load.Flags&elf.PF_X != 0 {
			o.loads = append(o.loads, load)
		}
	}
	if o.debug, err = f.DWARF(); err != nil {
		o.debug = nil
	}
	if info, err := buildinfo.ReadFile(name); err == nil {
		o.isGo, o.module = true, info.Main.Path
	}
	return o
}

// text returns the number of the text in a file, 0 where it can't be read, or is too long.
func (t *texts) text(path string) int {
	if n, known := t.numbers[path]; known || t.count == maxTexts {
		return n
	}
	if t.numbers == nil {
		t.numbers = map[string]int{}
	}
	t.numbers[path] = 0
	if stat, err := os.Stat(path); err != nil || !stat.Mode().IsRegular() || stat.Size() > maxText {
		return 0
	}
	text, err := os.ReadFile(path)
	if err != nil || len(text) > maxText || !utf8.Valid(text) {
		return 0
	}
	t.count++
	t.numbers[path] = t.count
	t.add(&trace.Source{Name: filepath.Base(path), Text: string(text)})
	return t.count
}
