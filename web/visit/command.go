package visit

import "sockscope/web/play"

// Command is something that a key or a button asks for.
type Command uint8

const (
	None Command = iota
	PlayPause
	StepOn
	StepBack
	TenOn
	TenBack
	ToStart
	ToEnd
	NextWake
	LastWake
	NextError
	NextStop
	LastStop
	WhyThis
	OtherSide
	ByStepOrTime
	ShowWire
	ZoomIn
	ZoomOut
	ZoomFit
	TabSource
	TabKernel
	TabBytes
	TabLog
	LaneUp
	LaneDown
	StartRun
	StopRun
	Answer
	CheckAnswer
	SkipQuestion
	GoOn
	Slower
	Faster
	AllKeys
)

// bindings are the keys, as KeyboardEvent.key names them, in the order in
// which they are explained.
var bindings = []struct {
	key   string
	shift bool
	do    Command
}{
	{" ", false, PlayPause},
	{"ArrowRight", false, StepOn}, {"ArrowLeft", false, StepBack},
	{"ArrowRight", true, TenOn}, {"ArrowLeft", true, TenBack},
	{"Home", false, ToStart}, {"End", false, ToEnd},
	{"w", false, NextWake}, {"w", true, LastWake}, {"e", false, NextError},
	{"n", false, NextStop}, {"n", true, LastStop},
	{"Enter", false, WhyThis}, {"y", false, WhyThis}, {"g", false, OtherSide},
	{"t", false, ByStepOrTime}, {"p", false, ShowWire},
	{"0", false, ZoomFit},
	{"1", false, TabSource}, {"2", false, TabKernel}, {"3", false, TabBytes}, {"4", false, TabLog},
	{"ArrowUp", false, LaneUp}, {"ArrowDown", false, LaneDown},
	{"r", false, StartRun}, {"a", false, Answer},
}

// signs are the keys that are typed with or without shift, as the keyboard has
// it.
var signs = map[string]Command{
	"+": ZoomIn, "=": ZoomIn, "-": ZoomOut, ".": StopRun, "[": Slower, "]": Faster, "?": AllKeys,
}

// CommandOf returns what a key asks for, None for nothing.
func CommandOf(key string, shift bool) Command {
	if c, ok := signs[key]; ok {
		return c
	}
	if len(key) == 1 && key[0] >= 'A' && key[0] <= 'Z' {
		key = string(key[0] + 'a' - 'A')
	}
	for _, b := range bindings {
		if b.key == key && b.shift == shift {
			return b.do
		}
	}
	return None
}

// Keys explains the keys, for the list that the question mark shows.
var Keys = []struct{ Keys, Text string }{
	{"Space", "play or pause"},
	{"← →", "a step back or on; with Shift ten"},
	{"Home End", "to the start, to the end"},
	{"W", "to the next wake; with Shift to the one before"},
	{"E", "to the next error"},
	{"N", "to the next stop of the walk; with Shift to the one before"},
	{"Enter Y", "why the selected lane sleeps, or woke; a click on its bar does it too"},
	{"G", "from a send to the recv that got its bytes, and back"},
	{"T", "by step or by time"},
	{"P", "the packets between the lanes"},
	{"+ − 0", "zoom in, out, all"},
	{"[ ]", "slower, faster"},
	{"1 2 3 4", "source, kernel, bytes, log"},
	{"↑ ↓", "the lane above or below"},
	{"A", "ask before showing; then a letter picks an answer, a digit lights an fd, Enter checks and then goes on, Esc skips"},
	{"R", "run"},
	{".", "stop the run"},
	{"?", "this list"},
}

// Apply does what a command asks of the run that shows, and reports whether it
// was for that.
func (f *Focus) Apply(c Command) bool {
	switch c {
	case LaneUp:
		f.moveLane(-1)
		return true
	case LaneDown:
		f.moveLane(1)
		return true
	case Answer:
		if f.Question() == nil {
			f.SwitchAsking()
			return true
		}
	}
	if f.Player == nil || !f.obey(c) {
		return false
	}
	f.moved()
	return true
}

// obey does what a command asks of the run that shows, and reports whether it is such a one.
func (f *Focus) obey(c Command) bool {
	p := f.Player
	switch c {
	case PlayPause:
		if p.Playing {
			p.Pause()
		} else {
			p.Play()
		}
	case StepOn:
		p.Step(1)
	case StepBack:
		p.Step(-1)
	case TenOn:
		p.Step(10)
	case TenBack:
		p.Step(-10)
	case ToStart:
		p.Playing = false
		p.Seek(0)
	case ToEnd:
		p.Playing = false
		p.Seek(p.Len())
		p.Follow = p.Run.End == nil
	case NextWake:
		p.NextWake(1)
	case LastWake:
		p.NextWake(-1)
	case NextError:
		p.NextError(1)
	case NextStop:
		f.walkOn(1)
	case LastStop:
		f.walkOn(-1)
	case ShowWire:
		f.SwitchWire()
	case ByStepOrTime:
		p.SetScale(play.ByTime - p.Scale)
	case CheckAnswer:
		f.check()
	case SkipQuestion:
		f.skip()
	case GoOn:
		f.goOn()
	case Slower:
		p.SetSpeed(p.Speed() - 1)
	case Faster:
		p.SetSpeed(p.Speed() + 1)
	default:
		return false
	}
	return true
}
