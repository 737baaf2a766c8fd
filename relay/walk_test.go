package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sockscope/server/lab"
	"sockscope/web/assets"
	"sockscope/web/browser"
	"sockscope/web/play"
	page "sockscope/web/visit"
	"sockscope/web/words"
)

// Every lab's walk shows what each of its stops speaks of, in view and lit. Every lab
// asks its questions one by one: nothing of the future shows, and to a wrong answer, one
// a lab, as to the right ones the page says what happened and why. One page goes from lab to lab
// and plays the recordings; what it must show was worked out without it.
func TestEveryLabIsWalkedAndAsked(t *testing.T) {
	t.Parallel()
	b, _, base := alone(t, "-server=none")
	tab := b.Open(t, base+"/", browser.Desk)
	tab.Expect("getImageData") // is faster from a canvas made for that
	tab.Eval(walker + ",0")
	for i, l := range lab.All {
		if l.Compares || l.Measures || l.Unrecorded {
			continue
		}
		w := expected(t, l)
		w.Mistake = i % max(len(w.Asked), 1)
		want, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		if bad := tab.Await(fmt.Sprintf("walkAndAsk(%q, %s)", l.ID, want)); bad != "" {
			tab.Shot("walk-" + l.ID)
			t.Errorf("%s:\n%s", l.ID, bad)
		}
	}
}

// What stands in the heads of the panes, and beside what went wrong, is whole on every
// screen: the lab options has the most views, and the lab first a badge with a long time.
func TestHeadsAreWhole(t *testing.T) {
	t.Parallel()
	b, _, base := alone(t, "-server=none")
	for _, v := range []browser.View{browser.Desk, browser.Phone} {
		tab := b.Open(t, base+"/lab/options", v)
		for _, lab := range []string{"options", "first"} {
			if lab == "first" {
				tab.Eval(`(() => { const a = document.createElement("a"); a.href = "/lab/first"; document.body.append(a); a.click(); a.remove() })()`)
			}
			tab.Wait(`location.pathname === "/lab/` + lab + `" && document.querySelectorAll(".chips li").length > 3`)
			for i := range 3 {
				tab.Eval(fmt.Sprintf(`document.querySelectorAll(".chips button")[%d].click()`, i))
				tab.Wait(fmt.Sprintf(`document.querySelectorAll(".chips button")[%d].ariaCurrent === "step"`, i))
				if cut := tab.Eval(`[...document.querySelectorAll(".ph2 > *, .told .state")].filter((e) => {
					const r = e.getBoundingClientRect(), box = e.parentElement.getBoundingClientRect()
					return r.width > 0 && (r.right > box.right + 1 || r.bottom > box.bottom + 1 || getComputedStyle(e).overflowX === "hidden" && e.scrollWidth > e.clientWidth + 1)
				}).map((e) => e.textContent).join("; ")`); cut != "" {
					t.Errorf("%s at %d px, stop %d: cut is %s", lab, v.Width, i+1, cut)
				}
			}
		}
		tab.Close()
	}
}

// walked is what the page of a lab has to show of its recording.
type walked struct {
	Stops   []walkedStop
	Asked   []walkedQuestion
	Mistake int // the question that gets a wrong answer first
}

type walkedStop struct {
	Say             string
	Pos, Lane, Line int    // Lane is the place from the top, -1 for none; Line is 0 where none is lit
	Bar             bool   // its bar ends, or begins, at the playhead
	FDs             []int  // whose columns are lit
	Bytes           string // that are lit, in hexadecimal
	Narration       string
}

type walkedQuestion struct {
	Text      string
	Pos, Lane int
	Narration string
	Wrong     walkedAnswer
	Right     walkedAnswer
}

// walkedAnswer is an answer: an offer, or else fds to light, by their places; and what
// is said of it.
type walkedAnswer struct {
	Offer int
	Light []int
	Told  []string
}

