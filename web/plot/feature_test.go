package plot

import (
	"slices"
	"testing"

	"sockscope/server/lab"
	"sockscope/server/trace"
)

func TestFeaturesAreFoundInWhatWasMeasured(t *testing.T) {
	refused := func(mechanism string, idle int) trace.Point {
		return trace.Point{Mechanism: mechanism, Idle: idle, Why: "no bit"}
	}
	wide := []trace.Point{ // two repeats each
		point("select", 10, 50), point("select", 10, 60), point("select", 30, 59), point("select", 30, 70), point("select", 100, 150), point("select", 100, 160), refused("select", 3000),
		point("poll", 10, 50), point("poll", 10, 50), point("poll", 3000, 900), point("poll", 3000, 950),
		point("epoll", 10, 40), point("epoll", 10, 42), point("epoll", 3000, 41), point("epoll", 3000, 90),
	}
	// By mechanism and number: select 10, 30, 100, 3000; poll 10, 3000; epoll 10, 3000.
	few := []trace.Point{point("select", 10, 50), point("poll", 10, 200), point("epoll", 10, 40)}
	for _, c := range []struct {
		name   string
		points []trace.Point
		is     lab.Trend
		of     []string
		want   []int
	}{
		{"alike", wide, lab.Alike, []string{"select", "poll", "epoll"}, []int{0, 4, 6}},
		{"one of them costs more", few, lab.Alike, []string{"select", "poll", "epoll"}, nil},
		{"one of them is missing", wide[7:], lab.Alike, []string{"select", "poll"}, nil},
		{"whiskers overlap beside 30", wide, lab.Rises, []string{"select"}, []int{2, 0}},
		{"epoll's do everywhere", wide, lab.Rises, []string{"epoll"}, nil},
		{"grown at its end", wide, lab.Grown, []string{"poll"}, []int{5, 4}},
		{"one number alone", few, lab.Grown, []string{"poll"}, nil},
		{"flat", wide, lab.Flat, []string{"epoll"}, []int{7, 6}},
		{"poll isn't", wide, lab.Flat, []string{"poll"}, nil},
		{"one number is no line", few, lab.Flat, []string{"epoll"}, nil},
		{"refused", wide, lab.Refused, []string{"select"}, []int{3, 2}},
		{"all were measured", wide, lab.Refused, []string{"poll"}, nil},
		{"no other was measured there either", append([]trace.Point{refused("select", 9000), refused("poll", 9000)}, few...), lab.Refused, []string{"select"}, nil},
		{"apart", wide, lab.Apart, []string{"poll", "epoll"}, []int{5, 7}},
		{"the other way round", wide, lab.Apart, []string{"epoll", "poll"}, nil},
		{"nothing", nil, lab.Apart, []string{"poll", "epoll"}, nil},
		{"nothing", nil, lab.Rises, []string{"poll"}, nil},
		{"nothing", nil, lab.Alike, []string{"poll"}, nil},
	} {
		marks := Gather(c.points, lab.CPU)
		if got := Show(marks, &lab.Feature{Is: c.is, Of: c.of}); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
