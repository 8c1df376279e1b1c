package verdict

import (
	"strings"
	"testing"

	"trunktester/appliance/catalogue"
)

// saying is a ticket about what is said beside the code: in the verdict, or in what else was noticed.
type saying struct {
	ticket string
	site   *site
	code   string // of the finding
	says   string // a piece of its text, its advice or who must act
	never  string // a piece that must not stand there; "" for none
}

func hearAll(t *testing.T, table []saying) {
	t.Helper()
	for _, c := range table {
		t.Run(c.ticket, func(t *testing.T) {
			v := Judge(c.site.Input)
			spoken(t, append([]catalogue.Finding{v.Finding}, v.Also...)...)
			for _, f := range append([]catalogue.Finding{v.Finding}, v.Also...) {
				if f.Code == c.code {
					hear(t, f, c.says, c.never)
					return
				}
			}
			t.Errorf("%s is not found, but %s: %s", c.code, v.Finding.Code, v.Finding.Text)
		})
	}
}

func hear(t *testing.T, f catalogue.Finding, says, never string) {
	t.Helper()
	said := f.Text + " | " + f.Advice + " |"
	for _, a := range f.Acts {
		said += " " + string(a)
	}
	if !strings.Contains(said, says) {
		t.Errorf("%q is not said: %s", says, said)
	}
	if never != "" && strings.Contains(said, never) {
		t.Errorf("%q is said: %s", never, said)
	}
}
