package visit

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockscope/server/knob"
	"sockscope/server/lab"
	"sockscope/web/words"
)

// Path returns the address of a lab's or a standing server's page, without a
// set-up.
func Path(l *lab.Lab) string {
	if name := l.Server(); name != "" {
		return WatchPath + name
	}
	if l == lab.Yours || l == lab.Hand {
		return "/" + l.ID
	}
	return "/lab/" + l.ID
}

// WatchPath is where the pages of the standing servers are.
const WatchPath = "/watch/"

// Title is what a lab or a standing server is called.
func Title(l *lab.Lab) string {
	if name := l.Server(); name != "" {
		return name
	}
	return l.ID
}

// ReadLink reads a lab's knobs from the query of a link, as it stands in the
// address. A knob that can't be read keeps its default, and a sentence says so. A
// name that is no lab's knob is somebody else's, and is left alone.
func ReadLink(l *lab.Lab, query string) (v knob.Values, complaints []string) {
	v, _ = l.Set(nil)
	given := map[string]bool{}
	for part := range strings.SplitSeq(query, "&") {
		part = strings.TrimPrefix(part, "amp;") // from a link that was copied out of HTML
		name, text, _ := strings.Cut(part, "=")
		name, _ = url.QueryUnescape(name)
		if !isKnob(name) {
			continue
		}
		value, err := url.QueryUnescape(text)
		if err != nil {
			value = text // what is wrong with it is seen there
		}
		k := l.Knob(name)
		switch {
		case k == nil:
			err = noKnob(l, name)
		case given[name] && v[name] == value:
			continue
		case given[name]:
			complaints = append(complaints, fmt.Sprintf("In this link knob %s is given twice: the first one counts.", name))
			continue
		case err == nil:
			if err = k.Check(value); err != nil {
				err = fmt.Errorf("knob %w", err)
			}
		default:
			err = fmt.Errorf("knob %s is %.40q, which can't be read", name, value)
		}
		if err != nil {
			said := "in this link " + err.Error()
			if k != nil {
				said += ", so it is " + k.Default + " here"
			}
			complaints = append(complaints, words.Sentence(said))
			continue
		}
		v[name], given[name] = value, true
	}
	return v, complaints
}

// isKnob reports whether some lab has a knob of that name.
func isKnob(name string) bool {
	return lab.Hand.Knob(name) != nil || slices.ContainsFunc(lab.All, func(l *lab.Lab) bool { return l.Knob(name) != nil })
}

// noKnob says that a lab has no such knob, and which it has.
func noKnob(l *lab.Lab, name string) error {
	var names []string
	for i := range l.Knobs {
		names = append(names, l.Knobs[i].Name)
	}
	if names == nil {
		return fmt.Errorf("there is a knob %.40q, and %s has none", name, Title(l))
	}
	return fmt.Errorf("there is a knob %.40q, which %s doesn't have; its knobs are %s", name, Title(l), strings.Join(names, ", "))
}

// askFirst is in the query of a link that has the lab ask before it shows.
const askFirst = "ask=1"

// AsksFirst reports whether a link has the lab ask before it shows.
func AsksFirst(query string) bool { return slices.Contains(strings.Split(query, "&"), askFirst) }

// Query is the opposite of ReadLink and AsksFirst: the knobs that differ from their
// defaults, in the lab's order, then whether it asks; "" when there is nothing to say.
func Query(l *lab.Lab, v knob.Values, asks bool) string {
	var parts []string
	for _, k := range l.Knobs {
		if v[k.Name] != k.Default {
			value := strings.ReplaceAll(url.QueryEscape(v[k.Name]), "%2C", ",") // needs no escape, and lists are read by people
			parts = append(parts, url.QueryEscape(k.Name)+"="+value)
		}
	}
	if asks {
		parts = append(parts, askFirst)
	}
	return strings.Join(parts, "&")
}

// address returns the link to a lab with a set-up.
func address(l *lab.Lab, v knob.Values) string {
	if q := Query(l, v, false); q != "" {
		return Path(l) + "?" + q
	}
	return Path(l)
}

// Shown returns a knob's value for people: durations with a space, as in
// "20 ms".
func Shown(k *knob.Knob, value string) string {
	switch n, _ := strconv.Atoi(value); {
	case value == "0" && k.Zero != "":
		return k.Zero
	case k.Name == "seed":
		return "seed " + value
	case k.Size && n >= 1<<10 && n%(1<<10) == 0:
		return strconv.Itoa(n>>10) + " KiB"
	case k.Size:
		return words.Count(n, "byte")
	}
	if k.Type != knob.Duration {
		return value
	}
	d, err := time.ParseDuration(value)
	if err != nil {
		return value
	}
	if d == 0 {
		return "none"
	}
	return words.Span(int64(d))
}

// NoItem is the choice that takes an item out of a list; go-app drops an empty
// value.
const NoItem = "-"

// Item puts an item in place i of a list, as a knob of type List has it; NoItem
// takes what is there out.
func Item(list string, i int, item string) string {
	items := strings.Split(list, ",")
	switch {
	case i >= len(items) && item == NoItem:
	case i >= len(items):
		items = append(items, item)
	case item == NoItem:
		items = append(items[:i], items[i+1:]...)
	default:
		items[i] = item
	}
	return strings.Join(items, ",")
}

// KernelName shortens "Linux 6.18.44" to "Linux 6.18".
func KernelName(kernel string) string {
	parts := strings.SplitN(kernel, ".", 3)
	if len(parts) < 3 {
		return kernel
	}
	return parts[0] + "." + parts[1]
}
