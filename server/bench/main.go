// Bench compares the echo servers of package demo, untraced, with a Go
// program's own and with gnet: how much processor time a server takes for one
// message of 64 bytes, there and back, when all its connections talk at once.
//
// Every server has one processor to run Go code on (GOMAXPROCS=1), and a
// process of its own, so that the time is the server's alone. The repeats take
// turns: what else the machine does befalls all of them alike.
//
// It is a module of its own, so that nothing else depends on gnet.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"runtime"
	"slices"

	"sockscope/server/demo"
)

func main() {
	log.SetFlags(0)
	demo.Forked()
	runtime.GOMAXPROCS(1) // the load is one processor's as well
	if len(os.Args) == 3 {
		for _, s := range servers {
			if s.name == os.Args[1] {
				s.serve(os.Args[2])
			}
		}
	}
	repeats := flag.Int("repeats", 7, "how often each server is measured")
	messages := flag.Int("messages", 100_000, "messages of one measurement")
	flag.Parse()

	fmt.Printf("processor time of an echo server for a message of %d bytes, in us; %d messages,\n", size, *messages)
	fmt.Printf("%d interleaved repeats, GOMAXPROCS=1 for each server, %s on %s/%s\n", *repeats, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, connections := range []int{100, 1000} {
		taken := map[string][]sample{}
		for range *repeats {
			for _, s := range servers {
				if s.most > 0 && connections >= s.most {
					continue
				}
				m, err := measure(s.name, connections, *messages)
				if err != nil {
					log.Fatalf("%s, %d connections: %v", s.name, connections, err)
				}
				taken[s.name] = append(taken[s.name], m)
			}
		}
		report(connections, taken)
	}
}

// report prints a table: a line for each server.
func report(connections int, taken map[string][]sample) {
	fmt.Printf("\n%d connections\n%-8s %6s   %-16s %9s %12s\n", connections, "server", "median", "least to most", "of gnet's", "messages/s")
	base := median(cpu(taken["gnet"]))
	for _, s := range servers {
		list := taken[s.name]
		if list == nil {
			continue
		}
		values, rates := cpu(list), []float64(nil)
		for _, m := range list {
			rates = append(rates, m.rate)
		}
		slices.Sort(rates)
		fmt.Printf("%-8s %6.2f   %5.2f to %5.2f   %8.0f%% %12.0f\n", s.name, median(values), values[0], values[len(values)-1], 100*median(values)/base, median(rates))
	}
}

// cpu returns the processor times, the least first.
func cpu(list []sample) (values []float64) {
	for _, m := range list {
		values = append(values, m.cpu)
	}
	slices.Sort(values)
	return values
}
