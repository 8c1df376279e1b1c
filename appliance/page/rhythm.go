package page

import (
	"fmt"
	"strings"
	"time"
)

// The light language of faults.md.
const (
	flashOn     = 400 * time.Millisecond
	flashOff    = 400 * time.Millisecond
	pause       = 2500 * time.Millisecond
	slow        = time.Second
	alternate   = 500 * time.Millisecond
	mostFlashes = 9
)

// beat is a lamp that is lit, or dark, for a while.
type beat struct {
	lit   bool
	lasts time.Duration
}

// counted is n flashes and the pause.
func counted(n int) []beat {
	var beats []beat
	for range n {
		beats = append(beats, beat{true, flashOn}, beat{false, flashOff})
	}
	return append(beats, beat{false, pause})
}

// rhythms are the style's animations: one keyframes rule and one class per rhythm. They only change
// the opacity of a lamp, so that one rhythm serves both colours.
func rhythms() string {
	var css strings.Builder
	for n := 1; n <= mostFlashes; n++ {
		rhythm(&css, fmt.Sprintf("count-%d", n), counted(n))
	}
	rhythm(&css, "slow", []beat{{true, slow}, {false, slow}})
	rhythm(&css, "first", []beat{{true, alternate}, {false, alternate}})
	rhythm(&css, "second", []beat{{false, alternate}, {true, alternate}})
	return css.String()
}

func rhythm(css *strings.Builder, name string, beats []beat) {
	var total, at time.Duration
	for _, b := range beats {
		total += b.lasts
	}
	fmt.Fprintf(css, "@keyframes %s{", name)
	for _, b := range beats {
		fmt.Fprintf(css, "%.4g%%{opacity:%d}", 100*float64(at)/float64(total), opacity(b.lit))
		at += b.lasts
	}
	fmt.Fprintf(css, "}\n.%s{animation:%s %dms step-end infinite}\n", name, name, total.Milliseconds())
}

func opacity(lit bool) int {
	if lit {
		return 1
	}
	return 0
}
