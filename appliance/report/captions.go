package report

import (
	"regexp"
	"strings"

	"trunktester/appliance/catalogue/words"
)

// Caption is what a file of the run's packets says of itself: the run, and its verdict.
func (r Report) Caption() string {
	caption := "trunktester run " + r.ID
	if v := r.Verdict; v.Code != "" {
		caption += ", verdict " + v.Code + " (" + string(v.Severity) + "): " + Line(v.Title) + ". " + Line(v.Text)
	}
	return caption
}

// callID is the header of a SIP message that was sent by us (RFC 3261 section 20.8).
var callID = regexp.MustCompile(`(?m)^Call-ID: (\S+)`)

// Captions are what stands beside the packets of each SIP request of ours and its answers, by Call-ID: the step that
// sent it, and what it was for.
func (r Report) Captions() map[string]string {
	all := map[string]string{}
	for _, s := range r.Steps {
		for _, e := range s.Evidence {
			id := callID.FindStringSubmatch(e.Sent)
			if id == nil {
				continue
			}
			caption := Line(Title(words.InEnglish(), s.ID) + ", " + e.Kind + ": " + e.Text)
			if before := all[id[1]]; before != "" && !strings.Contains(before, caption) { // a control serves several probes
				caption = before + " / " + caption
			}
			all[id[1]] = caption
		}
	}
	return all
}
