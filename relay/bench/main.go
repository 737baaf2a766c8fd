//go:build linux

// Bench compares the relay with websockify, with a bridge of Node's library ws, and
// with the plainest loop in Go that copies between a WebSocket and a TCP connection.
// It measures what they carry in a second, how long a message takes there and back,
// and what that costs in processor time and memory.
//
// Each relay runs in processes of its own, so that their processor time is the
// relay's alone. This process has the load, and the echo server behind the relays.
// The relays take turns of a fraction of a second while all connections stay
// open. So the machine's other work disturbs all of them alike, and
// the ratios count.
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

	for _, command := range []string{"websockify", "node"} {
		if _, err := exec.LookPath(command); err != nil {
			log.Fatal("needs websockify, and ws for node; .ci/need websockify gets both: ", err)
		}
	}
	target, err := echo()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("relays before an echo server; %d interleaved turns of %v, %s on %s/%s with %d processors\n",
		*turns, *turn, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	fmt.Println("a message is there and back; a MB is counted once, though it passes twice")
	fmt.Println("to a peer: the ratio of messages/s in neighbouring turns, median and quartiles")
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

// figures are what was measured of one relay.
type figures struct {
	rates, costs []float64       // of each turn: messages a second; ms of processor time for a MB
	took         []time.Duration // of each message
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
	fmt.Printf("\nconnections: %d, messages of %d bytes\n%-14s %11s %9s %9s %9s %9s", connections, size,
		"relay", "messages/s", "MB/s", "p50 us", "p99 us", "CPU ms/MB")
	for _, r := range relays[peers:] {
		fmt.Printf("   %16s", "to "+r.name)
	}
	fmt.Println()
	for i, r := range relays {
		f := all[i]
		slices.Sort(f.took)
		rate := quantile(f.rates, 0.5)
		fmt.Printf("%-14s %11.0f %9.1f %9.0f %9.0f %9.2f", r.name, rate, rate*float64(size)/1e6,
			us(f.took[len(f.took)/2]), us(f.took[len(f.took)*99/100]), quantile(f.costs, 0.5))
		for _, peer := range all[peers:] {
			ratios := make([]float64, turns)
			for turn := range ratios {
				ratios[turn] = f.rates[turn] / peer.rates[turn]
			}
			fmt.Printf("   %.2f (%.2f-%.2f)", quantile(ratios, 0.5), quantile(ratios, 0.25), quantile(ratios, 0.75))
		}
		fmt.Println()
	}
	return nil
}

// mostIdle is the largest number of idle connections. Each takes a process two open
// files, and some machines allow 20,000.
const mostIdle = 9900

// memory prints how much memory an idle connection takes, after a message of 64 bytes
// and after one of 64 KB.
func memory(target string) error {
	fmt.Printf("\nmemory of a relay's processes for each connection, in KB of PSS: idle after a message of\n%-14s %11s %9s %9s\n", "relay", "connections", "64 bytes", "64 KB")
	for _, connections := range []int{50, 1000, mostIdle} {
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
				// The first connection loads what all share.
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

// quantile returns the value below which that part of values lies.
func quantile(values []float64, part float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(part*float64(len(sorted)-1)+0.5)]
}
