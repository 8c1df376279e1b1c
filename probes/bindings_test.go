package probes

import (
	"strings"
	"testing"
	"time"

	"trunktester/probes/facts"
)

// listed is a login whose answer has such lines.
func listed(login facts.Login, lines ...string) *facts.Login {
	login.Exchanges = []facts.Exchange{{Received: "SIP/2.0 401 Unauthorized\r\n\r\n"}, {Received: "SIP/2.0 200 OK\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"}}
	return &login
}

func TestWhoIsRegistered(t *testing.T) {
	const pbx = "sip:u@192.168.1.50:5060"
	accepted, open := facts.Login{Accepted: true}, facts.Login{Open: true}
	for ticket, c := range map[string]struct {
		login   *facts.Login
		outcome facts.Outcome
		want    string // of the first entry
	}{
		"no login was tried":       {nil, facts.NotRun, ""},
		"the login was refused":    {listed(facts.Login{}, "Contact: <"+pbx+">"), facts.NotRun, ""},
		"nobody is registered":     {listed(accepted), facts.Failed, ""},
		"the PBX is":               {listed(accepted, "Contact: <"+pbx+">"), facts.Passed, "Registered: " + pbx + "."},
		"the trunk asks for none":  {listed(open, "Contact: <"+pbx+">"), facts.Passed, "Registered: " + pbx + "."},
		"where it came from":       {listed(accepted, "Contact: <"+pbx+`>;received="sip:203.0.113.2:1024"`), facts.Passed, "Registered: " + pbx + ". It is seen from 203.0.113.2:1024."},
		"the same without sip:":    {listed(accepted, "Contact: <"+pbx+`>;received="203.0.113.2:1024"`), facts.Passed, "Registered: " + pbx + ". It is seen from 203.0.113.2:1024."},
		"for how long":             {listed(accepted, "Contact: <"+pbx+">;expires=60", "Expires: 3600"), facts.Passed, "Registered: " + pbx + ". It lasts for another " + facts.Duration(time.Minute).String() + "."},
		"for how long, for all":    {listed(accepted, "Contact: <"+pbx+">", "Expires: 60"), facts.Passed, "Registered: " + pbx + ". It lasts for another " + facts.Duration(time.Minute).String() + "."},
		"a time that is no number": {listed(accepted, "Contact: <"+pbx+">;expires=soon"), facts.Passed, "Registered: " + pbx + "."},
		"by which device":          {listed(accepted, "Contact: <"+pbx+`>;user_agent="Example PBX"`), facts.Passed, "Registered: " + pbx + ". It was made by Example PBX."},
	} {
		r := Bindings{}.Look(t.Context(), facts.Facts{Login: c.login})
		if r.Outcome != c.outcome || c.want != "" && r.Saw != c.want || (r.File == nil) != (c.outcome == facts.NotRun) {
			t.Errorf("%s: %s: %s", ticket, r.Outcome, r.Saw)
		}
	}
}

// A provider may accept the credentials and refuse the question: that is no refused login.
func TestTheQuestionWasRefused(t *testing.T) {
	for ticket, c := range map[string]struct {
		reply   *facts.Reply
		refused bool
	}{
		"silence":                             {nil, false},
		"400 Missing Contact":                 {&facts.Reply{Code: 400, Reason: "Missing Contact"}, true},
		"423 Interval Too Brief":              {&facts.Reply{Code: 423}, true},
		"500 Server Internal Error":           {&facts.Reply{Code: 500}, true},
		"503 Service Unavailable":             {&facts.Reply{Code: 503}, false},
		"403 Query not supported":             {&facts.Reply{Code: 403, Reason: "Query not supported"}, true},
		"403 Account barred":                  {&facts.Reply{Code: 403, Reason: "Account barred"}, false},
		"401, though it speaks of a contact":  {&facts.Reply{Code: 401, Reason: "Missing Contact"}, false},
		"404 Not Found":                       {&facts.Reply{Code: 404}, false},
		"603, which is no error of its own":   {&facts.Reply{Code: 603}, false},
		"480, which ends in no five hundreds": {&facts.Reply{Code: 480}, false},
	} {
		var known facts.Facts
		r := Bindings{}.Look(t.Context(), facts.Facts{Login: &facts.Login{Reply: c.reply}})
		if r.File != nil {
			r.File(&known)
		}
		if r.Outcome != facts.NotRun || (known.Bindings != nil) != c.refused || c.refused && known.Bindings.NotShown == "" {
			t.Errorf("%s: %s: %s", ticket, r.Outcome, r.Saw)
		}
	}
}
