package verdict

import (
	"testing"
	"time"

	"trunktester/probes/facts"
)

// page: what came in the check page's place.
func page(p facts.Portal) func(*site) {
	return func(s *site) {
		p.Page = "http://check.example.net/"
		if p.Status != 0 {
			p.Answer = facts.Answered
		}
		s.Facts.Portal = &p
	}
}

var (
	loginPage   = page(facts.Portal{Status: 302, Location: "http://192.168.1.1/login", Caught: facts.Silent})
	catchesAll  = page(facts.Portal{Status: 302, Location: "http://192.168.1.1/login", Caught: facts.Answered})
	filtersPage = page(facts.Portal{Status: 200, Body: true, Caught: facts.Silent})
)

// silentQuality: the long series of pings to far hosts brought nothing.
func silentQuality(s *site) {
	for i := range s.Facts.Quality.Far {
		s.Facts.Quality.Far[i] = facts.Echo{Addr: s.Facts.Quality.Far[i].Addr, Sent: 48}
	}
}

// onlyWay: the targets answer in one way alone; the others stayed silent.
func onlyWay(open func(*facts.InternetTarget)) func(*site) {
	return func(s *site) {
		s.with(silentOutside)
		for i := range s.Facts.Internet.Targets {
			open(&s.Facts.Internet.Targets[i])
		}
	}
}

func byDNS(t *facts.InternetTarget)  { t.DNS = facts.Answered }
func byTCP(t *facts.InternetTarget)  { t.TCP = facts.Answered }
func byPing(t *facts.InternetTarget) { t.ICMP = facts.Answered }

func TestPortalTickets(t *testing.T) {
	dead := []func(*site){noPing, silentQuality, silentSIP("udp", "tcp", "tls")}
	behind := func(more ...func(*site)) *site { return healthy().with(silentOutside).with(dead...).with(more...) }
	judgeAll(t, []ticket{
		{"a hotel's login page, nothing else passes", behind(loginPage), "2-5 red", "", "gR---"},
		{"a login page, and all SIP is taken to a server of the router's, that of other SIP hosts as well", healthy().with(silentOutside, noPing, silentQuality, loginPage, catches(2, "Router"),
			answeredAs("udp", "Router", time.Millisecond), silentSIP("tcp", "tls"), refusedBefore(404, "Not Found"), control(true)), "2-5 red", "3-9 red", "gRr--"},
		{"a login page that leaves names open", behind(onlyWay(byDNS), loginPage), "2-5 red", "", "gR---"},
		{"a login page that wants a login by status 511", behind(page(facts.Portal{Status: 511})), "2-5 red", "", "gR---"},
		{"a login page that takes every connection itself", behind(onlyWay(byTCP), catchesAll), "2-5 red", "", "gR---"},
		{"a login page that refuses SIP by ICMP", behind(loginPage, refusedBy("192.168.1.1", 13)), "2-5 red", "", "gR---"},
		{"a login page, and every name leads to it", behind(onlyWay(byDNS), loginPage, from(3), func(s *site) {
			s.Facts.Name = &facts.Name{Asked: "sip.example.net", Answers: []facts.NameAnswer{nameAnswer("192.168.1.1", "NXDOMAIN")},
				Public: []facts.NameAnswer{nameAnswer("1.1.1.1", "NOERROR", "198.51.100.5")}}
		}), "2-5 red", "", "gR---"},

		{"a web filter on a good line", healthy().with(filtersPage), "ok green", "2-5 green", "ggggg"},
		{"a web filter on a voice-only line", healthy().with(silentOutside, filtersPage), "2-1 amber", "2-5 green", "gAggg"},
		{"a web filter on a voice-only line, and SIP is all that gets out", healthy().with(silentOutside, noPing, silentQuality, filtersPage), "2-1 amber", "2-5 green", "gAggg"},
		{"a redirected page, but the provider answers ping", behind(loginPage, func(s *site) { s.Facts.Ping.Targets[0].Back = 5 }), "3-1 red", "2-1 amber 2-5 green", "gaR--"},
		{"a web filter, and the provider is dead", healthy().with(filtersPage, noPing, silentSIP("udp", "tcp", "tls")), "2-6 red", "2-5 green", "gR---"},
		{"a web filter, and a firewall that blocks SIP and ping", behind(onlyWay(byTCP), filtersPage), "2-6 red", "2-5 green", "gR---"},
		{"a redirected page, but ping gets out", behind(onlyWay(byPing), loginPage), "2-6 red", "2-5 green", "gR---"},
		{"a redirected page, no ping, but a SIP host elsewhere answers", behind(onlyWay(byDNS), loginPage, control(true)), "2-6 red", "2-5 green", "gR---"},
		{"nobody waited for the pings", healthy().with(onlyWay(func(t *facts.InternetTarget) { t.ICMP, t.TCP, t.DNS = facts.Unasked, facts.Unasked, facts.Answered }),
			noPing, silentSIP("udp", "tcp", "tls"), loginPage, func(s *site) { s.Facts.Quality = nil }), "2-6 red", "2-5 green", "gR---"},
		{"the check page's own server is down", healthy().with(page(facts.Portal{Answer: facts.Silent})), "ok green", "", "ggggg"},
		{"the check page's own server has an error", healthy().with(page(facts.Portal{Status: 503, Body: true})), "ok green", "", "ggggg"},
		{"the check page has moved to HTTPS", behind(page(facts.Portal{Status: 301})), "2-1 red", "", "gR---"},
		{"no internet, so the check page does not come either", behind(page(facts.Portal{Answer: facts.Silent})), "2-1 red", "", "gR---"},
	})
}
