package report

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// plot is how the round trip and the loss to one host went over time, as the paths of an SVG picture of plotWidth by
// plotHeight. All plots of a report have the same scale, so that the router's shows what of the other is its own.
type plot struct {
	Name string // "Router 192.168.1.1"
	Says string // the picture in one sentence
	Top  string // what the upper edge stands for
	Span string // what the right edge stands for
	Avg  string // a line
	Max  string // an area under the longest round trips
	Lost string // bars: the part of the height is the part of the requests that did not come back
	Mark string // a cross over every bar
}

// The picture's measures, without the space for its labels.
const (
	plotWidth  = 300.0
	plotHeight = 50.0
)

// plots are those of the router and of the provider's server, or of the first host measured in its place.
func plots(l *words.Language, r Report) []plot {
	q := r.Facts.Quality
	if q == nil {
		return nil
	}
	var echoes []facts.Echo
	if q.Gateway != nil {
		echoes = append(echoes, *q.Gateway)
	}
	echoes = slices.DeleteFunc(append(echoes, q.Far[:min(1, len(q.Far))]...), func(e facts.Echo) bool { return len(e.Course) < 2 })
	top := 1.0 // ms
	for _, e := range echoes {
		for top < milliseconds(e.Max) {
			top = rounder(top)
		}
	}
	var all []plot
	for _, e := range echoes {
		p := drawn(e.Course, top)
		p.Name = e.Addr.String()
		switch {
		case q.Gateway != nil && e.Addr == q.Gateway.Addr:
			p.Name = l.Say("plot.router", "address", e.Addr)
		case isProvider(r.Facts.Name, e.Addr):
			p.Name = l.Say("plot.provider", "address", e.Addr)
		}
		last := e.Course[len(e.Course)-1]
		p.Span = fmt.Sprintf("%.0f s", time.Duration(last.At).Seconds())
		p.Says = l.Say("plot.says", "name", p.Name, "avg", shortly(e.Avg), "max", shortly(e.Max), "lost", e.Sent-e.Back, "sent", e.Sent)
		all = append(all, p)
	}
	return all
}

func isProvider(n *facts.Name, a netip.Addr) bool {
	return n != nil && slices.ContainsFunc(n.Targets, func(t facts.Target) bool { return t.Addr.Addr() == a })
}

func drawn(course []facts.EchoSlot, top float64) plot {
	var avg, high, lost, mark strings.Builder
	wide := plotWidth / float64(len(course))
	height := func(d facts.Duration) float64 { return plotHeight * (1 - milliseconds(d)/top) }
	begun := false
	for i, s := range course {
		x := wide * float64(i)
		if s.Back > 0 {
			command := "L"
			if !begun {
				command = "M"
			}
			fmt.Fprintf(&avg, "%s%.0f %.1f", command, x+wide/2, height(s.Avg))
			fmt.Fprintf(&high, "M%.0f %.0fV%.1fH%.0fV%.0fZ", x, plotHeight, height(s.Max), x+wide, plotHeight)
		}
		begun = s.Back > 0
		if gone := s.Sent - s.Back; gone > 0 {
			fmt.Fprintf(&lost, "M%.1f %.0fV%.1fH%.1fV%.0fZ", x+1, plotHeight, plotHeight*(1-float64(gone)/float64(s.Sent)), x+wide-1, plotHeight)
			fmt.Fprintf(&mark, "M%.1f 1l6 6m0-6l-6 6", x+wide/2-3)
		}
	}
	return plot{Top: fmt.Sprintf("%g ms", top), Avg: avg.String(), Max: high.String(), Lost: lost.String(), Mark: mark.String()}
}

// rounder is the next of 1, 2, 5, 10, 20, 50 and so on.
func rounder(n float64) float64 {
	switch decade := math.Pow(10, math.Floor(math.Log10(n)+1e-9)); {
	case n < 1.5*decade:
		return 2 * decade
	case n < 3*decade:
		return 5 * decade
	default:
		return 10 * decade
	}
}

func milliseconds(d facts.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// shortly is a duration in milliseconds, with two digits that count.
func shortly(d facts.Duration) string {
	switch ms := milliseconds(d); {
	case ms >= 9.95:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 0.095:
		return fmt.Sprintf("%.1f ms", ms)
	default:
		return fmt.Sprintf("%.2f ms", ms)
	}
}
