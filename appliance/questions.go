package appliance

import (
	"reflect"
	"slices"
	"strconv"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
	"trunktester/appliance/verdict"
	"trunktester/probes"
	"trunktester/probes/facts"
)

// asks are the questions to a person that a finished run raises: a weakness or fault names their item of the guide, and
// an answer would change what the run says or what the next one may do.
func asks(in verdict.Input, said verdict.Verdict) []string {
	if !said.Final || said.Finding.Code == "" {
		return nil
	}
	first := verdict.Judge(in.Told(facts.Answers{})) // an answer that makes a cause smaller does not end the questions about it
	var raised []string
	for _, f := range slices.Concat([]catalogue.Finding{said.Finding, first.Finding}, said.Also, first.Also) {
		if f.Severity != catalogue.Green {
			raised = append(raised, f.Guide...)
		}
	}
	var names []string
	for _, q := range report.Questions() {
		if q.Name == "pbx_unplugged" {
			if portUntried(in.Facts) && slices.ContainsFunc(slices.Concat(said.Also, []catalogue.Finding{said.Finding}), unregistered) {
				names = append(names, q.Name)
			}
			continue
		}
		items := append([]string{q.Guide}, q.Raised...)
		if slices.ContainsFunc(items, func(item string) bool { return slices.Contains(raised, item) }) && matters(q, in) {
			names = append(names, q.Name)
		}
	}
	return names
}

// matters reports whether some answer to the question changes what is said.
func matters(q report.Question, in verdict.Input) bool {
	judge := func(answer string) ([]catalogue.Finding, bool) {
		told := in.Answers
		if err := q.Set(&told, answer); err != nil {
			return nil, false
		}
		v := verdict.Judge(in.Told(told))
		return append([]catalogue.Finding{v.Finding}, v.Also...), true
	}
	without, _ := judge("")
	return slices.ContainsFunc(tries(q, in), func(answer string) bool {
		with, ok := judge(answer)
		return ok && !reflect.DeepEqual(with, without)
	})
}

// portUntried reports whether a device that rewrites only what comes from the PBX's own port may still be there: the
// comparisons from other ports did not show it, and none was made from that port.
func portUntried(f facts.Facts) bool {
	return f.ALG != nil && f.ALG.Word != facts.ALGProved && f.ALG.Word != facts.ALGLikely && probes.ComparesUDP(f) && !probes.TriedPBXPort(*f.ALG)
}

// unregistered are the findings of a PBX that does not register though the box's own login works.
func unregistered(f catalogue.Finding) bool {
	return f.Severity != catalogue.Green && (f.Code == "5-1" || f.Code == "5-5" || f.Code == "5-7")
}

// tries are answers that may make a difference.
func tries(q report.Question, in verdict.Input) []string {
	switch q.Name {
	case "portal_port":
		return []string{"1", strconv.Itoa(in.Profile.Expect.Port)}
	case "portal_check_ip":
		all := []string{"192.0.2.1", in.Profile.Trunk.CheckIP.String()}
		if f := in.Facts.CheckIP; f != nil {
			all = append(all, f.Provider.String(), f.STUN.String())
		}
		return all
	}
	return q.Options
}

// forThisSocket are the answers that hold while the cable stays where it is.
func forThisSocket(a facts.Answers) facts.Answers {
	a.VoiceUsesThisLine, a.PBXUnplugged = nil, nil
	return a
}
