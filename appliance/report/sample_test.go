package report

import (
	"net/netip"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

const (
	samplePassword = `pa"ss<&>wörd+1 %`
	sampleUsername = "441632960000"
)

// sample is a line with a SIP ALG and a login that was never tried, as the run loop would hand it in.
func sample() Input {
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	yes := true
	register := "REGISTER sip:sip.example.net SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.20:40001;rport\r\n" +
		"From: <sip:" + sampleUsername + "@sip.example.net>;tag=1\r\n\r\n"
	answer := "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP 192.168.1.20:40001;received=192.168.1.20;rport=40001\r\n" +
		"Server: evil\x1b[2J\x1b]0;owned\x07 box\r\n\r\n"
	return Input{
		ID: "20260301-093000", Started: at, Finished: at.Add(4 * time.Second), SinceBoot: 12500 * time.Millisecond,
		Version: "1.0.0", Model: "Raspberry Pi 4 Model B", Position: PositionRouter,
		Profile: profile.Profile{
			Trunk: profile.Trunk{Domain: "sip.example.net", Transport: "udp", Auth: "register",
				Username: sampleUsername, AuthUser: sampleUsername, Password: samplePassword},
			Kit: profile.Kit{Name: "Kit 0042"},
		},
		Facts: facts.Facts{
			Gateway: &facts.Gateway{Addr: netip.MustParseAddr("192.168.1.1"), MAC: "02:00:00:00:00:01", ARPSent: 1, ARPRTT: facts.Duration(400 * time.Microsecond)},
			Clock:   &facts.Clock{Source: "ntp", Server: "ntp.example.net"},
			Public:  &facts.Public{Addr: netip.MustParseAddr("203.0.113.7")},
			ALG:     &facts.ALG{Word: facts.ALGProved, Why: "received= names our private address."},
			UDP: &facts.Path{Transport: "udp", Targets: []facts.Attempt{{
				Target:    netip.MustParseAddrPort("198.51.100.10:5060"),
				Exchanges: []facts.Exchange{{Method: "REGISTER", CallID: "a1@probe", Sends: 1, At: at, Reply: &facts.Reply{Code: 401, Reason: "Unauthorized\xff"}}},
			}}},
		},
		Steps: []facts.Step{
			{ID: "gateway", Light: 1, Guide: []string{"1.1", "1.3"}, Outcome: facts.Passed, Done: true,
				Saw: "192.168.1.1 answered ARP after 0.4 ms", Took: facts.Duration(400 * time.Microsecond),
				Evidence: []facts.Evidence{{Kind: "probe", Text: "ARP reply from 02:00:00:00:00:01"}}},
			{ID: "sip-alg", Light: 3, Guide: []string{"1.7"}, Outcome: facts.Failed, Done: true,
				Saw: "The provider saw another Via than the one we sent.\nVERDICT ok", Took: facts.Duration(1200 * time.Millisecond),
				Evidence: []facts.Evidence{{Kind: "probe", Text: "OPTIONS with our own address in Via", Sent: register, Received: answer}}},
			{ID: "login", Light: 4, Guide: []string{"2.1"}, Outcome: facts.Blocked, Blocker: "sip-alg", Done: true,
				Saw: "Not tried while SIP is rewritten."},
		},
		Verdict: catalogue.Finding{Code: "3-2", Slug: "sip-alg", Severity: catalogue.Red, Light: 3,
			Title:  "The router rewrites SIP",
			Text:   "A device on the way changed 192.168.1.20 in our messages; the same message was left alone on port 5061.",
			Advice: "Switch SIP ALG off in the router, then restart it.",
			Hint:   "In routers of TP-Link: turn \"SIP ALG\" off under Advanced > NAT Forwarding > ALG. Menus differ between models.",
			Acts:   []catalogue.Actor{catalogue.IT}, Guide: []string{"1.7"}},
		Also: []catalogue.Finding{{Code: "1-7", Slug: "poor-link", Severity: catalogue.Amber, Light: 1,
			Title: "The cable is slow", Text: "10 Mbit/s, half duplex.", Advice: "Change the cable."}},
		Row: catalogue.Row{
			{State: catalogue.LightAmber, Code: "1-7"}, {State: catalogue.LightGreen},
			{State: catalogue.LightRed, Counting: true, Flashes: 2, Code: "3-2"},
			{State: catalogue.LightUntested}, {},
		},
		Requests: []facts.Request{{CallID: "a1@probe", Method: "REGISTER", Transport: "udp", Source: "192.168.1.20:40001",
			Destination: "198.51.100.10:5060", SentAt: at, Code: 401, Reason: "Unauthorized", RTT: facts.Duration(21 * time.Millisecond)}},
		Answers: facts.Answers{SettingsChanged: &yes},
	}
}
