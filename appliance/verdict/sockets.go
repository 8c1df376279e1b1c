package verdict

import (
	"cmp"
	"slices"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

// This file compares what was seen at several sockets of one site (guide 1.2 to 1.4).

// Socket is one where the box was plugged in, and what its last run there saw.
type Socket struct {
	Name    string // as in the report's position
	Facts   facts.Facts
	Steps   []facts.Step
	Answers facts.Answers
	Here    bool // this is the run that is judged
	Undated bool // nobody knows how long before that it was
}

// Told is the same input with other answers of a person.
func (in Input) Told(a facts.Answers) Input {
	in.Answers, in.Sockets = a, slices.Clone(in.Sockets)
	for i := range in.Sockets {
		if in.Sockets[i].Here {
			in.Sockets[i].Answers = a
		}
	}
	return in
}

// Apart is a fault that was seen at one socket and proved absent at another that is nearer to the line, with nothing known
// of any socket in between.
type Apart struct {
	Code      string
	Near, Far string // names of the sockets: absent at Near, seen at Far
	Undated   bool   // see Socket
}

// Compare finds the faults that lie between two sockets, which stand in order from the line inwards; the worst first, then
// by code. Nothing is said of a fault that comes and goes: one that was seen at a socket and not at one further in.
// Nothing is said of two sockets that use different lines.
func Compare(p *profile.Profile, sockets []Socket) []Apart {
	seen := make([]map[string]catalogue.Kind, len(sockets))
	kinds := map[string]catalogue.Kind{}
	for i, s := range sockets {
		seen[i] = map[string]catalogue.Kind{}
		for _, c := range judged(s.input(p)) {
			seen[i][c.code] = c.kind
			if old, ok := kinds[c.code]; !ok || rank(c.kind) < rank(old) {
				kinds[c.code] = c.kind
			}
		}
	}
	var found []Apart
	for code := range kinds {
		far := slices.IndexFunc(seen, func(at map[string]catalogue.Kind) bool { k, ok := at[code]; return ok && k != catalogue.Tells })
		if far < 1 {
			continue
		}
		absent := func(i int) bool {
			_, said := seen[i][code]
			return !said && sockets[i].refutes(p, code, sockets[far].Facts)
		}
		near := -1
		comes := false
		for i := range sockets {
			switch {
			case i < far && absent(i):
				near = i
			case i > far:
				_, said := seen[i][code]
				comes = comes || !said && absent(i)
			}
		}
		if near < 0 || comes || otherLine(sockets[near].Facts, sockets[far].Facts) {
			continue
		}
		found = append(found, Apart{code, sockets[near].Name, sockets[far].Name, sockets[near].Undated || sockets[far].Undated})
	}
	slices.SortFunc(found, func(a, b Apart) int {
		return cmp.Or(cmp.Compare(rank(kinds[a.Code]), rank(kinds[b.Code])), cmp.Compare(a.Code, b.Code))
	})
	return found
}

func (s Socket) input(p *profile.Profile) Input {
	return Input{Profile: p, Facts: s.Facts, Steps: s.Steps, Answers: s.Answers}
}

// otherLine reports whether the two went out by different lines: then what is between them is not to blame.
func otherLine(a, b facts.Facts) bool {
	return a.Public != nil && b.Public != nil && a.Public.Addr.IsValid() && b.Public.Addr.IsValid() && a.Public.Addr != b.Public.Addr
}

// refutes reports whether the run proves that a fault is not there: what would have shown it was looked at to the end,
// and was well. Of a code that no run can prove absent, or that does not depend on the socket, it says no. far is what
// was seen where the fault is.
func (s Socket) refutes(p *profile.Profile, code string, far facts.Facts) bool {
	f, in := s.Facts, s.input(p)
	switch code {
	case "1-1":
		return s.passed("link")
	case "1-2", "1-4", "1-8":
		return s.passed("address")
	case "1-3":
		return s.passed("gateway")
	case "1-5":
		return s.passed("offers")
	case "1-7":
		return s.passed("link", "cable")
	case "1-9":
		return s.passed("lan") && f.LAN != nil && f.LAN.Sent >= lanTrips && !starved(f.LAN.Late)
	case "2-1":
		return internetAnswers(f)
	case "2-2":
		return s.passed("resolver")
	case "2-3", "2-4":
		return s.passed("name", "witness")
	case "2-5":
		return s.passed("portal")
	case "2-6":
		return providerAlive(f)
	case "2-7":
		return judgedWell(f)
	case "2-8":
		return s.passed("mtu")
	case "3-1":
		return answeredAny(f)
	case "3-2":
		return unrewritten(f, far)
	case "3-3":
		return answered(f, "udp")
	case "3-4":
		return trunk(in).Transport != "udp" && answered(f, trunk(in).Transport)
	case "3-5":
		return s.passed("fragments")
	case "3-8":
		return s.passed("rtp")
	case "3-9":
		return s.passed("intercept")
	}
	return false
}

func (s Socket) passed(ids ...string) bool {
	for _, id := range ids {
		if !slices.ContainsFunc(s.Steps, func(step facts.Step) bool { return step.ID == id && step.Outcome == facts.Passed }) {
			return false
		}
	}
	return true
}

// judgedWell reports whether the line was measured long enough, by a box that had the time for it, and was good.
func judgedWell(f facts.Facts) bool {
	q := f.Quality
	if q == nil || starved(q.Late) || nearLoss(f) {
		return false
	}
	far := slices.DeleteFunc(slices.Clone(q.Far), func(e facts.Echo) bool { return e.Back == 0 || e.Sent < qualityProbes })
	return len(far) > 0 && !slices.ContainsFunc(far, func(e facts.Echo) bool { return weak(e) != "" })
}

// unrewritten reports whether every comparison that proved a rewriting device at the far socket was made here too, and
// was clean.
func unrewritten(f, far facts.Facts) bool {
	if f.ALG == nil || far.ALG == nil || far.ALG.Word != facts.ALGProved {
		return false
	}
	if f.ALG.Word == facts.ALGRuledOut {
		return true
	}
	proved := 0
	for _, p := range far.ALG.Proofs {
		if p.Result != "proof" {
			continue
		}
		proved++
		if !slices.ContainsFunc(f.ALG.Proofs, func(c facts.Proof) bool { return c.ID == p.ID && c.Result == "clean" }) {
			return false
		}
	}
	return proved > 0
}

// placed lets the comparison speak: a fault that is seen here, and is proved absent nearer to the line, lies between the
// two sockets. That is where to look, and nobody outside of the site has to act. How long ago the other run was must be known for
// that; else it is only told.
func placed(found []candidate, apart []Apart) []candidate {
	for i, c := range found {
		at := slices.IndexFunc(apart, func(a Apart) bool { return a.Code == c.code })
		if at < 0 || c.kind == catalogue.Tells {
			continue
		}
		a := apart[at]
		found[i].text += " " + words.InEnglish().Say("apart.here", "near", socketName(a.Near), "far", socketName(a.Far))
		if a.Undated {
			found[i].text += " " + words.InEnglish().Say("apart.undated")
			continue
		}
		if c.code == "3-2" { // the device that stands at the router's place, seen from here, is not the line's router
			found[i].advice, found[i].title, found[i].hint = "apart-alg", "", ""
		} else if !ownAdvice(c.code) {
			found[i].advice = "apart"
		}
		found[i].acts = []catalogue.Actor{catalogue.IT}
	}
	return found
}

// ownAdvice tells the codes whose own advice is better than to look at what lies between.
func ownAdvice(code string) bool {
	return slices.Contains([]string{"1-5", "1-7", "1-8", "2-2", "2-3", "2-4", "2-5", "3-9"}, code)
}

// further tells of faults that begin further in: the run that is judged did not see them. "" without any.
func further(in Input, apart []Apart) string {
	here := slices.IndexFunc(in.Sockets, func(s Socket) bool { return s.Here })
	text := ""
	for _, a := range apart {
		far := slices.IndexFunc(in.Sockets, func(s Socket) bool { return s.Name == a.Far })
		if here >= 0 && here < far {
			cause, _ := catalogue.Find(a.Code)
			text += " " + words.InEnglish().Say("apart.further", "near", socketName(a.Near), "far", socketName(a.Far), "code", a.Code, "title", cause.Title)
		}
	}
	return text
}

func socketName(name string) string { return words.InEnglish().Say("position." + name) }
