package lab

import (
	"testing"

	"github.com/miekg/dns"
)

// ask gives the rcode and the number of answers; ok is false for silence.
func (v visitor) ask(server, name string, qtype uint16) (rcode, answers int, ok bool) {
	v.t.Helper()
	query := new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype)
	packed, err := query.Pack()
	if err != nil {
		v.t.Fatal(err)
	}
	wait := answerIn
	if v.l.World.Name == "dns-dead" || v.l.World.Outside.Dead || v.l.World.Line.Up.Loss == 1 {
		wait = silenceIn
	}
	reply, _, err := v.udp(server+":53", string(packed), wait)
	if err != nil {
		return 0, 0, false
	}
	answer := new(dns.Msg)
	if err := answer.Unpack([]byte(reply)); err != nil {
		v.t.Fatal(err)
	}
	return answer.Rcode, len(answer.Answer), true
}

func TestNames(t *testing.T) {
	type answer struct {
		rcode, answers int
		ok             bool
	}
	one, nothing, unknown := answer{dns.RcodeSuccess, 1, true}, answer{dns.RcodeSuccess, 0, true}, answer{dns.RcodeNameError, 0, true}
	for _, c := range []struct {
		world, server, name string
		qtype               uint16
		want                answer
	}{
		{"healthy", RouterLAN, Domain, dns.TypeA, one},
		{"healthy", "1.1.1.1", Domain, dns.TypeA, one},
		{"healthy", "9.9.9.9", "_sip._udp." + Domain, dns.TypeSRV, one},
		{"healthy", RouterLAN, "www.example.com", dns.TypeA, one},
		{"healthy", RouterLAN, "nowhere.invalid", dns.TypeA, unknown},
		{"provider-name-unknown", RouterLAN, "sip.exmaple.net", dns.TypeA, unknown},
		{"provider-name-unknown", "9.9.9.9", "sip.exmaple.net", dns.TypeA, unknown},
		{"srv-odd-port", RouterLAN, Domain, dns.TypeA, nothing},
		{"srv-odd-port", RouterLAN, "_sip._udp." + Domain, dns.TypeSRV, one},
		{"two-servers", RouterLAN, "_sip._udp." + Domain, dns.TypeSRV, answer{dns.RcodeSuccess, 2, true}},
		{"proxy", RouterLAN, "client42.example.net", dns.TypeA, unknown},
		{"dns-dead", RouterLAN, Domain, dns.TypeA, answer{}},
		{"dns-dead", "1.1.1.1", Domain, dns.TypeA, one},
		{"dns-servfail", RouterLAN, Domain, dns.TypeA, answer{dns.RcodeServerFailure, 0, true}},
		{"dns-servfail", "1.1.1.1", Domain, dns.TypeA, one},
		{"no-internet", RouterLAN, Domain, dns.TypeA, one},
		{"no-internet", "1.1.1.1", Domain, dns.TypeA, answer{}},
		{"voice-only", RouterLAN, Domain, dns.TypeA, one},
		{"line-dead", "1.1.1.1", Domain, dns.TypeA, answer{}},
		{"wan-unplugged", RouterLAN, Domain, dns.TypeA, answer{dns.RcodeServerFailure, 0, true}},
	} {
		t.Run(c.world+" "+c.server+" "+c.name, func(t *testing.T) {
			t.Parallel()
			var got answer
			got.rcode, got.answers, got.ok = visit(t, c.world).ask(c.server, c.name, c.qtype)
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
