package play

import "math"

// Standing is how servers compare over several rounds. In each round every server
// has a run.
type Standing struct {
	Rounds    int
	Wins      []int   // by server: in how many rounds it alone was the best
	First     int     // the server with the most wins; -1 where several have as many
	Low, High float64 // the least and the most by which it led, in the rounds that it won
}

// NewStanding compares figures, given by round and server. A negative figure is
// unknown. The lowest is the best, or with more the highest.
func NewStanding(rounds [][]float64, more bool) Standing {
	s := Standing{Rounds: len(rounds), First: -1}
	if len(rounds) == 0 {
		return s
	}
	s.Wins = make([]int, len(rounds[0]))
	best, leads := make([]int, len(rounds)), make([]float64, len(rounds))
	for r, xs := range rounds {
		if best[r], leads[r] = winner(xs, more); best[r] >= 0 {
			s.Wins[best[r]]++
		}
	}
	most := 0
	for i, n := range s.Wins {
		switch {
		case n > most:
			most, s.First = n, i
		case n == most:
			s.First = -1
		}
	}
	s.Low = math.Inf(1)
	for r := range rounds {
		if s.First >= 0 && best[r] == s.First {
			s.Low, s.High = min(s.Low, leads[r]), max(s.High, leads[r])
		}
	}
	return s
}

// winner returns which of xs is the best and by how much. It is -1 where no one alone
// is the best.
func winner(xs []float64, more bool) (best int, lead float64) {
	best, lead = -1, math.Inf(1)
	for i, x := range xs {
		if x >= 0 && (best < 0 || x < xs[best] != more && x != xs[best]) {
			best = i
		}
	}
	for i, x := range xs {
		if i != best && x >= 0 {
			lead = min(lead, math.Abs(x-xs[best]))
		}
	}
	if lead == 0 || math.IsInf(lead, 1) {
		return -1, 0
	}
	return best, lead
}

// Odds returns how likely it is that one of several equal servers wins so many rounds
// by chance.
func (s *Standing) Odds() float64 {
	if s.First < 0 {
		return 1
	}
	n, sum := float64(len(s.Wins)), 0.0
	for k := s.Wins[s.First]; k <= s.Rounds; k++ {
		sum += choose(s.Rounds, k) * math.Pow(1/n, float64(k)) * math.Pow(1-1/n, float64(s.Rounds-k))
	}
	return min(n*sum, 1)
}

// unlikely is the limit of the odds: below it a result is no chance.
const unlikely = 0.1

// Apart reports whether the rounds show that the first is better than the others.
func (s *Standing) Apart() bool { return s.Odds() < unlikely }

// choose returns in how many ways k of n can be chosen.
func choose(n, k int) float64 {
	ways := 1.0
	for i := range k {
		ways = ways * float64(n-i) / float64(i+1)
	}
	return ways
}
