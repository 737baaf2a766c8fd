//go:build linux

// Bench compares the relay with websockify, and with the plainest loop that
// copies between a WebSocket and a TCP connection: what they carry in a second,
// how long a message takes there and back, and what that costs of processor
// time and memory.
//
// Each relay is a process of its own, or several, so that its processor time is
// the relay's alone; this one has the load and the echo server behind the relays. They
// take turns of a fraction of a second, their connections open all the while:
// what else the machine does befalls all of them alike, and what counts is how
// they compare.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"time"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) == 4 {
		for _, r := range relays {
			if r.name == os.Args[1] {
				log.Fatal(r.serve(os.Args[2], os.Args[3]))
			}
		}
	}
	turns := flag.Int("turns", 20, "how often each relay has its turn")
	turn := flag.Duration("turn", 100*time.Millisecond, "how long a turn lasts")
	flag.Parse()

	if _, err := exec.LookPath("websockify"); err != nil {
		log.Fatal("needs websockify, which .ci/need websockify gets: ", err)
	}
	target, err := echo()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("relays before an echo server; %d interleaved turns of %v, %s on %s/%s with %d processors\n",
		*turns, *turn, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	fmt.Println("a message is there and back; a MB is counted once, though it passes twice")
	for _, connections := range []int{1, 50} {
		for _, size := range []int{64, 64 << 10} {
			if err := compare(target, connections, size, *turns, *turn); err != nil {
				log.Fatalf("%d connections, %d bytes: %v", connections, size, err)
			}
		}
	}
	if err := memory(target); err != nil {
		log.Fatal("memory: ", err)
	}
}

// figures are those of one relay: of each turn, and of each message.
type figures struct {
	rates, costs []float64 // messages a second; ms of processor time for a MB
	took         []time.Duration
}

// compare prints a table: a line for each relay.
func compare(target string, connections, size, turns int, turn time.Duration) error {
	all, loads := make([]figures, len(relays)), make([]load, len(relays))
	for i, r := range relays {
		p, err := start(r, target)
		if err != nil {
			return err
		}
		defer p.end()
		if loads[i], err = p.dial(connections); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		defer loads[i].close()
		if _, err := loads[i].talk(size, turn); err != nil { // to warm up
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	for range turns {
		for i, l := range loads {
			before, began := l.relay.processTime(), time.Now()
			took, err := l.talk(size, turn)
			if err != nil {
				return fmt.Errorf("%s: %w", relays[i].name, err)
			}
			lasted, spent := time.Since(began), l.relay.processTime()-before
			f := &all[i]
			f.rates = append(f.rates, float64(len(took))/lasted.Seconds())
			f.costs = append(f.costs, spent.Seconds()*1e3/(float64(len(took)*size)/1e6))
			f.took = append(f.took, took...)
		}
	}
	fmt.Printf("\nconnections: %d, messages of %d bytes\n%-14s %11s %9s %9s %9s %9s   %15s %15s\n",
		connections, size, "", "", "", "", "", "", "of websockify's", "of copy's")
	fmt.Printf("%-14s %11s %9s %9s %9s %9s  ", "relay", "messages/s", "MB/s", "p50 us", "p99 us", "CPU ms/MB")
	fmt.Printf(" %10s %4s %10s %4s\n", "messages/s", "CPU", "messages/s", "CPU")
	lines := make([]struct{ rate, cost float64 }, len(relays))
	for i, f := range all {
		slices.Sort(f.took)
		lines[i].rate, lines[i].cost = median(f.rates), median(f.costs)
	}
	for i, r := range relays {
		l, took := lines[i], all[i].took
		fmt.Printf("%-14s %11.0f %9.1f %9.0f %9.0f %9.2f  ", r.name, l.rate, l.rate*float64(size)/1e6,
			us(took[len(took)/2]), us(took[len(took)*99/100]), l.cost)
		for _, base := range lines[len(lines)-2:] {
			fmt.Printf(" %10.2f %4.2f", l.rate/base.rate, l.cost/base.cost)
		}
		fmt.Println()
	}
	return nil
}

// memory prints what a connection takes of memory: once a message of 64 bytes
// has passed, and once one of 64 KB has.
func memory(target string) error {
	fmt.Printf("\nmemory of a relay's processes for each connection, in KB of PSS: idle after a message of\n%-14s %11s %9s %9s\n", "relay", "connections", "64 bytes", "64 KB")
	for _, connections := range []int{50, 1000} {
		for _, r := range relays {
			if r.most > 0 && connections > r.most {
				continue
			}
			err := func() error {
				p, err := start(r, target)
				if err != nil {
					return err
				}
				defer p.end()
				// The first connection has brought in what serves them all.
				first, err := p.dial(1)
				if err != nil {
					return err
				}
				defer first.close()
				before := p.memory()
				l, err := p.dial(connections)
				if err != nil {
					return err
				}
				defer l.close()
				var after [2]float64
				for i, size := range []int{64, 64 << 10} {
					if err := l.once(size); err != nil {
						return err
					}
					after[i] = float64(p.memory()-before) / float64(connections) / 1e3
				}
				fmt.Printf("%-14s %11d %9.0f %9.0f\n", r.name, connections, after[0], after[1])
				return nil
			}()
			if err != nil {
				return fmt.Errorf("%s, %d connections: %w", r.name, connections, err)
			}
		}
	}
	return nil
}

func us(d time.Duration) float64 { return float64(d) / 1e3 }

// median returns the middle one of values.
func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
