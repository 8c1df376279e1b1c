package page

import (
	"context"
	"io"
	"net/netip"
	"strings"
	"sync"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/appliance/report"
	"trunktester/probes/facts"
)

const (
	testPassword = `pa"ss<&>wörd+1 %`
	testUsername = "441632960000"
)

// fakeBox is a box that a test turns by hand.
type fakeBox struct {
	mu       sync.Mutex
	state    State
	runs     int
	pbx      []PBXAction // asked for
	refuse   error       // answer of RunAgain, SetPosition and SetAnswers
	watchers map[chan struct{}]bool
}

func newFakeBox(st State) *fakeBox { return &fakeBox{state: st, watchers: map[chan struct{}]bool{}} }

func (b *fakeBox) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.state
	now.Answers = now.Report.Answers
	return now
}

func (b *fakeBox) change(f func(*State)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(&b.state)
	for c := range b.watchers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (b *fakeBox) Changes(ctx context.Context) <-chan struct{} {
	c := make(chan struct{}, 1)
	b.mu.Lock()
	b.watchers[c] = true
	b.mu.Unlock()
	context.AfterFunc(ctx, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.watchers, c)
		close(c)
	})
	return c
}

func (b *fakeBox) RunAgain() error {
	if b.refuse != nil {
		return b.refuse
	}
	b.change(func(s *State) { s.Running = true; b.runs++ })
	return nil
}

func (b *fakeBox) SetPosition(p report.Position) error {
	if b.refuse == nil {
		b.change(func(s *State) { s.Report.Position, s.Position = p, p })
	}
	return b.refuse
}

func (b *fakeBox) NewSite() error {
	if b.refuse == nil {
		b.change(func(s *State) { s.Places = nil })
	}
	return b.refuse
}

func (b *fakeBox) SetAnswers(a facts.Answers) error {
	if b.refuse == nil {
		b.change(func(s *State) { s.Report.Answers = a })
	}
	return b.refuse
}

func (b *fakeBox) PBXCheck(a PBXAction) error {
	if b.refuse == nil {
		b.change(func(*State) { b.pbx = append(b.pbx, a) })
	}
	return b.refuse
}

func (b *fakeBox) Consent() error {
	if b.refuse == nil {
		b.change(func(s *State) { s.Consenting = true })
	}
	return b.refuse
}

func (b *fakeBox) Report(id string) (report.Report, error) {
	if id != "earlier" {
		return report.Report{}, ErrUnknown
	}
	in := algRun()
	in.ID = id
	return report.Build(in), nil
}

func (b *fakeBox) Capture(id string) (io.ReadCloser, error) {
	if id != b.State().Report.ID {
		return nil, ErrUnknown
	}
	return io.NopCloser(strings.NewReader("\x0a\x0d\x0d\x0apackets")), nil
}

// algState is a site with a SIP ALG in the router, tested at two sockets.
func algState() State {
	in := algRun()
	r := report.Build(in)
	other := in
	other.ID, other.Position, other.Verdict = "lan-1", report.PositionLAN, r.Verdict
	return State{Row: in.Row, Report: r, HasProfile: true, Position: r.Position, Asks: []string{"line_medium", "sip_alg_disabled", "portal_port"},
		Places: map[report.Position]report.Report{report.PositionRouter: r, report.PositionLAN: report.Build(other)},
		Help: Help{Provider: "ST+ helpdesk", Phone: "0333 000 0000", Portal: "https://portal.example.net/", Reseller: "Example Telecom",
			SupportUntil: time.Date(2031, 12, 31, 0, 0, 0, 0, time.UTC)}}
}

func healthyState() State {
	in := algRun()
	in.ID, in.Also = "20260301-094500", nil
	in.Verdict = catalogue.Finding{Code: "ok", Slug: "ok", Severity: catalogue.Green, Title: "Everything works",
		Text: "The line is good, the provider accepts the login, and the PBX is registered.", Acts: []catalogue.Actor{catalogue.Nobody}}
	for i := range in.Row {
		in.Row[i] = catalogue.Light{State: catalogue.LightGreen}
	}
	for i := range in.Steps {
		in.Steps[i].Outcome = facts.Passed
		in.Steps[i].Blocker = ""
	}
	st := algState()
	st.Row, st.Report, st.Places = in.Row, report.Build(in), nil
	return st
}

// runningState is a run half-way.
func runningState() State {
	in := algRun()
	in.Finished, in.Verdict, in.Also = time.Time{}, catalogue.Finding{}, nil
	in.Row = catalogue.Row{{State: catalogue.LightGreen}, {State: catalogue.LightGreen}, {State: catalogue.LightTesting}}
	for i := range in.Steps {
		if in.Steps[i].Light >= 3 {
			in.Steps[i] = facts.Step{ID: in.Steps[i].ID, Light: in.Steps[i].Light, Guide: in.Steps[i].Guide, Outcome: facts.NotRun}
		}
	}
	st := algState()
	st.Row, st.Report, st.Running = in.Row, report.Build(in), true
	return st
}

