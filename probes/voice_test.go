package probes

import (
	"context"
	"strings"
	"testing"
	"time"

	"trunktester/probes/facts"
	"trunktester/reflector"
	"trunktester/reflector/wire"
)

// line is a way to a reflector whose clock is another one, as a stream of packets meets it.
type line struct {
	lostUp, lostDown []int                       // sequence numbers
	up, down         func(seq int) time.Duration // transit
	uncounted        bool
	skipped          []int // not echoed by the reflector
}

func steady(d time.Duration) func(int) time.Duration {
	return func(int) time.Duration { return d }
}

// carries gives what became of a stream on the line.
func (l line) carries(n int) voiceStream {
	clock := time.Unix(17, 0) // of the reflector
	lost := func(list []int, seq int) bool {
		for _, s := range list {
			if s == seq {
				return true
			}
		}
		return false
	}
	var s voiceStream
	count, skipped := uint32(0), uint32(0)
	for seq := range n {
		at := time.Duration(seq) * voiceGap
		s.sent = append(s.sent, at)
		if lost(l.lostUp, seq) {
			continue
		}
		count++
		if lost(l.skipped, seq) {
			skipped++
			continue
		}
		if lost(l.lostDown, seq) {
			continue
		}
		arrived := at + l.up(seq)
		e := voiceEcho{seq: seq, at: arrived + l.down(seq), heard: wire.Heard{Count: count, Skipped: skipped, At: clock.Add(arrived)}, tos: -1}
		if l.uncounted {
			e.heard.Count = 0
		}
		s.echoes = append(s.echoes, e)
	}
	return s
}

func TestStreamTellsTheWaysApart(t *testing.T) {
	ten := steady(10 * time.Millisecond)
	shaky := func(seq int) time.Duration { return time.Duration(10+seq%2*8) * time.Millisecond }
	for _, c := range []struct {
		name           string
		line           line
		up, down       facts.VoiceWay // Sent, Lost and Overdue of them
		untold         int
		saw, never     string
		jitUp, jitDown bool
	}{
		{"nothing is lost", line{up: ten, down: ten}, facts.VoiceWay{Sent: 150}, facts.VoiceWay{Sent: 150}, 0, "on the way there none of 150 lost", "only", false, false},
		{"lost on the way there", line{lostUp: []int{0, 5, 6, 7, 99}, up: ten, down: ten}, facts.VoiceWay{Sent: 150, Lost: 5}, facts.VoiceWay{Sent: 145}, 0, "there 5 of 150 lost (3.3 %), jitter 0 ms; on the way back none of 145 lost, jitter 0 ms; round trip 20 ms. Packets are lost only on the way to the provider.", "back. ", false, false},
		{"lost on the way back", line{lostDown: []int{0, 5, 6, 7, 99}, up: ten, down: ten}, facts.VoiceWay{Sent: 150}, facts.VoiceWay{Sent: 150, Lost: 5}, 0, "lost only on the way back.", "provider. ", false, false},
		{"lost both ways, in one gap", line{lostUp: []int{10, 40}, lostDown: []int{11, 12, 80}, up: ten, down: ten}, facts.VoiceWay{Sent: 150, Lost: 2}, facts.VoiceWay{Sent: 148, Lost: 3}, 0, "2 of 150 lost", "only", false, false},
		{"the last ones are lost", line{lostUp: []int{3, 148}, lostDown: []int{149}, up: ten, down: ten}, facts.VoiceWay{Sent: 148, Lost: 1}, facts.VoiceWay{Sent: 147}, 2, "The last 2 were lost too", "only", false, false},
		{"jitter on the way there", line{up: shaky, down: ten}, facts.VoiceWay{Sent: 150}, facts.VoiceWay{Sent: 150}, 0, "jitter 8 ms", "only", true, false},
		{"jitter on the way back", line{up: ten, down: shaky}, facts.VoiceWay{Sent: 150}, facts.VoiceWay{Sent: 150}, 0, "jitter 8 ms", "only", false, true},
		{"some are too late", line{up: ten, down: func(seq int) time.Duration { return time.Duration(10+seq/145*80) * time.Millisecond }}, facts.VoiceWay{Sent: 150}, facts.VoiceWay{Sent: 150, Overdue: 5}, 0, "5 too late", "only", false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := streamFacts(c.line.carries(150), time.Millisecond)
			if v.Up == nil || v.Down == nil || v.MOS == nil || v.Untold != c.untold || v.Sent != 150 {
				t.Fatalf("%+v", v)
			}
			for _, w := range []struct {
				got, want facts.VoiceWay
				jitter    bool
			}{{*v.Up, c.up, c.jitUp}, {*v.Down, c.down, c.jitDown}} {
				if w.got.Sent != w.want.Sent || w.got.Lost != w.want.Lost || w.got.Overdue != w.want.Overdue || w.jitter != (w.got.JitterMax > 0) {
					t.Errorf("%+v, want %+v", w.got, w.want)
				}
			}
			if worse := min(v.Up.MOS.Value, v.Down.MOS.Value); v.MOS.Value != worse {
				t.Errorf("%.2f of %.2f and %.2f", v.MOS.Value, v.Up.MOS.Value, v.Down.MOS.Value)
			}
			say := voiceSaw(v)
			if !strings.Contains(say, c.saw) || c.never != "" && strings.Contains(say, c.never) || !strings.Contains(say, "an estimate by ITU-T G.107") {
				t.Error(say)
			}
			spoken(t, say)
		})
	}
}

