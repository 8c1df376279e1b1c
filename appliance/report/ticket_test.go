package report

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"trunktester/appliance/catalogue/words"
)

// A helpdesk agent who has never seen the box opens the ticket. The report is one of the lab's, of a box whose file
// has a wrong password; what its passed tests sent and received was left out of the file.
func TestTheTicketOfAWrongPassword(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "wrong-login.json"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	text := r.TextReport(words.InEnglish(), "http://192.168.50.100/")
	golden(t, filepath.Join("testdata", "wrong-login.txt"), []byte(text))
	lines := strings.Split(text, "\n")
	for _, first := range []string{"VERDICT 4-2 (red): The username or password is wrong", "What to do: Compare the username with the portal", "Who acts:   the reseller"} {
		if !slices.ContainsFunc(lines[:5], func(l string) bool { return strings.HasPrefix(l, first) }) {
			t.Errorf("the first five lines do not say %q", first)
		}
	}
	if len(lines) > 220 {
		t.Errorf("nobody reads %d lines", len(lines))
	}
}

// What a passed test sent and received is not in the ticket, what a failed one did is; padding is cut.
func TestTheTicketQuotesWhatFailed(t *testing.T) {
	in := sample()
	var failed, passed int
	for i := range in.Steps {
		for j := range in.Steps[i].Evidence {
			e := &in.Steps[i].Evidence[j]
			if e.Sent = "FAILED " + strings.Repeat("x", 2*longest); in.Steps[i].Outcome == "passed" {
				e.Sent = "PASSED"
				passed++
			} else {
				failed++
			}
		}
	}
	text := Build(in).TextReport(words.InEnglish())
	if failed == 0 || passed == 0 {
		t.Fatalf("the sample has %d pieces of evidence of failed tests, and %d of passed ones", failed, passed)
	}
	if strings.Contains(text, "PASSED") || !strings.Contains(text, "> FAILED xxx") || !strings.Contains(text, "(807 bytes in all)") {
		t.Error(text)
	}
}
