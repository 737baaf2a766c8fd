package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"sockscope/server/trace"
	"sockscope/web/export"
	"sockscope/web/play"
	"sockscope/web/site"
	"sockscope/web/timeline"
	visits "sockscope/web/visit"
)

const exportUse = `relay export -as FORMAT [-o OUT] FILE   write a trace, or a log of strace's, as another format

FILE - is standard input. FORMAT is one of:
  strace    text as strace -f -ttt -T writes it
  perfetto  Chrome's trace events in JSON, for ui.perfetto.dev and chrome://tracing
  pcapng    the captured packets, for Wireshark and tshark
  html      one page that plays the run, offline and anywhere
  svg       a drawing of the timeline
  go, python, c
            what was done by hand, as a program that does the same

`

// exporting is what the command line of `relay export` says.
type exporting struct {
	as, out, file string
	width         int
	byTime        bool
}

// maxExport is how large a file is taken: it is held in memory, with all that is concluded
// from it.
const maxExport = 128 << 20

// exportMain is `relay export`. It returns the exit status: 2 for a wrong command line, 1
// for what can't be done.
func exportMain(args []string) int {
	e, err := parseExport(args, os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "relay export: %v (relay export -h lists the flags)\n", err)
		return 2
	}
	if err := e.run(os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "relay export:", err)
		return 1
	}
	return 0
}

// parseExport reads the command line behind `relay export`.
func parseExport(args []string, help io.Writer) (exporting, error) {
	var e exporting
	f := flag.NewFlagSet("relay export", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&e.as, "as", "", "the `format`")
	f.StringVar(&e.out, "o", "", "write this `file`; without it, standard output")
	f.IntVar(&e.width, "width", 0, "of svg: the timeline's width in `px`, from 200 to 30000; without it, as the run needs")
	f.BoolVar(&e.byTime, "by-time", false, "of svg: by time instead of by step")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(help, exportUse)
		f.SetOutput(help)
		f.PrintDefaults()
		return e, err
	} else if err != nil {
		return e, err
	}
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })
	formats := []string{"strace", "perfetto", "pcapng", "html", "svg", "go", "python", "c"}
	switch {
	case !slices.Contains(formats, e.as):
		return e, fmt.Errorf("-as is one of %s, not %.40q", strings.Join(formats, ", "), e.as)
	case f.NArg() != 1:
		return e, errors.New("which file? relay export -as FORMAT FILE, and - for standard input")
	case given["width"] && (e.width < 200 || e.width > 30000):
		return e, errors.New("-width is from 200 to 30000")
	case e.as != "svg" && (given["width"] || e.byTime):
		return e, errors.New("-width and -by-time are for -as svg")
	}
	e.file = f.Arg(0)
	return e, nil
}

// run reads the file and writes the other one. What is wrong with a file of which much can
// be read is told on says.
func (e *exporting) run(in io.Reader, out, says io.Writer) error {
	file, err := e.read(in)
	if err != nil {
		return err
	}
	tape, err := visits.ReadTape(file)
	if err != nil {
		return err
	}
	if tape.Fault != "" {
		fmt.Fprintln(says, "relay export:", tape.Fault)
	}
	var made bytes.Buffer // whole, before a file is touched
	if err := e.write(&made, file, tape); err != nil {
		return err
	}
	if e.out != "" {
		return os.WriteFile(e.out, made.Bytes(), 0o666)
	}
	_, err = out.Write(made.Bytes())
	return err
}

func (e *exporting) read(in io.Reader) ([]byte, error) {
	if e.file != "-" {
		f, err := os.Open(e.file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	file, err := io.ReadAll(io.LimitReader(in, maxExport+1))
	if err == nil && len(file) > maxExport {
		err = fmt.Errorf("the file has more than %d MiB, which is the most that is taken", maxExport>>20)
	}
	return file, err
}

func (e *exporting) write(w io.Writer, file []byte, tape *visits.Tape) error {
	switch e.as {
	case "strace":
		return export.Strace(w, tape.Run)
	case "perfetto":
		return export.Perfetto(w, tape.Run)
	case "go":
		return export.Go(w, tape.Run)
	case "python":
		return export.Python(w, tape.Run)
	case "c":
		return export.C(w, tape.Run)
	case "pcapng":
		f, err := trace.Open(file)
		if f.Header == nil {
			return export.ErrNoPackets // a log
		}
		if err != nil && !export.HasPackets(&f) {
			return err
		}
		return export.Pcapng(w, &f)
	case "html":
		s, err := site.New()
		if err != nil {
			return err
		}
		page, err := s.Offline(file)
		if err != nil {
			return err
		}
		_, err = w.Write(page)
		return err
	}
	return e.draw(w, tape)
}

// The width of a drawing that nobody has chosen: all of a run that has up to 200 steps is
// drawn as on the page.
const (
	stepWidth = 24
	leastWide = 960
	mostWide  = 4800
)

// draw writes the whole timeline.
func (e *exporting) draw(w io.Writer, tape *visits.Tape) error {
	l, err := tape.Lab()
	if err != nil {
		return err
	}
	if l.Measures {
		return fmt.Errorf("lab %s measures, and has no timeline to draw", l.ID)
	}
	var r visits.Run
	r.Relay = new(visits.Relay)
	values, _ := l.Set(nil)
	r.Open(l, values)
	r.Load(tape)
	p := r.Player
	if e.byTime {
		p.SetScale(play.ByTime)
	}
	p.Seek(p.Len())
	t := timeline.Timeline{Player: p}
	t.View.Width = float64(e.width)
	if e.width == 0 {
		t.View.Width = float64(min(max(stepWidth*(p.Len()+1), leastWide), mostWide))
	}
	t.View.Fit(p)
	return export.SVG(w, &t, r.Heads())
}
