package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"sockscope/server/trace"
)

// The sizes of the tests of load, which the Makefile sets larger.
var (
	visitors = flag.Int("visitors", 12, "visitors at once, of TestLoad")
	pressing = flag.Duration("pressing", time.Second, "how long those of TestTenAtOnce go on")
	soaking  = flag.Duration("soak", 0, "how long TestSoak goes on; 0 skips it")
)

// visit is what somebody saw who ran a lab.
type visit struct {
	refused int           // how often a limit sent the visitor away for a while
	queued  int           // the first place in the queue; 0 for none
	events  int           // of the trace
	first   time.Duration // from the first attempt to the first event
	took    time.Duration // to the end of the run
}

// visitAs comes as the client, an address that the proxy at 127.0.0.1 names, or ""
// for no proxy; runs a lab with these knobs, and plays the whole trace as a page
// does. Sent away with Retry-After, the visitor comes again when that is over.
func visitAs(ctx context.Context, address, client, lab string, knobs map[string]string) (v visit, err error) {
	began := time.Now()
	for {
		wait, err := v.run(ctx, began, address, client, lab, knobs)
		if wait == 0 || err != nil {
			return v, err
		}
		v.refused++
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return v, ctx.Err()
		}
	}
}

// run comes once. A wait that isn't 0 is for how long a limit sends it away.
func (v *visit) run(ctx context.Context, began time.Time, address, client, lab string, knobs map[string]string) (wait time.Duration, err error) {
	ws, wait, err := enter(ctx, address, client, "lab")
	if wait > 0 || err != nil {
		return wait, err
	}
	defer ws.Close()
	defer context.AfterFunc(ctx, func() { ws.Close() })()
	request, err := trace.AppendFrame(nil, &trace.Request{Op: trace.OpRun, Lab: lab, Knobs: knobs})
	if err != nil {
		return 0, err
	}
	ws.WriteMessage(websocket.BinaryMessage, request) // what became of it is read
	var state trace.State
	var end *trace.End
	var left []byte
	for end == nil {
		ws.SetReadDeadline(time.Now().Add(2 * time.Minute))
		_, p, err := ws.ReadMessage()
		if websocket.IsCloseError(err, websocket.CloseTryAgainLater) {
			return later, nil
		}
		if err != nil {
			return 0, err
		}
		var said error
		left, err = trace.Frames(append(left, p...), func(m *trace.Message) {
			switch {
			case m.Queued != nil && v.queued == 0:
				v.queued = m.Queued.Place
			case m.Error != nil:
				said = errors.New(m.Error.Text)
			case m.End != nil:
				end = m.End
			}
			if len(m.Events) > 0 && v.first == 0 {
				v.first = time.Since(began)
			}
			for i := range m.Events {
				state.Apply(&m.Events[i])
			}
		})
		if err := errors.Join(err, said); err != nil {
			return 0, err
		}
	}
	v.events, v.took = state.Events, time.Since(began)
	switch {
	case end.Reason != trace.EndDone:
		return 0, fmt.Errorf("the run ended with %+v", end)
	case state.Events == 0 || len(state.Procs) < 2:
		return 0, fmt.Errorf("%d events of %d processes", state.Events, len(state.Procs))
	}
	return 0, nil
}

// later is when somebody comes again whom a close code has told to.
const later = 5 * time.Second

// enter opens a WebSocket to a target. A wait that isn't 0 is what Retry-After says.
func enter(ctx context.Context, address, client, target string) (ws *websocket.Conn, wait time.Duration, err error) {
	dialer := websocket.Dialer{Subprotocols: []string{"binary"}, HandshakeTimeout: time.Minute}
	ws, resp, err := dialer.DialContext(ctx, "ws://"+address+"/relay/"+target, by(client))
	if err == nil {
		return ws, 0, nil
	}
	if resp == nil || resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		return nil, 0, err
	}
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil {
		why, _ := io.ReadAll(resp.Body)
		return nil, 0, fmt.Errorf("status %d without Retry-After: %s", resp.StatusCode, why)
	}
	return nil, time.Duration(seconds) * time.Second, nil
}

// by says on whose behalf a proxy asks, "" for no proxy.
func by(client string) http.Header {
	if client == "" {
		return nil
	}
	return http.Header{"X-Forwarded-For": {client}}
}

// person returns the address of one of many clients elsewhere.
func person(i int) string { return fmt.Sprintf("198.18.%d.%d", i/250, i%250+1) }

