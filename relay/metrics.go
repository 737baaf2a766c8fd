package main

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sockscope/relay/bridge"
)

// figures are what /metrics shows. They are read when somebody asks. So the parts that
// count know nothing of Prometheus.
type figures struct {
	relay  *bridge.Bridge
	native native // nil when it is elsewhere
}

func (f figures) handler() http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(f, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

func figure(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("sockscope_"+name, help, labels, nil)
}

var (
	sessionsOpen  = figure("sessions_open", "WebSockets joined to a target now.")
	sessionsTotal = figure("sessions_total", "WebSockets joined to a target so far.", "target")
	closesTotal   = figure("session_closes_total", "Sessions that ended, by close code; 0 is a browser that vanished.", "code")
	refusedTotal  = figure("refusals_total", "Requests for a session that were refused.", "reason")
	bytesTotal    = figure("bytes_total", "Bytes relayed: up to the targets, down from them.", "direction")

	viewersNow   = figure("viewers", "Connections to the native server's control port now.")
	runsNow      = figure("runs_running", "Runs now.")
	runsQueued   = figure("runs_queued", "Runs waiting for their turn.")
	runsTotal    = figure("runs_total", "Runs that had their turn.")
	runsEnded    = figure("runs_ended_total", "Runs that reported their end. The others were cut off.")
	droppedTotal = figure("calls_dropped_total", "Calls missing in their run's trace.")
)

// Describe names nothing, since the labels' values are unknown beforehand.
func (f figures) Describe(chan<- *prometheus.Desc) {}

type (
	gauges   = func(d *prometheus.Desc, v int)
	counters = func(d *prometheus.Desc, v float64, labels ...string)
)

// Collect reads the figures.
func (f figures) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v int) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v))
	}
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	s := f.relay.Stats()
	gauge(sessionsOpen, s.Open)
	for target, n := range s.Sessions {
		counter(sessionsTotal, float64(n), target)
	}
	for code, n := range s.Closed {
		counter(closesTotal, float64(n), strconv.Itoa(code))
	}
	for reason, n := range s.Refused {
		counter(refusedTotal, float64(n), reason)
	}
	counter(bytesTotal, float64(s.Up), "up")
	counter(bytesTotal, float64(s.Down), "down")
	f.ofNative(gauge, counter)
}