// Packets that follow a stream whose last one was lost count up to the one that came back.
func TestStreamEndsWithWhatCameBack(t *testing.T) {
	ten := steady(10 * time.Millisecond)
	for _, c := range []struct {
		name             string
		lostUp, lostDown []int
		sent, untold     int
		up, down         int // lost
	}{
		{"the last one came back", nil, nil, 150, 0, 0, 0},
		{"the last two were lost on the way there", []int{148, 149}, nil, 151, 0, 2, 0},
		{"the last two were lost on the way back", nil, []int{148, 149}, 151, 0, 0, 2},
		{"one that followed was lost as well", []int{149, 150}, []int{148}, 152, 0, 2, 1},
		{"none that followed came back", []int{149, 150, 151, 152}, nil, 150, 1, 0, 0},
	} {
		s := line{lostUp: c.lostUp, lostDown: c.lostDown, up: ten, down: ten}.carries(153)
		var heard []voiceEcho
		for _, e := range s.echoes {
			if heard = append(heard, e); e.seq >= 149 {
				break // no more were waited for
			}
		}
		s.echoes = heard
		s.trim(150)
		v := streamFacts(s, 0)
		if v.Sent != c.sent || v.Untold != c.untold || v.Up.Lost != c.up || v.Down.Lost != c.down {
			t.Errorf("%s: %+v, %+v, %+v", c.name, v, *v.Up, *v.Down)
		}
	}
}

// Lost packets that follow each other are heard more than scattered ones.
func TestBurstsAreHeard(t *testing.T) {
	ten := steady(10 * time.Millisecond)
	run := streamFacts(line{lostUp: []int{20, 21, 22, 23, 24, 25}, up: ten, down: ten}.carries(150), 0)
	scattered := streamFacts(line{lostUp: []int{20, 40, 60, 80, 100, 120}, up: ten, down: ten}.carries(150), 0)
	if run.Up.Lost != 6 || scattered.Up.Lost != 6 || run.MOS.Value >= scattered.MOS.Value {
		t.Errorf("%+v, %+v", run.MOS, scattered.MOS)
	}
}

// What a reflector does not send back, since too much is asked of it, the line did not lose.
func TestSkippedIsNotLost(t *testing.T) {
	ten := steady(10 * time.Millisecond)
	v := streamFacts(line{skipped: []int{30, 31, 60}, lostDown: []int{32, 90}, lostUp: []int{61}, up: ten, down: ten}.carries(150), 0)
	if v.Skipped != 3 || v.Up.Lost != 1 || v.Up.Sent != 150 || v.Down.Lost != 2 || v.Down.Sent != 146 || v.Untold != 0 {
		t.Errorf("%+v, %+v, %+v", v, *v.Up, *v.Down)
	}
	if say := voiceSaw(v); !strings.Contains(say, "3 were not sent back by the reflector") {
		t.Error(say)
	} else {
		spoken(t, say)
	}
}