// usage is what a relay and all that it has started take.
type usage struct {
	processes  int
	memory     int64 // bytes; what processes share counts once (PSS)
	relay      int64 // of that, the relay's own
	files      int   // fds of the relay
	goroutines int   // of the relay
}

// usageOf measures the relay whose process is pid.
func usageOf(t *testing.T, pid int, address string) (u usage) {
	t.Helper()
	parents := map[int]int{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		id, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if fields[0] != "Z" {
			parents[id], _ = strconv.Atoi(fields[1])
		}
	}
	for id := range parents {
		up := id
		for up != pid && up > 1 {
			up = parents[up]
		}
		if up == pid {
			size := pss(id)
			u.processes++
			u.memory += size
			if id == pid {
				u.relay = size
			}
		}
	}
	fds, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	u.files = len(fds)
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	figures, _ := io.ReadAll(resp.Body)
	_, rest, _ := strings.Cut(string(figures), "\ngo_goroutines ")
	line, _, _ := strings.Cut(rest, "\n")
	u.goroutines, _ = strconv.Atoi(line)
	return u
}

// pss returns a process's share of memory in bytes, 0 when it has ended
// (proc_pid_smaps(5)).
func pss(pid int) int64 {
	rollup, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	for line := range strings.Lines(string(rollup)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "Pss:" {
			kib, _ := strconv.ParseInt(f[1], 10, 64)
			return kib << 10
		}
	}
	return 0
}

func (u usage) String() string {
	return fmt.Sprintf("%d processes, %d MiB, %d of them the relay's; its fds %d, goroutines %d",
		u.processes, u.memory>>20, u.relay>>20, u.files, u.goroutines)
}

// atRest are the processes of a relay that has nothing to do: itself, the standing
// programs, the nursery, and two workers with what they keep ready.
const atRest = 1 + 3 + 1 + 2*(1+5)

// within reports whether nothing is left of a load that began with before:
// processes, and fds and goroutines but for a few that are ending.
func (u usage) within(before usage) bool {
	const few = 4
	return u.processes == atRest && u.files <= before.files+few && u.goroutines <= before.goroutines+few
}

// settled waits until the relay has what it had before, and no more.
func settled(t *testing.T, pid int, address string, before usage) (now usage) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); ; {
		if now = usageOf(t, pid, address); now.within(before) {
			return now
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("a minute after all have gone there are %v; there were %v", now, before)
		}
	}
}

// rested has the relay work once, waits until it is at rest, and measures it.
func rested(t *testing.T, pid int, address string) usage {
	t.Helper()
	if _, err := visitAs(t.Context(), address, "", "first", nil); err != nil {
		t.Fatal(err) // what the first use takes for good is taken
	}
	var now usage
	eventually(t, "the relay to be at rest", func() bool {
		now = usageOf(t, pid, address)
		return now.processes == atRest
	})
	return now
}

// byProgram are knobs of the lab echo with which it needs nobody.
var byProgram = map[string]string{"client": "program"}

// Many visitors at once, each running a lab: every one of them is served, and
// until then knows a place in the queue or when to come again. When they have
// gone nothing of them is left.
func TestLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("has a crowd of visitors")
	}
	cmd, address := start(t)
	before := rested(t, cmd.Process.Pid, address)
	t.Logf("at rest: %v", before)

	ctx, cancel := context.WithCancel(t.Context())
	var most usage
	var measuring sync.WaitGroup
	measuring.Go(func() {
		tick := time.NewTicker(time.Second) // reading what processes share takes long
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				now := usageOf(t, cmd.Process.Pid, address)
				most.processes, most.memory, most.relay = max(most.processes, now.processes), max(most.memory, now.memory), max(most.relay, now.relay)
				most.files, most.goroutines = max(most.files, now.files), max(most.goroutines, now.goroutines)
			case <-ctx.Done():
				return
			}
		}
	})
	began := time.Now()
	visits := make([]visit, *visitors)
	var wait sync.WaitGroup
	for i := range visits {
		wait.Go(func() {
			var err error
			if visits[i], err = visitAs(ctx, address, "", "echo", byProgram); err != nil {
				t.Errorf("visitor %d: %v", i, err)
			}
		})
	}
	wait.Wait()
	took := time.Since(began)
	cancel()
	measuring.Wait()
	if t.Failed() {
		return
	}
	at, queued, refused, events := []time.Duration{}, 0, 0, 0
	for _, v := range visits {
		at = append(at, v.first)
		events += v.events
		if v.queued > 0 {
			queued++
		}
		if v.refused > 0 {
			refused++
		}
	}
	slices.Sort(at)
	t.Logf("%d visitors, all served in %v, %.1f runs/s: %d were told their place in the queue, %d first when to come again; first event p50 %v, last %v; %d events",
		len(visits), took.Round(time.Millisecond), float64(len(visits))/took.Seconds(), queued, refused, at[len(at)/2].Round(time.Millisecond), at[len(at)-1].Round(time.Millisecond), events)
	t.Logf("at most: %v", most)
	t.Logf("after: %v", settled(t, cmd.Process.Pid, address, before))
	if least := 256; len(visits) > least && queued+refused == 0 {
		t.Error("nobody had to wait")
	}
	// 256 MiB is the limit of one program's process; all of them are far from it.
	if limit := int64(2 << 30); most.memory > limit {
		t.Errorf("it took %d MiB", most.memory>>20)
	}
}

