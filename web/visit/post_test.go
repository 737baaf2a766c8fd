package visit

import "testing"

// What became of the datagrams of lab udp: some were received, one of them in part, some
// were dropped, and the last one found nobody.
func TestFatesOfDatagrams(t *testing.T) {
	r := recorded(t, "udp")
	r.Seek(r.Player.Len())
	fates := map[Fate]int{}
	var last Letter
	for i := range r.Player.Run.Posts {
		list, _ := r.LettersOf(i)
		for _, l := range list {
			fates[l.Fate]++
			if l.Text == `"exit"` {
				last = l
			}
		}
	}
	if fates[Received] < 5 || fates[Shortened] == 0 || fates[Missed] == 0 {
		t.Errorf("%v", fates)
	}
	if last.Note != "4 bytes, refused: nobody has that port" || last.Class() != "dg miss" {
		t.Errorf("%+v", last)
	}
}
