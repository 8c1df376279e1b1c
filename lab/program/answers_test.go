package program_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"trunktester/appliance/report"
)

// A router that rewrites only what comes from port 5060 keeps the PBX out, and the box sees nothing of it, until a person
// has unplugged the PBX and says so: then the next run that a person asks for tests from there as well. The run after
// that one does not, since the PBX may be back.
func TestThePBXIsUnplugged(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "sip-alg-pbx-port")
	b.start(b.usual("appliance")...)
	const asked, fromThere = `name="pbx_unplugged"`, "from port 5060, which is the PBX's"
	first := b.finished("")
	if first.Verdict.Code != "5-1" || first.ALG != "not-seen" {
		t.Fatalf("%s, ALG %s: %s", first.Verdict.Code, first.ALG, first.Verdict.Text)
	}
	if page := b.get("/"); !strings.Contains(page, asked) {
		t.Error("nobody is asked whether the PBX is unplugged")
	}
	post := func(path string, form url.Values) {
		t.Helper()
		if a, err := b.ask("POST", "", path, form); err != nil || a.code != http.StatusSeeOther {
			t.Fatalf("%s: %d %v", path, a.code, err)
		}
	}
	post("/answers", url.Values{"pbx_unplugged": {"yes"}})
	fromPBXPort := func(r report.Report) bool {
		for _, q := range r.Requests {
			if strings.HasSuffix(q.Source, ":5060") {
				return true
			}
		}
		return false
	}
	if fromPBXPort(first) {
		t.Error("port 5060 was used before anybody said that it may be")
	}
	post("/run", nil)
	second := b.finished(first.ID)
	if second.Verdict.Code != "3-2" || second.Verdict.Severity != "red" || !strings.Contains(second.Verdict.Text, fromThere) || !strings.Contains(second.Verdict.Text, "From other ports nothing is changed.") {
		t.Errorf("%s %s: %s", second.Verdict.Code, second.Verdict.Severity, second.Verdict.Text)
	}
	if !fromPBXPort(second) || second.Answers.PBXUnplugged == nil {
		t.Error("the report does not tell that port 5060 was used, and why it might be")
	}
	if page := b.get("/"); strings.Contains(page, `name="pbx_unplugged" value="yes" checked`) {
		t.Error("the page believes that the PBX is still unplugged")
	}
}