// Ten visitors press Run, again and again. All get as many runs, and none waits much longer
// for one than another.
func TestTenAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("has a crowd of visitors")
	}
	_, address := start(t)
	first := make([][]time.Duration, 10) // from a press to the first event, of each visitor
	began := time.Now()
	var wait sync.WaitGroup
	for i := range first {
		wait.Go(func() {
			for first[i] == nil || time.Since(began) < *pressing {
				v, err := visitAs(t.Context(), address, "", "echo", byProgram)
				if err != nil {
					t.Errorf("visitor %d: %v", i, err)
					return
				}
				first[i] = append(first[i], v.first)
			}
		})
	}
	wait.Wait()
	took := time.Since(began)
	if t.Failed() {
		return
	}
	middle := func(all []time.Duration) time.Duration {
		slices.Sort(all)
		return all[len(all)/2].Round(time.Millisecond)
	}
	var all, middles []time.Duration
	runs := []int{}
	for _, mine := range first {
		runs = append(runs, len(mine))
		middles = append(middles, middle(mine))
		all = append(all, mine...)
	}
	t.Logf("10 visitors, %.1f runs/s, from %d to %d each: first event p50 %v (of the visitors: from %v to %v), max %v", float64(len(all))/took.Seconds(),
		slices.Min(runs), slices.Max(runs), middle(all), slices.Min(middles), slices.Max(middles), slices.Max(all).Round(time.Millisecond))
	if least, most := slices.Min(runs), slices.Max(runs); least < most/2 {
		t.Errorf("somebody has %d runs, and somebody else %d", least, most)
	}
}

// A few visitors at a time, for as long as the flag says. What the relay takes
// must not grow.
func TestSoak(t *testing.T) {
	if *soaking == 0 {
		t.Skip("make soak")
	}
	cmd, address := start(t)
	pid := cmd.Process.Pid
	before := rested(t, pid, address)
	fmt.Printf("at rest: %v\n", before)
	ctx, cancel := context.WithTimeout(t.Context(), *soaking)
	defer cancel()
	every := min(time.Minute, *soaking/10)
	var mu sync.Mutex
	var took []time.Duration
	var round sync.WaitGroup
	visitAll := func(until context.Context) {
		for range 4 {
			round.Go(func() {
				for i := 0; until.Err() == nil; i++ {
					lab := []string{"echo", "first", "echo"}[i%3]
					knobs := byProgram
					if lab == "first" {
						knobs = nil
					}
					v, err := visitAs(t.Context(), address, "", lab, knobs)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					took = append(took, v.took)
					mu.Unlock()
					select {
					case <-time.After(200 * time.Millisecond): // they look at it
					case <-until.Done():
					}
				}
			})
		}
		round.Wait()
	}
	var settledAt []usage
	for minute := 1; ctx.Err() == nil && !t.Failed(); minute++ {
		part, done := context.WithTimeout(ctx, every)
		visitAll(part)
		done()
		now := settled(t, pid, address, before)
		settledAt = append(settledAt, now)
		slices.Sort(took)
		if len(took) > 0 {
			fmt.Printf("%v: %d runs, p50 %v, p99 %v; then %v\n", time.Duration(minute)*every, len(took),
				took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond), now)
		}
		took = nil
	}
	// Processes, fds and goroutines were back each time. Memory may find its
	// level first; from the first tenth to the end it may not grow by a quarter.
	if n := len(settledAt); n >= 10 {
		early, late := settledAt[n/10], settledAt[n-1]
		if late.relay > early.relay+max(early.relay/4, 16<<20) {
			t.Errorf("the relay has grown from %d to %d MiB", early.relay>>20, late.relay>>20)
		}
	}
}
