package report

import (
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
)

// Between compares the last finished run at each position of a site and says, in one sentence of a language, between
// which two the fault lies (guide 1.2 to 1.4); "" as long as fewer than two can be compared. Only the
// way to the provider (lights 1 to 3) depends on the socket: a refused login is the same everywhere.
func Between(l *words.Language, at map[Position]Report) string {
	var tried []Position
	for _, p := range Positions() {
		if r, ok := at[p]; ok && !r.Running() && (r.Verdict.Code != "") && r.Verdict.Severity != catalogue.Broken {
			tried = append(tried, p)
		}
	}
	if len(tried) < 2 {
		return ""
	}
	for i, p := range tried {
		if !wayBroken(at[p]) {
			continue
		}
		if i > 0 {
			return l.Say("between.apart", "near", tried[i-1].Words(l), "far", p.Words(l)) + again(l, at[tried[i-1]], at[p])
		}
		for _, further := range tried[1:] {
			if !wayBroken(at[further]) {
				return l.Say("between.changes", "near", p.Words(l), "far", further.Words(l))
			}
		}
		return l.Say("between.outside", "near", p.Words(l))
	}
	return l.Say("between.open")
}

func wayBroken(r Report) bool {
	return r.Verdict.Severity == catalogue.Red && r.Verdict.Light >= 1 && r.Verdict.Light <= 3
}

// fresh is how long a run says how the line is now.
const fresh = time.Hour

// again is a warning where the line may have changed between two runs.
func again(l *words.Language, a, b Report) string {
	known := func(r Report) bool { return r.Clock != "" && r.Clock != "none" }
	if known(a) && known(b) && a.Started.Sub(b.Started).Abs() > fresh {
		return " " + l.Say("between.old")
	}
	return ""
}
