package verdict

import (
	"slices"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// lights says the verdict in the light language: one light counts, others stand steady, and what could
// not be tested is off.
func lights(in Input, v Verdict) catalogue.Row {
	var row catalogue.Row
	for n := 1; n <= len(row); n++ {
		row[n-1] = light(n, in, v)
	}
	return row
}

func light(n int, in Input, v Verdict) catalogue.Light {
	if f := v.Finding; f.Light == n {
		return catalogue.Light{State: catalogue.LightState(f.Severity), Counting: true, Flashes: int(f.Code[2] - '0'), Code: f.Code}
	}
	switch {
	case v.Finding.Severity != catalogue.Red && busy(n, in.Steps):
		return catalogue.Light{State: catalogue.LightTesting}
	case proved(n, in):
		return noticed(n, v, catalogue.LightGreen)
	case n == 1 && !v.Faulty: // never off, but where the whole row tells of the box
		return noticed(n, v, catalogue.LightTesting)
	}
	return noticed(n, v, catalogue.LightUntested)
}

// noticed shows what else was found on a light, else the given state. A finding that stops the trunk
// is only red where the light could be tested; before the end it may still be refuted.
func noticed(n int, v Verdict, otherwise catalogue.LightState) catalogue.Light {
	for _, f := range v.Also {
		if f.Light != n {
			continue
		}
		switch f.Severity {
		case catalogue.Red:
			if v.Final || v.Finding.Severity == catalogue.Red {
				return catalogue.Light{State: catalogue.LightRed, Code: f.Code}
			}
			return catalogue.Light{State: catalogue.LightTesting}
		case catalogue.Amber:
			return catalogue.Light{State: catalogue.LightAmber, Code: f.Code}
		}
	}
	return catalogue.Light{State: otherwise}
}

// busy reports whether a step that the light waits for has still to end.
func busy(n int, steps []facts.Step) bool {
	return slices.ContainsFunc(steps, func(s facts.Step) bool { return s.Light == n && !s.Done && !beside(s.ID) })
}

// beside names the steps that go on beside a light that is green already, and may turn it later: they
// listen for 2 s and 3 s for what is hardly ever there (design section 7), wait for a measurement, or ask by IPv6 what is
// information beside a trunk that is tested by IPv4.
func beside(id string) bool {
	return slices.Contains([]string{"conflict", "offers", "neighbour", "cable", "lan", "sip-ipv6"}, id) || lasting(id)
}

// lasting names the steps that take minutes: they can add a weakness, but refute nothing, so that the verdict
// does not wait for them.
func lasting(id string) bool { return id == "lifetime" }

// proved reports whether what the light asks was seen to be so. A SIP reply from the provider proves
// everything before it.
func proved(n int, in Input) bool {
	f := in.Facts
	switch n {
	case 1:
		return f.Link != nil && f.Link.Carrier && f.Address != nil && f.Address.Prefix.IsValid() && f.Gateway != nil && f.Gateway.MAC != "" || answeredAny(f) || internetAnswers(f)
	case 2:
		return internetAnswers(f) || answeredAny(f)
	case 3:
		return !noTrunk(in) && answered(f, trunk(in).Transport)
	case 4:
		if trunk(in).Auth == "ip" {
			return answeredAny(f) && f.CheckIP != nil && f.CheckIP.Provider == f.CheckIP.Portal || answeredAny(f) && f.CheckIP != nil && !f.CheckIP.Provider.IsValid() && f.CheckIP.STUN == f.CheckIP.Portal
		}
		return let(f)
	}
	if trunk(in).Auth == "ip" {
		return !noTrunk(in) && proved(4, in)
	}
	return let(f) && f.Bindings != nil && isRegistered(in)
}

// unproven is the first light whose question was not answered with yes, 0 when all were, and what the steps
// saw of it. What comes later depends on it.
func unproven(in Input) (light int, saw string) {
	last := 5
	if noTrunk(in) {
		last = 2
	}
	for n := 1; n <= last; n++ {
		if proved(n, in) {
			continue
		}
		why := blockers(n, in.Steps)
		for _, s := range in.Steps {
			if len(why) > 0 && s.Outcome == facts.NotRun {
				continue // it explains nothing more
			}
			if s.Light == n && s.Saw != "" && s.Outcome != facts.Passed && s.Outcome != facts.Blocked && !slices.Contains(why, s.Saw) {
				why = append(why, s.Saw)
			}
		}
		if len(why) == 0 {
			why = []string{words.Said("verdict.light-untested", "light", catalogue.LightNames()[n-1])}
		}
		return n, strings.Join(why, " ")
	}
	return 0, ""
}

// blockers is why the steps that those of a light need did not succeed.
func blockers(light int, steps []facts.Step) (why []string) {
	for _, s := range steps {
		if s.Light != light || s.Outcome != facts.Blocked {
			continue
		}
		for _, needed := range steps {
			if needed.ID == s.Blocker && needed.Outcome != facts.Passed && !slices.Contains(why, needed.Saw) {
				why = append(why, needed.Saw)
			}
		}
	}
	return why
}
