package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockscope/server/knob"
	"sockscope/server/lab"
)

// setup reads a lab's knobs from a link's query. What a knob can't take is
// replaced by its default and complained of in a sentence.
func setup(l *lab.Lab, q url.Values) (v knob.Values, complaints []string) {
	v, _ = l.Set(nil)
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		given := map[string]string{name: q.Get(name)}
		if _, err := l.Set(given); err != nil {
			said := strings.TrimPrefix(err.Error(), "lab "+l.ID+": ")
			if k := l.Knob(name); k != nil {
				said += ", so it is " + k.Default + " here"
			}
			complaints = append(complaints, sentence("in this link "+said))
			continue
		}
		v[name] = given[name]
	}
	return v, complaints
}

// query is the opposite of setup: the knobs that differ from their defaults,
// in the lab's order; "" when all are at their defaults.
func query(l *lab.Lab, v knob.Values) string {
	var parts []string
	for _, k := range l.Knobs {
		if v[k.Name] != k.Default {
			value := strings.ReplaceAll(url.QueryEscape(v[k.Name]), "%2C", ",") // needs no escape, and lists are read by people
			parts = append(parts, url.QueryEscape(k.Name)+"="+value)
		}
	}
	return strings.Join(parts, "&")
}

// address returns the link to a lab with a set-up.
func address(l *lab.Lab, v knob.Values) string {
	if q := query(l, v); q != "" {
		return labPath(l) + "?" + q
	}
	return labPath(l)
}

// shown returns a knob's value for people: durations with a space, as in
// "20 ms".
func shown(k *knob.Knob, value string) string {
	switch n, _ := strconv.Atoi(value); {
	case value == "0" && k.Zero != "":
		return k.Zero
	case k.Name == "seed":
		return "seed " + value
	case k.Size && n >= 1<<10 && n%(1<<10) == 0:
		return strconv.Itoa(n>>10) + " KiB"
	case k.Size:
		return count(n, "byte")
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
	return span(int64(d))
}