func expected(t *testing.T, l *lab.Lab) (want walked) {
	t.Helper()
	file, err := assets.Files.ReadFile("recordings/" + l.ID + ".trace")
	if err != nil {
		t.Fatal(err)
	}
	tape, err := page.ReadTape(file)
	if err != nil {
		t.Fatal(err)
	}
	r := &page.Run{Desk: page.Desk{Relay: new(page.Relay)}}
	v, _ := l.Set(nil)
	r.Open(l, v)
	r.Load(tape)
	place := func(lane int) int {
		return slices.IndexFunc(r.Lanes(), func(l page.Lane) bool { return l.Index == lane })
	}
	for i, stop := range r.Stops() {
		r.GoToStop(i)
		at, light := r.Lit()
		if at == nil {
			t.Errorf("%s has no stop %d", l.ID, i+1)
			continue
		}
		s := walkedStop{Say: strings.ReplaceAll(stop.Say, "`", ""), Pos: at.Step + 1, Lane: place(at.Lane), FDs: r.LitFDs(), Narration: words.Sentence(r.Narration())}
		s.Bar = light&lab.OnBar != 0
		if light&lab.OnLine != 0 {
			s.Line = at.Line
		}
		if light&lab.OnBytes != 0 {
			var moved []byte
			if run := r.Player.Run; at.Post > 0 {
				moved = run.DatagramAt(at.Step).Bytes
			} else {
				moved = run.Conns[at.Conn].Flows[at.Way].Bytes(&at.Bytes)
			}
			s.Bytes = fmt.Sprintf("% x", moved[:min(64, len(moved))])
		}
		if light&lab.OnQueue != 0 && len(s.FDs) == 0 {
			t.Errorf("%s: stop %d lights a queue of no fd", l.ID, i+1)
		}
		want.Stops = append(want.Stops, s)
	}
	r.SwitchAsking()
	for _, q := range r.Quiz.Questions() {
		r.Seek(q.At)
		w := walkedQuestion{Text: q.Text, Pos: q.At, Lane: place(q.Lane), Narration: words.Sentence(r.Narration())}
		if q.At == 0 {
			w.Narration = "Before the first step."
		}
		guess := play.Guess{Offer: slices.IndexFunc(q.Offers, func(o play.Offer) bool { return o.Belief != "" })}
		if guess.Offer < 0 || guess.Offer == q.Right.Offer {
			guess = wrong(q)
		}
		w.Wrong, w.Right = answered(r, q, guess), answered(r, q, q.Right)
		want.Asked = append(want.Asked, w)
		r.Quiz.Choose(0)
		r.Apply(page.SkipQuestion)
	}
	return want
}

// wrong lights a member that isn't right, or leaves one out.
func wrong(q *play.Question) play.Guess {
	lit := make([]bool, len(q.Members))
	copy(lit, q.Right.Lit)
	lit[0] = !lit[0]
	if !slices.Contains(lit, true) {
		lit[1] = true
	}
	return play.Guess{Offer: -1, Lit: lit}
}

func answered(r *page.Run, q *play.Question, g play.Guess) walkedAnswer {
	run := r.Player.Run
	a := walkedAnswer{Offer: g.Offer, Told: []string{words.Sentence(run.Happened(q)), page.Verdict(&play.Answer{Question: q, Guess: g})}}
	for i, on := range g.Lit {
		if on {
			a.Light = append(a.Light, i)
		}
	}
	for _, f := range run.Explain(q) {
		a.Told = append(a.Told, words.Sentence(f.Text))
	}
	return a
}

