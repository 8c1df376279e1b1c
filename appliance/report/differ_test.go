package report

import (
	"strings"
	"testing"
)

// shownAs writes differences as a reader sees them, what is marked in brackets.
func shownAs(all []difference) string {
	var b strings.Builder
	line := func(s side) {
		if s.None {
			b.WriteString("(none)")
		}
		for _, p := range s.Parts {
			if p.Other {
				b.WriteString("[" + p.Words + "]")
			} else {
				b.WriteString(p.Words)
			}
		}
	}
	for _, d := range all {
		b.WriteString(d.Name + ": ")
		line(d.Before)
		b.WriteString(" | ")
		line(d.After)
		b.WriteString("\n")
	}
	return b.String()
}

const (
	options = "OPTIONS sip:sip.example.net SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.20:40001;rport;branch=z9hG4bKa1\r\n" +
		"From: <sip:100@sip.example.net>;tag=f1\r\nTo: <sip:sip.example.net>\r\nCall-ID: c1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
	ok = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.168.1.20:40001;rport=40001;branch=z9hG4bKa1;received=192.168.1.20\r\n" +
		"From: <sip:100@sip.example.net>;tag=f1\r\nTo: <sip:sip.example.net>;tag=t1\r\nCall-ID: c1\r\nCSeq: 1 OPTIONS\r\nServer: a\r\nDate: Sat, 28 Nov 2026 21:10:37 GMT\r\nContent-Length: 0\r\n\r\n"
)

func TestEchoShowsWhatWasRewritten(t *testing.T) {
	for name, c := range map[string]struct{ sent, received, want string }{
		"a server adds received, rport and a tag, as it must": {options, ok, ""},
		"the answer repeats another Via": {options, strings.Replace(ok, "UDP 192.168.1.20:", "UDP 203.0.113.7:", 1),
			"Via: SIP/2.0/UDP [192.168.1.20]:40001;branch=z9hG4bKa1 | SIP/2.0/UDP [203.0.113.7]:40001;branch=z9hG4bKa1\n"},
		"the answer lost a header": {options, strings.Replace(ok, "Call-ID: c1\r\n", "", 1), "Call-ID: [c1] | (none)\n"},
		"as it arrived at the reflector": {options, strings.NewReplacer("192.168.1.20:40001", "203.0.113.7:1024", "Content-Length: 0\r\n", "Content-Length: 0\r\nX-Router: 1\r\n").Replace(options),
			"Via: SIP/2.0/UDP [192.168.1.20]:[40001];rport;branch=z9hG4bKa1 | SIP/2.0/UDP [203.0.113.7]:[1024];rport;branch=z9hG4bKa1\nX-Router: (none) | [1]\n"},
		"the same twice":    {options, options, ""},
		"no SIP":            {"GET http://192.0.32.80/", "204 No Content", ""},
		"nothing came back": {options, "", ""},
		"two Via headers pair in their order": {strings.Replace(options, "From:", "Via: SIP/2.0/UDP b\r\nFrom:", 1),
			strings.Replace(options, "From:", "Via: SIP/2.0/UDP c\r\nFrom:", 1), "Via: SIP/2.0/UDP [b] | SIP/2.0/UDP [c]\n"},
	} {
		if got := shownAs(echo(c.sent, c.received)); got != c.want {
			t.Errorf("%s:\n%swant\n%s", name, got, c.want)
		}
	}
}

// What is drawn for each message is another in probe and control anyway, and is not marked.
func TestProbeAgainstControl(t *testing.T) {
	control := strings.NewReplacer("192.168.1.20:40001", "probe.invalid:40001", "received=192.168.1.20", "received=203.0.113.7",
		"z9hG4bKa1", "z9hG4bKb2", "tag=f1", "tag=f2", "tag=t1", "tag=t2", "Call-ID: c1", "Call-ID: c2", "21:10:37", "21:10:38").Replace(ok)
	want := "Via: SIP/2.0/UDP [192.168.1.20]:40001;rport=40001;branch=…;received=[192.168.1.20] | SIP/2.0/UDP [probe.invalid]:40001;rport=40001;branch=…;received=[203.0.113.7]\n"
	if got := shownAs(against(ok, control)); got != want {
		t.Errorf("%swant\n%s", got, want)
	}
	if got := against(ok, options); got != nil {
		t.Errorf("an answer was compared with a request: %s", shownAs(got))
	}
	refused := strings.Replace(ok, "200 OK", "403 Forbidden", 1)
	if got := shownAs(against(refused, ok)); got != ": SIP/2.0 [403] [Forbidden] | SIP/2.0 [200] [OK]\n" {
		t.Errorf("the first line: %s", got)
	}
}

// Whatever the network sends is compared in bounded time, and the pieces are the value again.
func FuzzApart(f *testing.F) {
	f.Add(options, ok)
	f.Add(strings.Repeat(";", 300), "Via: "+strings.Repeat("a;", 300))
	f.Fuzz(func(t *testing.T, a, b string) {
		echo(a, b)
		against(a, b)
		one, other, same := apart(a, b, nil)
		if same != (a == b) {
			t.Fatalf("%q and %q: same is %v", a, b, same)
		}
		for _, c := range []struct {
			parts []part
			want  string
		}{{one, a}, {other, b}} {
			got := ""
			for _, p := range c.parts {
				got += p.Words
			}
			if !same && got != c.want {
				t.Fatalf("%q became %q", c.want, got)
			}
		}
	})
}
