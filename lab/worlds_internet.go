package lab

import (
	"github.com/miekg/dns"

	"trunktester/lab/serve"
)

// cutOff is a world whose PBX cannot register either.
func cutOff(w *World) { w.PBX.Fails = true }

// internetWorlds are the faults of light 2.
func internetWorlds() []World {
	return []World{
		red("2-1", "no-internet", "behind the line's provider nothing answers; its resolver still does").with(cutOff, lights("gr---"),
			func(w *World) { w.Outside.Dead = true }),
		red("2-1", "line-dead", "the line carries nothing").with(cutOff, lights("gr---"),
			func(w *World) { w.Line = Line{Up: Way{Loss: 1}, Down: Way{Loss: 1}} }),
		red("2-1", "wan-unplugged", "the router's own cable to the line is out, and the router says so").with(lights("gr---"),
			func(w *World) { w.Home.UnplugWAN = true }),
		red("2-2", "dns-dead", "the router's resolver does not answer; public ones do").with(func(w *World) {
			w.Home.DNS = func(s *serve.DNSSettings) { s.Silent = true }
		}),
		red("2-2", "dns-servfail", "the router's resolver fails at every name; public ones do not").with(func(w *World) {
			w.Home.DNS = func(s *serve.DNSSettings) { s.Rcode = dns.RcodeServerFailure }
		}),
		red("2-3", "provider-name-unknown", "the domain in the file is mistyped and does not exist").with(lights("gr---"),
			filed(`trunk.domain = "sip.exmaple.net"`)),
		red("2-5", "captive-portal", "the router shows a login page in the place of every web page and drops the rest; it answers names").with(cutOff, lights("gr---"),
			says("http://"+RouterLAN+"/login"), caught(loginPage, web), firewall(Rule{Action: Drop})),
		red("2-5", "captive-portal-all", "a login page; the router takes secure web and names to itself as well and refuses the rest").with(cutOff, lights("gr---"),
			says("where nothing lives"), caught(loginPage, web, secureWeb, names, namesTCP), firewall(Rule{Action: AdminProhibited})),
		red("2-6", "provider-unreachable", "nothing at all comes from the provider, not even ping").with(cutOff, lights("gr---"),
			func(w *World) { w.Provider.Input = []Rule{{Action: Drop}} }),
		amber("2-7", "line-quality", "eight packets of a hundred are lost each way").with(lights("gaggg"), func(w *World) {
			w.Line = Line{Up: Way{Loss: 0.08}, Down: Way{Loss: 0.08}}
		}),
		good("web-filter", "the router shows its own page in the place of every web page; everything else passes").with(caught(filterPage, web)),
		good("check-page-down", "the server of the check page accepts connections and answers nothing").with(func(w *World) {
			w.Outside.Web = func(s *serve.WebSettings) { s.Silent = true }
		}),
		red("2-6", "web-filter-provider-unreachable", "the router shows its own page in the place of every web page, and nothing comes from the provider").with(cutOff, lights("gr---"),
			caught(filterPage, web), func(w *World) { w.Provider.Input = []Rule{{Action: Drop}} }),
	}
}

// caught has the router take connections to itself, and show this page.
func caught(page func(*serve.WebSettings), rules ...Rule) func(*World) {
	return func(w *World) { w.Home.Page, w.Home.Catch = page, rules }
}

var (
	web       = Rule{Proto: "tcp", Ports: []uint16{80}}
	secureWeb = Rule{Proto: "tcp", Ports: []uint16{443}}
	names     = Rule{Proto: "udp", Ports: []uint16{53}}
	namesTCP  = Rule{Proto: "tcp", Ports: []uint16{53}}
)

func loginPage(s *serve.WebSettings)  { s.Portal = "http://" + RouterLAN + "/login" }
func filterPage(s *serve.WebSettings) { s.Altered = true }
