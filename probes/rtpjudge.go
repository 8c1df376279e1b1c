package probes

import (
	"fmt"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

func (p RTP) result(found facts.RTP, failed []error) Result {
	r := Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.RTP = &found }}
	r.Evidence = append(r.Evidence, facts.Evidence{Kind: "control", Text: fmt.Sprintf("The reflector %s %s SIP over UDP.", found.Server,
		map[bool]string{true: "answers", false: "does not answer"}[found.SIP])})
	ports := map[facts.Answer][]string{}
	for i, port := range found.Ports {
		text := fmt.Sprintf("%d voice packets to port %d: %d came back", port.Sent, port.Port, port.Back)
		if failed[i] != nil {
			text += fmt.Sprintf(" (%v)", failed[i])
		}
		r.Evidence = append(r.Evidence, facts.Evidence{Kind: "probe", Text: text + "."})
		ports[port.Answer] = append(ports[port.Answer], fmt.Sprint(port.Port))
	}
	var saw []string
	for _, a := range []struct {
		answer facts.Answer
		key    string
	}{{facts.Answered, "saw.voice-back"}, {facts.Silent, "saw.voice-lost"}, {facts.Unreachable, "saw.voice-rejected"}, {facts.Refused, "saw.voice-closed"}, {facts.CouldNotAsk, "saw.voice-unsent"}} {
		if list := ports[a.answer]; list != nil {
			saw = append(saw, words.Said(a.key, "ports", strings.Join(list, ", ")))
		}
	}
	r.Saw = strings.Join(saw, " ")
	switch {
	case !found.Inside:
		r.Outcome = facts.NotRun
		r.Saw = words.Said("saw.rtp-outside", "server", found.Server, "what", r.Saw)
	case ports[facts.Silent] != nil || ports[facts.Unreachable] != nil:
		r.Outcome = facts.Failed
	case len(ports[facts.CouldNotAsk]) == len(found.Ports):
		r.Outcome = facts.Broken
	}
	return r
}
