package lab

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
)

// drawnName starts the name of a world that was drawn: drawn-17 is that of seed 17.
const drawnName = "drawn-"

// Draw makes a world by chance: what varies between customers, and none, one or two faults. The same
// seed draws the same world. What the box must say stands in the table of drawn faults, written by hand.
func Draw(seed uint64) World {
	chance := rand.New(rand.NewPCG(seed, 0))
	s := plain(drawnName + strconv.FormatUint(seed, 10))
	for _, choices := range []([]variation){routerKinds(), transports(), nameShapes(), delays()} {
		s.vary(choices[chance.IntN(len(choices))])
	}
	habits := providerHabits()
	for range chance.IntN(3) {
		i := chance.IntN(len(habits))
		s.vary(habits[i])
		habits = slices.Delete(habits, i, i+1)
	}
	s.faults(chance, chance.IntN(3))
	return s.drawn()
}

// drawn is the world of a name that starts with drawnName.
func drawn(name string) (World, bool) {
	number, ok := strings.CutPrefix(name, drawnName)
	if !ok {
		return World{}, false
	}
	seed, err := strconv.ParseUint(number, 10, 64)
	return Draw(seed), err == nil
}

// sketch is a world while it is drawn.
type sketch struct {
	World
	transport string
	settings  []string // changes of the usual trunk.toml
	words     []string // what was chosen
}

// plain is the usual world, with nothing wrong.
func plain(name string) sketch {
	return sketch{World: World{Name: name, Code: "ok", Severity: catalogue.Green}, transport: "udp"}
}

// drawn is the finished world.
func (s sketch) drawn() World {
	s.About = strings.Join(s.words, "; ")
	s.File = file(s.settings...)
	return s.World
}

// variation is one way in which customers or providers differ without anything being wrong.
type variation struct {
	name  string // unique, short
	words string
	apply func(*sketch)
}

func (s *sketch) vary(v variation) {
	if v.apply == nil {
		return
	}
	v.apply(s)
	s.words = append(s.words, v.words)
}

// faults puts up to n faults into the world, of different lights but for those of together, and writes down what must be said.
func (s *sketch) faults(chance *rand.Rand, n int) {
	var chosen []drawnFault
	all := drawnFaults()
	order := chance.Perm(len(all))
	if chance.IntN(pairedOneIn) == 0 && n == 2 {
		order = slices.Concat(paired(chance, *s, all), order)
	}
	for _, i := range order {
		f := all[i]
		if len(chosen) == n {
			break
		}
		apart := slices.ContainsFunc(chosen, func(other drawnFault) bool {
			_, both := together(f, other)
			return other.light() == f.light() && !both || keptApart(f, other)
		})
		if apart || f.slow || f.whyNot(*s) != "" {
			continue
		}
		chosen = append(chosen, f)
	}
	slices.SortFunc(chosen, func(a, b drawnFault) int { return strings.Compare(a.code, b.code) })
	for _, f := range chosen {
		f.apply(s)
		s.words = append(s.words, f.words)
	}
	s.wanted(chosen)
	if len(chosen) == 0 {
		s.words = append(s.words, "nothing is wrong")
	}
}

// wanted is the rule for two faults at once: the first that stops registration is the verdict; without one the first
// weakness is. A weakness before the verdict's light must be told beside it; what comes after a broken light cannot be seen.
func (s *sketch) wanted(chosen []drawnFault) {
	if len(chosen) == 2 {
		if answer, both := together(chosen[0], chosen[1]); both {
			s.Code, s.Severity, s.Also = answer.code, catalogue.Red, answer.also
			return
		}
	}
	verdict := drawnFault{code: "ok", severity: catalogue.Green}
	faults := slices.DeleteFunc(slices.Clone(chosen), func(f drawnFault) bool { return f.told })
	if len(faults) > 0 {
		verdict = faults[0]
	}
	if i := slices.IndexFunc(faults, func(f drawnFault) bool { return f.severity == catalogue.Red }); i >= 0 {
		verdict = faults[i]
	}
	s.Code, s.Severity, s.OrGreen = verdict.code, verdict.severity, verdict.orGreen && len(faults) == 1
	for _, f := range chosen {
		hidden := slices.Contains(f.hiddenBy, verdict.code)
		if f.told && !hidden && (verdict.severity != catalogue.Red || f.code < verdict.code) {
			s.Also = append(s.Also, f.code)
		}
		if f.code != verdict.code && f.severity == catalogue.Amber && !f.orGreen && !hidden && (verdict.severity == catalogue.Amber || f.code < verdict.code) {
			s.Also = append(s.Also, f.code)
		}
	}
	if len(chosen) == 2 && chosen[0].code == "2-6" && chosen[1].code == "3-1" {
		s.Code = "3-1" // the router that ends SIP is seen, and two independent hosts are silent as well; the provider's silence proves nothing
	}
	if len(chosen) == 2 && chosen[0].code == "3-2" && !chosen[0].told && chosen[1].code == "5-1" { // rule 4 of the catalogue
		s.Code, s.Severity, s.Also = "3-2", catalogue.Red, []string{"5-1"}
	}
}

// block drops packets to the provider's SIP ports at the router.
func (s *sketch) block(proto string, action Action) {
	s.Home.Forward = append(s.Home.Forward, Rule{Proto: proto, Ports: append(sipPorts(), oddPort), Action: action})
}

// with chains two switches of one server.
func with[T any](first, then func(*T)) func(*T) {
	return func(v *T) {
		if first != nil {
			first(v)
		}
		then(v)
	}
}

func (s *sketch) set(settings ...string) { s.settings = append(s.settings, settings...) }

// delay is a way of half that round trip.
func delay(roundTrip time.Duration) Line {
	return Line{Up: Way{Delay: roundTrip / 2}, Down: Way{Delay: roundTrip / 2}}
}

func zone(format string, v ...any) func(*sketch) {
	return func(s *sketch) { s.Provider.Zone = fmt.Sprintf(format, v...) }
}
