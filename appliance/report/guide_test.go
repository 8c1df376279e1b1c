package report

import (
	"strings"
	"testing"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// Every question takes its answers, tells them again, takes them back, and refuses what is none.
func TestQuestionsTakeTheirAnswers(t *testing.T) {
	typed := map[string][]string{"portal_port": {"5060"}, "portal_check_ip": {"203.0.113.2", "2001:db8::1"}}
	wrong := map[string][]string{"portal_port": {"0", "65536", "-1", "five", "5060 x"}, "portal_check_ip": {"203.0.113", "fe80::1%eth0", "sip.example.net"}}
	seen := map[string]bool{}
	for _, q := range Questions() {
		if seen[q.Name] {
			t.Errorf("%s twice", q.Name)
		}
		seen[q.Name] = true
		if len(q.Options) == 0 && len(typed[q.Name]) == 0 {
			t.Errorf("%s: nothing is tried", q.Name)
		}
		for _, answer := range append(q.Options, typed[q.Name]...) {
			var a facts.Answers
			if err := q.Set(&a, " "+answer+" "); err != nil || q.Answer(a) != answer || q.Said(words.InEnglish(), a) == "" {
				t.Errorf("%s: %q became %q, %v", q.Name, answer, q.Answer(a), err)
			}
			if text := Build(Input{Answers: a}).TextReport(words.InEnglish()); !strings.Contains(text, q.Text(words.InEnglish())+" "+q.Said(words.InEnglish(), a)) {
				t.Errorf("%s: the text does not tell it", q.Name)
			}
			if err := q.Set(&a, ""); err != nil || a != (facts.Answers{}) {
				t.Errorf("%s: not taken back: %+v %v", q.Name, a, err)
			}
		}
		for _, answer := range append(wrong[q.Name], "perhaps") {
			var a facts.Answers
			if err := q.Set(&a, answer); err == nil || a != (facts.Answers{}) {
				t.Errorf("%s takes %q", q.Name, answer)
			}
		}
	}
}
