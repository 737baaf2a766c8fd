package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"sockscope/relay/bridge"
)

// health answers two questions: does the relay live, and should it get visitors?
type health struct {
	native   native // nil when it is elsewhere
	control  string // the native server's control port
	draining atomic.Bool

	mu     sync.Mutex
	looked time.Time
	err    error // of the last look at the control port
}

// answer is the body of /healthz. Strangers get the status alone: how runs are isolated
// is the host's business.
type answer struct {
	Status    string   `json:"status"`
	Isolation string   `json:"isolation,omitempty"`
	Notes     []string `json:"notes,omitempty"`
}

// live answers 200 as long as the process can answer at all.
func (h *health) live(full bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a := answer{Status: "ok"}
		if full && h.native != nil {
			a.Isolation, a.Notes = h.native.Isolation(), h.native.Notes()
		}
		respond(w, http.StatusOK, a)
	}
}

// ready answers 503 while the relay drains, or can't reach its native server.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	switch {
	case h.draining.Load():
		respond(w, http.StatusServiceUnavailable, answer{Status: "draining"})
	case !h.reached():
		respond(w, http.StatusServiceUnavailable, answer{Status: "the native server can't be reached"})
	default:
		respond(w, http.StatusOK, answer{Status: "ready"})
	}
}

const (
	lookEvery = 2 * time.Second // an answer of the control port holds so long
	lookFor   = time.Second     // how long we wait for it

	awaitEvery = 5 * time.Second // between two looks while it isn't there
)

// reached reports whether the native server's control port accepts.
func (h *health) reached() bool {
	if h.native != nil {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.looked) > lookEvery {
		var conn net.Conn
		if conn, h.err = net.DialTimeout("tcp", h.control, lookFor); h.err == nil {
			conn.Close()
		}
		h.looked = time.Now()
	}
	return h.err == nil
}

// await logs that the native server can't be reached, and later that it can.
func (h *health) await(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(awaitEvery)
	defer tick.Stop()
	for said := false; !h.reached(); said = true {
		if !said {
			h.mu.Lock()
			log.Warn("the native server can't be reached: pages play recordings until it is", "err", h.err)
			h.mu.Unlock()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
	log.Info("the native server is reached", "address", h.control)
}

func respond(w http.ResponseWriter, status int, body answer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// inside serves what only the host may see.
func (h *health) inside(metrics http.Handler) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /healthz", h.live(true))
	mux.HandleFunc("GET /readyz", h.ready)
	return mux
}

// outside adds to the site's mux what visitors and load balancers may ask. If open,
// requests from this machine itself get what is inside.
func (h *health) outside(mux *http.ServeMux, relay *bridge.Bridge, inside http.Handler, open bool) {
	local := func(forOthers http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if open && relay.Local(r) {
				inside.ServeHTTP(w, r)
				return
			}
			forOthers(w, r)
		}
	}
	mux.HandleFunc("GET /readyz", h.ready)
	mux.HandleFunc("GET /healthz", local(h.live(false)))
	mux.HandleFunc("GET /metrics", local(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "the figures are for this machine itself, or at the address that -metrics names", http.StatusForbidden)
	}))
}