func TestStreamSaysWhatItCannotTell(t *testing.T) {
	ten := steady(10 * time.Millisecond)
	uncounted := streamFacts(line{lostUp: []int{5}, lostDown: []int{6}, up: ten, down: ten, uncounted: true}.carries(150), 0)
	if uncounted.Up != nil || uncounted.Down != nil || uncounted.MOS == nil || !strings.Contains(voiceSaw(uncounted), "which way loses them is not known") {
		t.Errorf("%+v %s", uncounted, voiceSaw(uncounted))
	}
	busy := streamFacts(line{up: ten, down: ten}.carries(150), 20*time.Millisecond)
	if busy.MOS != nil || busy.Up.MOS != nil || !strings.Contains(voiceSaw(busy), "cannot be told") {
		t.Errorf("%+v %s", busy, voiceSaw(busy))
	}
	if none := streamFacts(line{lostUp: []int{0, 1, 2}, up: ten, down: ten}.carries(3), 0); none.Up != nil || none.MOS != nil || !strings.Contains(voiceSaw(none), "none came back") {
		t.Errorf("%+v", none)
	} else {
		spoken(t, voiceSaw(none))
	}
	spoken(t, voiceSaw(uncounted))
	spoken(t, voiceSaw(busy))
}

// The real reflector on loopback.
func TestVoice(t *testing.T) {
	t.Parallel()
	s := startReflector(t, func(c *reflector.Config) { c.RTPHost, c.RTP = "127.0.0.1", []uint16{0} })
	known := onLoopback
	known.RTP = &facts.RTP{Inside: true, Ports: []facts.RTPPort{{Port: 1, Answer: facts.Silent}, {Port: int(s.Voice()[0].Port()), Answer: facts.Answered}}}
	r := Voice{FarEnd: farEnd(s, reflectorToken), Count: 25}.Look(t.Context(), known)
	r.File(&known)
	v := known.Voice
	if r.Outcome != facts.Passed || v.Sent != 25 || v.Back != 25 || v.Untold != 0 || v.Up.Sent != 25 || v.Down.Sent != 25 || !v.Inside || v.Server != s.Voice()[0] {
		t.Errorf("%s %s %+v", r.Outcome, r.Saw, v)
	}
	if r := (Voice{FarEnd: farEnd(s, "another-token-0123456"), Count: 5}).Look(t.Context(), known); r.Outcome != facts.Failed {
		t.Errorf("nothing comes back: %s %s", r.Outcome, r.Saw)
	}
	strict := startReflector(t, func(c *reflector.Config) {
		c.RTPHost, c.RTP, c.RTPEach = "127.0.0.1", []uint16{0}, reflector.Rate{PerSecond: 25, Burst: 5}
	})
	few := onLoopback
	few.RTP = &facts.RTP{Ports: []facts.RTPPort{{Port: int(strict.Voice()[0].Port()), Answer: facts.Answered}}}
	Voice{FarEnd: farEnd(strict, reflectorToken), Count: 50}.Look(t.Context(), few).File(&few)
	if v := few.Voice; v.Skipped == 0 || v.Up.Lost != 0 || v.Down.Lost != 0 || v.Back+v.Skipped+v.Untold != v.Sent {
		t.Errorf("a reflector that limits: %+v, %+v, %+v", v, v.Up, v.Down)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for name, r := range map[string]Result{
		"nobody looked at the ports": Voice{FarEnd: farEnd(s, reflectorToken)}.Look(t.Context(), onLoopback),
		"no port echoes":             Voice{FarEnd: farEnd(s, reflectorToken)}.Look(t.Context(), facts.Facts{RTP: &facts.RTP{Ports: []facts.RTPPort{{Port: 9, Answer: facts.Silent}}}}),
		"the time is up":             Voice{FarEnd: farEnd(s, reflectorToken)}.Look(ended, known),
	} {
		if r.Outcome != facts.NotRun || r.File != nil {
			t.Errorf("%s: %s %s", name, r.Outcome, r.Saw)
		}
	}
}