// walker drives a page within it, and returns what was wrong there, a line each.
const walker = `globalThis.walkAndAsk = async (lab, want) => {
	const bad = [], $ = (s) => document.querySelector(s), $$ = (s) => [...document.querySelectorAll(s)]
	const frame = () => new Promise(requestAnimationFrame)
	let place = "at the start"
	const check = (ok, what) => { if (!ok) bad.push(place + ": " + what) }
	const until = async (what, f) => {
		for (const t = performance.now(); performance.now() - t < 60000; await frame()) {
			try { if (f()) return } catch {}
		}
		throw place + ": never " + what
	}
	const key = (key) => dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}))
	const pos = () => +$(".pos b").textContent
	const seen = (e, wide) => { // a line of a program may be wider than its pane
		if (!e) return false
		const r = e.getBoundingClientRect(), box = e.closest(".scroll, .scope").getBoundingClientRect()
		return r.height > 0 && r.top >= box.top - 1 && r.bottom <= Math.min(box.bottom, innerHeight) + 1 && (wide || r.left >= box.left - 1 && r.right <= box.right + 1)
	}
	// The timeline's pixels: one column of a lane, as colours.
	const colour = (name) => {
		const c = new OffscreenCanvas(1, 1).getContext("2d")
		c.fillStyle = getComputedStyle(document.body).getPropertyValue(name).trim()
		c.fillRect(0, 0, 1, 1)
		return [...c.getImageData(0, 0, 1, 1).data].slice(0, 3)
	}
	const ink = colour("--ink"), run = colour("--run"), asleep = colour("--asleep")
	const near = (a, b) => a.every((v, k) => Math.abs(v - b[k]) < 24)
	const pixels = (lane) => { // of a lane, by their place in it
		const canvas = $("canvas.timeline"), row = $$(".lanes li")[lane].getBoundingClientRect(), top = row.top - canvas.getBoundingClientRect().top
		const image = canvas.getContext("2d").getImageData(0, top, canvas.width, row.height)
		return (x, y) => image.data.subarray(4 * (y * image.width + x), 4 * (y * image.width + x) + 4)
	}
	const inked = (p) => p[3] > 90 && near([...p.subarray(0, 3)], ink)
	const head = () => { // where the playhead crosses the ruler
		const canvas = $("canvas.timeline"), line = canvas.getContext("2d").getImageData(0, 22, canvas.width, 1).data
		for (let x = 0; x < canvas.width; x++) if (inked(line.subarray(4 * x, 4 * x + 4))) return x
		return -1
	}
	const outlined = (lane) => { // the frame's upper and lower edge, beside the playhead
		const at = head(), height = $$(".lanes li")[lane].offsetHeight, p = pixels(lane)
		return at >= 0 && [-5, -4, -3, 3, 4, 6].some((dx) => { // by time a bar may be 2 px wide
			const x = at + dx
			const ys = [...Array(height).keys()].filter((y) => inked(p(x, y)))
			return ys.length >= 2 && ys.at(-1) - ys[0] >= 8
		})
	}
	const plain = (e) => e.textContent.replaceAll("\u0060", "")

	const a = document.createElement("a")
	a.href = "/lab/" + lab
	document.body.append(a)
	a.click()
	a.remove()
	try {
		await until("plays the recording", () => location.pathname === "/lab/" + lab && $(".state").textContent.startsWith("a recording"))
		if ($(".scopehead").textContent.includes("asking first")) key("a")
		await until("opens the walk", () => $$(".chips li").length === want.Stops.length + 1)
		for (const [i, s] of want.Stops.entries()) {
			place = "stop " + (i + 1)
			$$(".chips button")[i].click()
			await until("shows it", () => pos() === s.Pos && plain($(".walk p")) === s.Say)
			check($$(".chips button")[i].getAttribute("aria-current") === "step", "its number isn't the current one")
			check($("#narration").textContent === s.Narration, "the narration is " + $("#narration").textContent)
			if (s.Lane >= 0) {
				await until("has its lane in view", () => $$(".lanes li")[s.Lane].classList.contains("on") && seen($$(".lanes li")[s.Lane]))
				if (s.Bar) await until("frames its bar", () => outlined(s.Lane))
			}
			if (s.Line) await until("has line " + s.Line + " in view", () => $$("#src-upper .cur").some((e) => e.firstElementChild.textContent === String(s.Line) && seen(e, true)))
			for (const fd of s.FDs ?? []) await until("lights fd " + fd, () => $$(".kern th.on b").some((e) => e.textContent === String(fd)))
			if (s.FDs?.length) await until("has an fd in view", () => seen($(".kern th.on")))
			if (s.Bytes) {
				await until("lights its bytes", () => $(".hex, .letters") ? seen($("#bytes .hit")) : $("#bytes").firstElementChild && seen($("#bytes")))
				const lit = $$(".hex .hit").map((e) => e.textContent.trim()).filter((e) => /^([0-9a-f]{2}|··)( ([0-9a-f]{2}|··))*$/.test(e)).join(" ")
				if ($(".hex")) check(lit.startsWith(s.Bytes), "the lit bytes are " + lit + ", want " + s.Bytes)
			}
			await until("has its call in the log", () => seen($("#log .cur")))
		}
		place = "the recap"
		$(".walk .btn.pri").click()
		await until("shows", () => $(".walk.recap").textContent.includes("Recap."))

		place = "asking"
		if ($(".scopehead .seg [aria-pressed=true]").textContent === "by time") key("t") // there the words of what has been reach far to the right
		key("a")
		for (const [i, q] of want.Asked.entries()) {
			place = "question " + (i + 1)
			if (!i) {
				await until("goes back to the start", () => pos() === 0 || $(".lab.asking"))
				key("End")
			}
			for (const answer of i === want.Mistake ? [q.Wrong, q.Right] : [q.Right]) {
				await until("asks", () => $(".lab.asking #ask b").textContent === q.Text && pos() === q.Pos)
				check($("#narration").textContent === q.Narration, "the narration is " + $("#narration").textContent)
				check($$(".log .ahead").every((e) => getComputedStyle(e).visibility === "hidden"), "the log shows what comes")
				check(!$(".chips") && !$(".why-chain"), "the walk or the causes show")
				await until("hides what comes in the lanes", () => $$(".lanes li").every((li, lane) => {
					if (lane === q.Lane || !seen(li)) return true
					const at = head(), x1 = $("canvas.timeline").width
					for (let p = pixels(lane), y = 0; y < li.offsetHeight; y++) for (let x = at + 24; x < x1; x++) {
						const [r, g, b, alpha] = p(x, y)
						if (alpha > 60 && (near([r, g, b], run) || near([r, g, b], asleep))) return false
					}
					return true
				}))
				if (answer.Offer >= 0) $$("#ask .offers .btn")[answer.Offer].click()
				for (const m of answer.Light ?? []) {
					$$(".out button.m")[m].click()
					await until("lights an fd", () => $$(".out button.m")[m].getAttribute("aria-pressed") === "true")
				}
				await until("takes an answer", () => $("#ask .pri:enabled").textContent === "Check")
				$("#ask .pri").click()
				await until("has an answer", () => $("#ask .note").textContent.includes("right"))
				for (const told of answer.Told) check($("#ask").textContent.includes(told), "it doesn't say " + told + ", but " + $("#ask").textContent)
				check(($("#ask .qm").textContent === "✓") === (answer === q.Right), "the mark is wrong")
				check($$(".log .ahead").every((e) => getComputedStyle(e).visibility === "hidden") || i === want.Asked.length - 1, "beside the answer the log shows what comes")
				if (answer === q.Wrong) $$("#ask button").find((e) => e.textContent === "Ask again").click()
			}
			if (i < want.Asked.length - 1) $("#ask .pri").click()
		}
		place = "after the questions"
		await until("opens the walk", () => $$(".chips li").length === want.Stops.length + 1)
		$$(".chips button").at(-1).click()
		await until("has the score", () => $(".score").textContent.includes("You had " + want.Asked.length + " of " + want.Asked.length + " right"))
		key("a")
		await until("stops asking", () => $(".scopehead").textContent.includes("ask me first"))
	} catch (e) { bad.push(String(e)) }
	return bad.join("\n")
}`
