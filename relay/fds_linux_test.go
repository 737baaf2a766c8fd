package main

import (
	"slices"
	"testing"

	"github.com/gorilla/websocket"

	"sockscope/server/trace"
)

// In a run of the relay's own server accept takes the lowest fd that is free, and no fd is
// Go's runtime's: some package's init could have it make an epoll of its own before main.
func TestProgramsHaveTheLowestFDs(t *testing.T) {
	t.Parallel()
	_, address := start(t)
	ws := dial(t, address, "lab")
	frame, err := trace.AppendFrame(nil, &trace.Request{Op: trace.OpRun, Lab: "select", Knobs: map[string]string{"timeout": "500ms"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := ws.WriteMessage(websocket.BinaryMessage, frame); err != nil {
		t.Fatal(err)
	}
	var accepted []int64
	var rest []byte
	for over := false; !over; {
		_, piece, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		rest = append(rest, piece...)
		rest, err = trace.Frames(rest, func(m *trace.Message) {
			for i := range m.Events {
				if e := &m.Events[i]; e.Proc == 0 && e.Kind == trace.Return && e.Call == trace.Accept && e.Errno == 0 {
					accepted = append(accepted, e.Result)
				}
			}
			over = over || m.End != nil || m.Error != nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// A slow machine may have closed some when the next one comes.
	if len(accepted) != 4 || accepted[0] != 4 || slices.Max(accepted) > 7 {
		t.Errorf("accept returns %v", accepted)
	}
}
