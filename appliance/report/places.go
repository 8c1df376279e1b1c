package report

import (
	"fmt"
	"time"

	"trunktester/appliance/catalogue"
)

// Between compares the last finished run at each position of a site and says, in one sentence, between
// which two the fault lies (guide 1.2 to 1.4); "" as long as fewer than two can be compared. Only the
// way to the provider (lights 1 to 3) depends on the socket: a refused login is the same everywhere.
func Between(at map[Position]Report) Text {
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
			return Text(fmt.Sprintf("The fault lies between %s and %s: it is seen at the second, not at the first.%s", tried[i-1].Words(), p.Words(), again(at[tried[i-1]], at[p])))
		}
		for _, further := range tried[1:] {
			if !wayBroken(at[further]) {
				return Text(fmt.Sprintf("The fault was seen at %s and not at %s, further in: it comes and goes, or the two use different lines. Run again at both.", p.Words(), further.Words()))
			}
		}
		return Text(fmt.Sprintf("The fault is there already at %s: the cabling inside the site is not its cause.", p.Words()))
	}
	return "The way to the provider is open from every socket tried: the cabling between them is not the cause."
}

func wayBroken(r Report) bool {
	return r.Verdict.Severity == catalogue.Red && r.Verdict.Light >= 1 && r.Verdict.Light <= 3
}

// fresh is how long a run says how the line is now.
const fresh = time.Hour

// again is a warning where the line may have changed between two runs.
func again(a, b Report) string {
	known := func(r Report) bool { return r.Clock != "" && r.Clock != "none" }
	if known(a) && known(b) && a.Started.Sub(b.Started).Abs() > fresh {
		return " There is more than an hour between the two: run again at both."
	}
	return ""
}
