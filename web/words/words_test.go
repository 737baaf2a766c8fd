package words

import (
	"math"
	"testing"
)

func TestSpan(t *testing.T) {
	for ns, want := range map[int64]string{
		0: "0 ns", 1: "1 ns", 631: "631 ns", 999: "999 ns",
		1000: "1 µs", 1130: "1.13 µs", 9995: "9.99 µs", 9996: "10 µs", 99_949: "99.9 µs", 99_951: "100 µs",
		999_499: "999 µs", 999_501: "1 ms", 999_999: "1 ms", 1_000_000: "1 ms", 1_500_000: "1.5 ms",
		20_000_000: "20 ms", 100_000_000: "100 ms", 999_999_999: "1 s",
		1_000_000_000: "1 s", 65_400_000_000: "65.4 s", 999_600_000_000: "1000 s", 86_400_000_000_000: "86400 s",
		-4000: "-4 µs", -999_999: "-1 ms", math.MaxInt64: "9223372037 s", math.MinInt64: "-9223372037 s",
	} {
		if got := Span(ns); got != want {
			t.Errorf("%d ns is %q, want %q", ns, got, want)
		}
	}
}

func TestInstant(t *testing.T) {
	for ns, want := range map[int64]string{0: "0.000 ms", 1_234_567: "1.235 ms", 9_999_000_000: "9999.000 ms", 10_000_000_000: "10.000000 s", 948_357_307_000: "948.357307 s"} {
		if got := Instant(ns); got != want {
			t.Errorf("%d ns is %q, want %q", ns, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 steps", 1: "1 step", 2: "2 steps", 999: "999 steps", 1000: "1,000 steps", 1234567: "1,234,567 steps", -1000: "-1,000 steps", -999: "-999 steps"} {
		if got := Count(n, "step"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{"": "", "no relay": "No relay.", "Éa!": "Éa!", "x?": "X?", "énd": "énd.", "a.": "A."} {
		if got := Sentence(in); got != want {
			t.Errorf("Sentence(%q) = %q, want %q", in, got, want)
		}
	}
}
