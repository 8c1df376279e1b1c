package lab

import (
	"time"

	"trunktester/lab/serve"
)

// oddPort is where a provider serves SIP that does not use 5060.
const oddPort = 5070

// routerKinds are the routers that customers have.
func routerKinds() []variation {
	return []variation{
		{}, {},
		{"symmetric", "a router that takes another port for every destination", func(s *sketch) { s.Home.NAT = NATSymmetric }},
		{"routed", "a routed line", func(s *sketch) { s.Home.NAT = NATNone }},
		{"bridged", "the modem is a bridge, and all hosts have public addresses", func(s *sketch) { s.Home.NAT, s.Home.Public = NATNone, true }},
		{"carrier", "the line's provider translates once more", func(s *sketch) { s.Home.Carrier = true }},
		{"second", "the site's own second router translates once more", func(s *sketch) { s.Home.Second = true }},
		{"no-ping", "the router drops ping", func(s *sketch) { s.Home.NoPing = true }},
	}
}

// transports are those of the trunk.
func transports() []variation {
	return []variation{
		{}, {},
		{"tcp", "a TCP trunk", func(s *sketch) {
			s.transport, s.PBX.Transport = "tcp", "tcp"
			s.set(`trunk.transport = "tcp"`)
		}},
		{"tls", "a TLS trunk", func(s *sketch) {
			s.transport, s.PBX.Transport = "tls", "tls"
			s.set(`trunk.transport = "tls"`, privateCA)
		}},
	}
}

// nameShapes are the ways in which providers publish their servers.
func nameShapes() []variation {
	return []variation{
		{}, {},
		{"two-servers", "two servers", zone(`
a.sip              A     %[1]s
b.sip              A     %[2]s
_sip._udp.sip      SRV   10 10 5060 a.sip
_sip._udp.sip      SRV   20 10 5060 b.sip
_sip._tcp.sip      SRV   10 10 5060 a.sip
_sip._tcp.sip      SRV   20 10 5060 b.sip
_sips._tcp.sip     SRV   10 10 5061 a.sip
_sips._tcp.sip     SRV   20 10 5061 b.sip
`, Provider1, Provider2)},
		{"port-5070", "SIP on port 5070", func(s *sketch) {
			oddPorts(&s.World)
		}},
		{"proxy", "an outbound proxy", func(s *sketch) {
			s.set(`trunk.domain = "client42.example.net"`, `trunk.proxy = "`+Domain+`"`)
			s.PBX.Settings = with(s.PBX.Settings, func(p *serve.PBXSettings) { p.Domain = "client42.example.net" })
		}},
	}
}

func delays() []variation {
	return []variation{
		{},
		{"20ms", "20 ms to the provider", func(s *sketch) { s.Line = delay(20 * time.Millisecond) }},
		{"60ms", "60 ms to the provider", func(s *sketch) { s.Line = delay(60 * time.Millisecond) }},
	}
}

// providerHabits are what providers do, all of them rightly.
func providerHabits() []variation {
	habit := func(name, words string, turn func(*serve.RegistrarSettings)) variation {
		return variation{name, words, func(s *sketch) { s.Provider.Registrar = with(s.Provider.Registrar, turn) }}
	}
	return []variation{
		habit("no-options", "OPTIONS is not answered", func(r *serve.RegistrarSettings) { r.IgnoreOptions = true }),
		habit("says-403", "a wrong password is answered 403", func(r *serve.RegistrarSettings) { r.WrongPasswordCode = 403 }),
		habit("says-407", "challenges with 407", func(r *serve.RegistrarSettings) { r.ProxyChallenge = true }),
		habit("sha-256", "SHA-256 only", func(r *serve.RegistrarSettings) { r.Algorithms = []string{"SHA-256"} }),
		habit("contacts", "the provider puts the public address into contacts", func(r *serve.RegistrarSettings) { r.RewriteContacts = true }),
		habit("realm", "the realm is not the domain", func(r *serve.RegistrarSettings) { r.Realm = "asterisk" }),
		habit("sparse", "received only where it differs", func(r *serve.RegistrarSettings) { r.SparseReceived = true }),
		habit("single", "a new binding replaces all others", func(r *serve.RegistrarSettings) { r.SingleTarget, r.MaxContacts = true, 1 }),
		habit("short", "bindings last a minute", func(r *serve.RegistrarSettings) { r.MaxExpires = time.Minute }),
		habit("two-realms", "challenges for two realms at once", func(r *serve.RegistrarSettings) { r.Realms = []string{"asterisk", Domain} }),
	}
}