func algRun() report.Input {
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	ms := func(n float64) facts.Duration { return facts.Duration(n * float64(time.Millisecond)) }
	step := func(id string, light int, guide string, o facts.Outcome, took float64, saw string, e ...facts.Evidence) facts.Step {
		return facts.Step{ID: id, Light: light, Guide: strings.Fields(guide), Outcome: o, Took: ms(took), Saw: saw, Evidence: e, Done: true}
	}
	options := "OPTIONS sip:sip.example.net SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.20:40001;branch=z9hG4bK7f3a;rport\r\nMax-Forwards: 70\r\nFrom: <sip:" +
		testUsername + "@sip.example.net>;tag=58d1\r\nTo: <sip:sip.example.net>\r\nCall-ID: 9b2f5c1e\r\nCSeq: 1 OPTIONS\r\nUser-Agent: trunktester/1.0.0\r\nContent-Length: 0\r\n\r\n"
	answer := "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.168.1.20:40001;branch=z9hG4bK7f3a;received=192.168.1.20;rport=40001\r\nFrom: <sip:" +
		testUsername + "@sip.example.net>;tag=58d1\r\nTo: <sip:sip.example.net>;tag=as61\r\nCall-ID: 9b2f5c1e\r\nCSeq: 1 OPTIONS\r\nServer: <script>alert(1)</script>\x1b[31m\r\nContent-Length: 0\r\n\r\n"
	login := step("login", 4, "2.1", facts.Blocked, 0, "Not tried while SIP is rewritten on the way.")
	login.Blocker = "sip-alg"
	binding := step("bindings", 5, "3.1", facts.Blocked, 0, "Needs the login.")
	binding.Blocker = "login"
	return report.Input{
		ID: "20260301-093000", Started: at, Finished: at.Add(4 * time.Second), SinceBoot: 12 * time.Second, Version: "1.0.0",
		Model: "Raspberry Pi 4 Model B", Position: report.PositionRouter,
		Profile: profile.Profile{Trunk: profile.Trunk{Domain: "sip.example.net", Transport: "udp", Auth: "register",
			Username: testUsername, AuthUser: testUsername, Password: testPassword}, Kit: profile.Kit{Name: "Kit 0042"}},
		Facts: facts.Facts{
			Clock:  &facts.Clock{Source: "ntp"},
			Public: &facts.Public{Addr: netip.MustParseAddr("203.0.113.7")},
			ALG:    &facts.ALG{Word: facts.ALGProved},
			UDP: &facts.Path{Transport: "udp", Targets: []facts.Attempt{{Exchanges: []facts.Exchange{{Method: "OPTIONS",
				Reply: &facts.Reply{Code: 200, Reason: "OK", RTT: ms(21)}}}}}},
			Quality: &facts.Quality{Far: []facts.Echo{{Addr: netip.MustParseAddr("9.9.9.9"), Sent: 100, Back: 99, Avg: ms(14), Jitter: ms(1.2)}}},
		},
		Steps: []facts.Step{
			step("link", 1, "1.1", facts.Passed, 310, "Carrier on eth0 at 1000 Mbit/s, full duplex."),
			step("address", 1, "1.1 1.3", facts.Passed, 42, "192.168.1.20/24 by DHCP from 192.168.1.1."),
			step("gateway", 1, "1.1 1.2", facts.Passed, 0.6, "192.168.1.1 answered ARP after 0.6 ms."),
			step("internet", 2, "1.2 1.3", facts.Passed, 24, "1.1.1.1, 8.8.8.8 and 9.9.9.9 answered.", facts.Evidence{Kind: "icmp", Text: "Echo replies of three independent hosts."}),
			step("name", 2, "1.2", facts.Passed, 18, "sip.example.net is 198.51.100.10."),
			step("quality", 2, "1.5", facts.NotRun, 0, "Not yet judged: fewer than 100 probes."),
			step("sip-udp", 3, "1.8", facts.Passed, 22, "200 OK from 198.51.100.10:5060 after 21 ms."),
			step("sip-alg", 3, "1.7", facts.Failed, 240, "received= names our private address, which no provider can see.",
				facts.Evidence{Kind: "probe", Text: "With our own address in Via, the answer says that we were seen as 192.168.1.20.", Sent: options, Received: answer},
				facts.Evidence{Kind: "control", Text: "With another name in Via, the same server saw 203.0.113.7.", Sent: strings.Replace(options, "192.168.1.20:", "probe.invalid:", 1), Received: strings.Replace(answer, "received=192.168.1.20", "received=203.0.113.7", 1)}),
			login, binding,
		},
		Verdict: catalogue.Finding{Code: "3-2", Slug: "sip-alg", Severity: catalogue.Red, Light: 3, Title: "The router rewrites SIP messages",
			Text:   "A device on the way changed our own address 192.168.1.20 inside the messages to sip.example.net. Registrations fail because of it.",
			Advice: "Switch off “SIP ALG” in the router, then restart the router and the phone system.",
			Hint:   "In routers of TP-Link: turn \"SIP ALG\" off under Advanced > NAT Forwarding > ALG. Menus differ between models.",
			Acts:   []catalogue.Actor{catalogue.IT}, Guide: []string{"1.7"}},
		Also: []catalogue.Finding{{Code: "1-7", Slug: "poor-link", Severity: catalogue.Amber, Light: 1, Title: "The cable link is slow",
			Text: "10 Mbit/s at half duplex.", Advice: "Change the cable.", Acts: []catalogue.Actor{catalogue.Client}, Guide: []string{"1.1"}}},
		Row: catalogue.Row{{State: catalogue.LightAmber, Code: "1-7"}, {State: catalogue.LightGreen},
			{State: catalogue.LightRed, Counting: true, Flashes: 2, Code: "3-2"}, {State: catalogue.LightUntested}, {State: catalogue.LightUntested}},
		Requests: []facts.Request{{CallID: "9b2f5c1e", Method: "OPTIONS", Transport: "udp", Source: "192.168.1.20:40001",
			Destination: "198.51.100.10:5060", SentAt: at, Code: 200, Reason: "OK", RTT: ms(21)}},
	}
}
