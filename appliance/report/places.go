package report

import (
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
)

// Apart is a fault that was seen at one socket of a site and proved absent at another that is nearer to the line.
type Apart struct {
	Code      string // of the catalogue
	Near, Far Position
}

// Between compares the last finished run at each position of a site and says, in one sentence of a language, between
// which two the fault lies (guide 1.2 to 1.4); "" as long as fewer than two can be compared. Where nothing is proved apart
// (the worst first), the verdicts are compared: only the way to the provider (lights 1 to 3) depends on the socket, a
// refused login is the same everywhere.
func Between(l *words.Language, at map[Position]Report, apart []Apart) string {
	var tried []Position
	for _, p := range Positions() {
		if r, ok := at[p]; ok && conclusive(r) {
			tried = append(tried, p)
		}
	}
	if len(tried) < 2 {
		return ""
	}
	for _, a := range apart {
		if cause, ok := catalogue.Find(a.Code); ok && conclusive(at[a.Near]) && conclusive(at[a.Far]) {
			return l.Say("between.code", "near", a.Near.Words(l), "far", a.Far.Words(l), "code", a.Code, "title", cause.In(l).Title) + again(l, at[a.Near], at[a.Far])
		}
	}
	for i, p := range tried {
		if !wayBroken(at[p]) {
			continue
		}
		if i > 0 {
			near := tried[i-1]
			if a, b := at[near].Site.PublicIP, at[p].Site.PublicIP; a.IsValid() && b.IsValid() && a != b {
				return l.Say("between.lines", "near", near.Words(l), "far", p.Words(l))
			}
			return l.Say("between.apart", "near", near.Words(l), "far", p.Words(l)) + again(l, at[near], at[p])
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

// conclusive reports whether a run says how its socket is.
func conclusive(r Report) bool {
	return !r.Running() && r.Verdict.Code != "" && r.Verdict.Severity != catalogue.Broken
}

func wayBroken(r Report) bool {
	return r.Verdict.Severity == catalogue.Red && r.Verdict.Light >= 1 && r.Verdict.Light <= 3
}

// fresh is how long a run says how the line is now.
const fresh = time.Hour

// Age is how long lies between two runs; ok is false where the box cannot know: not both knew the time, and the power was
// off in between, or no clock says that it was not.
func Age(a, b Report) (age time.Duration, ok bool) {
	boot := func(r Report) time.Time { return r.Started.Add(-time.Duration(r.SinceBoot * float64(time.Second))) }
	same := (timed(a) || timed(b)) && boot(a).Sub(boot(b)).Abs() < sameBoot // a box without a clock begins every time at the same time
	return a.Started.Sub(b.Started).Abs(), same || timed(a) && timed(b)
}

// sameBoot is how far the box's clock may be set while it runs and the power-on of two runs is still the same.
const sameBoot = 3 * time.Second

// Fresh reports whether two runs are near enough in time to be compared.
func Fresh(age time.Duration) bool { return age <= fresh }

func timed(r Report) bool { return r.Clock != "" && r.Clock != "none" }

// again is a warning where the line may have changed between two runs.
func again(l *words.Language, a, b Report) string {
	if age, ok := Age(a, b); ok && !Fresh(age) {
		return " " + l.Say("between.old")
	}
	return ""
}

// Proposal is a guess where the box is, for a person to confirm.
type Proposal struct {
	At  Position
	Why string // what is the same as in the run there and tells it from the others: "switch", "router" or "public"
}

// Propose guesses where a run was made from the last runs at the positions of its site: the switch names the same port;
// or the router, or else the public address, is that of one position and not those of the others. Nothing is proposed that
// fits two positions, nor from the only one that is known, whose router every socket of its network has. ok is false
// without a proposal.
func Propose(now Report, at map[Position]Report) (p Proposal, ok bool) {
	ports := map[Position]string{}
	routers := map[Position]string{}
	publics := map[Position]string{}
	for _, p := range Positions() {
		r, known := at[p]
		if !known || r.ID == now.ID {
			continue
		}
		ports[p], routers[p], publics[p] = portOf(r), strings.ToLower(string(r.Site.GatewayMAC)), publicOf(r)
	}
	port := portOf(now)
	if p, ok := only(ports, port); ok {
		return Proposal{p, "switch"}, true
	}
	if port != "" { // the switch says that it is none of those
		for p, known := range ports {
			if known != "" {
				delete(routers, p)
				delete(publics, p)
			}
		}
	}
	if p, ok := only(routers, strings.ToLower(string(now.Site.GatewayMAC))); ok && others(routers) {
		return Proposal{p, "router"}, true
	}
	if p, ok := only(publics, publicOf(now)); ok && others(publics) {
		return Proposal{p, "public"}, true
	}
	return Proposal{}, false
}

// only is the one position where the value was seen.
func only(seen map[Position]string, value string) (found Position, ok bool) {
	for p, v := range seen {
		if v == value && v != "" {
			if ok {
				return "", false
			}
			found, ok = p, true
		}
	}
	return found, ok
}

// others reports whether the values differ among the positions where one is known.
func others(seen map[Position]string) bool {
	different := map[string]bool{}
	for _, v := range seen {
		different[v] = true
	}
	delete(different, "")
	return len(different) > 1
}

// portOf is the port that the switch named, "" where none did.
func portOf(r Report) string {
	if s := r.Site.LLDP; s != nil && s.Port != "" {
		return string(s.Name) + "\n" + string(s.Port)
	}
	return ""
}

func publicOf(r Report) string {
	if !r.Site.PublicIP.IsValid() {
		return ""
	}
	return r.Site.PublicIP.String()
}

// Words are the proposal as a question.
func (p Proposal) Words(l *words.Language, now Report) string {
	what := "" // "switch": the port; else the address
	switch p.Why {
	case "switch":
		what = socket(l, *now.Site.LLDP)
	case "router":
		what = string(now.Site.GatewayMAC)
	case "public":
		what = now.Site.PublicIP.String()
	}
	return l.Say("propose."+p.Why, "what", Line(what), "place", p.At.Words(l))
}
