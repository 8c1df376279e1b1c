package page

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
	"trunktester/lab/browse"
	"trunktester/leds"
)

// serve runs the real server on loopback and gives its port.
func serve(t *testing.T, box Box, hosts ...string) (netip.AddrPort, func()) {
	t.Helper()
	s, err := New(Options{Box: box, Own: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}, Kit: "Kit 0042", Hosts: hosts, Version: "1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	open, err := s.Listen(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, open) }()
	stop := func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		ended <- nil
	}
	t.Cleanup(stop)
	return netip.MustParseAddrPort(open[0].Addr().String()), stop
}

// browser is one that knows the box by its mDNS name.
func browser(t *testing.T) browse.Tab {
	t.Helper()
	return browse.Open(t, "trunktester.local", "127.0.0.1")
}

func home(at netip.AddrPort) string {
	return "http://trunktester.local:" + strings.TrimPrefix(at.String(), "127.0.0.1:") + "/"
}

func TestBrowserShowsVerdictAndUnfolds(t *testing.T) {
	at, _ := serve(t, newFakeBox(algState()))
	b := browser(t)
	b.Do(chromedp.Navigate(home(at)))
	if title := browse.Get(b, chromedp.Text("#words h1")); title != "The router rewrites SIP messages" {
		t.Errorf("verdict %q", title)
	}
	if lamp := browse.Get(b, chromedp.AttributeValue("#lamp-3 i", "class")); lamp.Value != "count-2" {
		t.Errorf("lamp 3 is %q", lamp.Value)
	}
	if b.Is(`document.querySelector("#step-sip-alg .differ").checkVisibility() || document.querySelector("#step-internet").checkVisibility()`) {
		t.Error("the evidence, or a test that passed, is unfolded from the start")
	}
	b.Do(chromedp.Click("#step-sip-alg summary"), chromedp.WaitVisible("#step-sip-alg mark"),
		chromedp.Click("#step-sip-alg .bytes summary"), chromedp.WaitVisible("#step-sip-alg pre"))
	if b.Is(`!!document.querySelector("main script")`) {
		t.Error("a Server header became a script")
	}
}

// TestBrowserLampFlashes looks at the lamp as it is drawn, over one whole rhythm.
func TestBrowserLampFlashes(t *testing.T) {
	at, _ := serve(t, newFakeBox(algState()))
	b := browser(t)
	b.Do(chromedp.Navigate(home(at)), chromedp.WaitVisible("#lamp-3 i"))
	seen := browse.Get(b, chromedp.Evaluate[string](`(() => { const i = document.querySelector("#lamp-3 i"), a = i.getAnimations()[0]; a.pause(); let s = "";
for (let t = 50; t < 3700; t += 100) { a.currentTime = t; s += getComputedStyle(i).opacity } return s })()`))
	want := ""
	for at := 50 * time.Millisecond; at < 3700*time.Millisecond; at += 100 * time.Millisecond {
		if leds.Frame(leds.Show{Row: algState().Row}, at)[2] == leds.Red {
			want += "1"
		} else {
			want += "0"
		}
	}
	if seen != want || strings.Count(want, "01") != 2 {
		t.Errorf("every 100 ms the lamp on the page is\n%s, the box's is\n%s", seen, want)
	}
}

func TestBrowserFormPassesCrossOriginProtection(t *testing.T) {
	for _, script := range []bool{true, false} {
		box := newFakeBox(algState())
		at, _ := serve(t, box)
		b := browser(t)
		b.Do(browse.Scripts(script), chromedp.Navigate(home(at)), chromedp.WaitVisible("#verdict"),
			chromedp.Click(`form[action="/run"] button`), chromedp.WaitVisible(`form[action="/run"] button:disabled`))
		box.mu.Lock()
		runs := box.runs
		box.mu.Unlock()
		if runs != 1 {
			t.Errorf("script %v: %d runs after one click", script, runs)
		}
	}
}

func TestBrowserAnswersAndPosition(t *testing.T) {
	box := newFakeBox(algState())
	at, _ := serve(t, box)
	b := browser(t)
	b.Do(chromedp.Navigate(home(at)),
		chromedp.Click(`input[name=sip_alg_disabled][value=no] + span`), chromedp.Click(`form[action="/answers"] .button`),
		chromedp.WaitReady(`input[name=sip_alg_disabled][value=no][checked]`),
		chromedp.Click(`button[value=pbx]`), chromedp.WaitVisible(`button[value=pbx][aria-pressed=true]`))
	st := box.State()
	if a := st.Report.Answers.SIPALGDisabled; a == nil || *a {
		t.Errorf("answer is %v, want no", a)
	}
	if st.Position != "pbx" {
		t.Errorf("position %q", st.Position)
	}
}

func TestBrowserFollowsTheBoxWithoutReload(t *testing.T) {
	box := newFakeBox(runningState())
	at, stop := serve(t, box)
	b := browser(t)
	b.Do(chromedp.Navigate(home(at)), chromedp.WaitVisible("#live"))
	if !b.Is(`window.unchanged = true`) {
		t.Fatal("the document cannot be marked")
	}
	b.Do(chromedp.Click("#passed-2 > summary"), chromedp.WaitVisible("#step-internet"),
		chromedp.Click("#step-internet summary"), chromedp.WaitVisible("#step-internet .evidence"))
	box.change(func(s *State) { *s = algState() })
	b.Do(chromedp.WaitVisible("#lamp-3 .red"), chromedp.WaitVisible("#step-sip-alg.failed"))
	if title := browse.Get(b, chromedp.Text("#words h1")); title != "The router rewrites SIP messages" {
		t.Errorf("verdict %q", title)
	}
	if !b.Is(`window.unchanged === true`) {
		t.Error("the page was loaded anew")
	}
	if !b.Is(`document.querySelector("#step-internet .evidence").checkVisibility()`) {
		t.Error("an open line was closed")
	}
	box.change(func(s *State) { s.Row = catalogue.Row{}; s.Whole = catalogue.WholeBoxFault })
	b.Do(chromedp.WaitVisible("#lamp-1 .second"))
	stop()
	b.Do(chromedp.WaitVisible("#lost"))
}

func TestBrowserWithoutScript(t *testing.T) {
	box := newFakeBox(runningState())
	at, _ := serve(t, box)
	b := browser(t)
	b.Do(browse.Scripts(false), chromedp.Navigate(home(at)), chromedp.WaitVisible("#lamp-3 .slow"))
	box.change(func(s *State) { *s = algState() })
	b.Do(chromedp.WaitVisible("#lamp-3 .red"), // by the refresh that a run brings
		chromedp.Click("#step-sip-alg summary"), chromedp.WaitVisible("#step-sip-alg mark"))
}

// TestScreenshots keeps pictures for a person to look at.
func TestScreenshots(t *testing.T) {
	for name, st := range map[string]State{"fault": algState(), "healthy": healthyState(), "running": runningState(),
		"box-fault": {Whole: catalogue.WholeBoxFault}} {
		at, _ := serve(t, newFakeBox(st))
		b := browser(t)
		for _, scheme := range []string{"light", "dark"} {
			b.Do(browse.Media(map[string]string{"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}),
				chromedp.Navigate(home(at)), chromedp.WaitVisible("#live"))
			b.Is(`document.querySelectorAll("#step-sip-alg > details, .note").forEach(d => d.open = true), true`)
			b.Pictures(name + "-" + scheme)
		}
	}
}

// The standalone report carries its style inside: the policy must let it through, and nothing else.
func TestBrowserReportIsStyled(t *testing.T) {
	at, _ := serve(t, newFakeBox(algState()))
	b := browser(t)
	b.Do(chromedp.EmulateViewport(412, 915), chromedp.Navigate(home(at)+"report.html"), chromedp.WaitVisible("#lamp-3 i"))
	if !b.Is(`getComputedStyle(document.querySelector(".case")).display === "grid"`) {
		t.Error("the report's own style was refused")
	}
	b.Keep("report-phone.png", browse.Get(b, chromedp.FullScreenshot(100)))
	b.Keep("report.pdf", browse.Get(b, chromedp.PrintToPDF()))
}

// full is a run as long as real ones are: two dozen steps with their evidence, thirty requests.
func full() State {
	in := algRun()
	one, alg := in.Steps[0], in.Steps[7]
	one.Saw = "192.0.34.60:5060 answered OPTIONS with 200 OK after 11.4ms, and 192.0.35.60:5060 answered OPTIONS with 200 OK after 11.5ms."
	for i := range 15 {
		s := one
		s.ID, s.Light = fmt.Sprint("more-", i), 1+i%5
		if i < 5 {
			s.Evidence = alg.Evidence
		}
		in.Steps = append(in.Steps, s)
	}
	for range 29 {
		in.Requests = append(in.Requests, in.Requests[0])
	}
	in.Also = append(in.Also, in.Also[0])
	st := algState()
	st.Report = report.Build(in)
	return st
}

// Report and page of a usual run go onto two sheets of paper, and say all but the bytes.
func TestBrowserPrintsOnTwoPages(t *testing.T) {
	states := map[string]State{"full": full(), "healthy": stored(t, "healthy"), "sip-alg": stored(t, "sip-alg")}
	papers := map[string]chromedp.PaperSize{"a4": chromedp.PaperA4, "letter": chromedp.PaperLetter}
	for name, st := range states {
		at, _ := serve(t, newFakeBox(st))
		b := browser(t)
		for path, what := range map[string]string{"": "page", "report.html": "report"} {
			b.Do(chromedp.Navigate(home(at)+path), chromedp.WaitVisible("#lamp-3 .bulb"))
			for size, paper := range papers {
				printed := browse.Get(b, chromedp.PrintToPDF(chromedp.PDFPaper(paper)))
				b.Keep(name+"-"+what+"-"+size+".pdf", printed)
				if pages := len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(printed, -1)); pages < 1 || pages > 2 {
					t.Errorf("the %s of %s takes %d pages of %s", what, name, pages, size)
				}
			}
		}
	}
}

// The box goes away, and comes back as another start of the program: the page says what it knows, no more, and shows
// what is so now.
func TestBrowserTheBoxComesBack(t *testing.T) {
	box := newFakeBox(algState())
	s, err := New(Options{Box: box, Own: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}, Kit: "Kit 0042", Start: "first"})
	if err != nil {
		t.Fatal(err)
	}
	listen := func(at string) (netip.AddrPort, func()) {
		t.Helper()
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ctx, []net.Listener{l}) }()
		return netip.MustParseAddrPort(l.Addr().String()), func() { cancel(); <-ended }
	}
	at, stop := listen("127.0.0.1:0")
	b := browser(t)
	b.Do(chromedp.Navigate(home(at)), chromedp.WaitVisible("#live"))
	b.Is(`window.unchanged = true`)
	stop()
	b.Do(chromedp.WaitVisible("#lost"), chromedp.WaitVisible(".gone .case"))
	if said := browse.Get(b, chromedp.Text("#lost")); !strings.HasPrefix(said, "This page has lost the box since ") || strings.Contains(said, "{time}") || strings.Contains(said, "no network") {
		t.Errorf("the page says %q", said)
	}
	if b.Is(`document.getElementById("live").checkVisibility()`) {
		t.Error("the page says that it is live")
	}
	box.change(func(s *State) { *s = healthyState() })
	s.opt.Start = "second"
	_, stop = listen(at.String())
	defer stop()
	b.Do(chromedp.WaitVisible("#verdict.green"), chromedp.WaitVisible("#back"), chromedp.WaitNotVisible("#lost"), chromedp.WaitVisible("#live"))
	if !b.Is(`window.unchanged === true && !document.body.classList.contains("gone")`) {
		t.Error("the page was loaded anew, or still takes the box for lost")
	}
	box.change(func(s *State) { *s = algState() })
	b.Do(chromedp.WaitVisible("#verdict.red"))
}

// Somebody who uses the keyboard has stopped at a button when the box finds something else: the page says so all the
// same, a screen reader is told, and the keyboard stays where it is.
func TestBrowserKeepsTheFocus(t *testing.T) {
	box := newFakeBox(healthyState())
	at, _ := serve(t, box)
	b := browser(t)
	b.Do(chromedp.Navigate(home(at)), chromedp.WaitVisible("#live"), chromedp.Focus(`form[action="/run"] button`))
	if !b.Is(`(window.words = document.getElementById("words")).getAttribute("aria-live") === "polite"`) {
		t.Error("the verdict is not read out when it changes")
	}
	box.change(func(s *State) { *s = algState() })
	b.Do(chromedp.WaitVisible("#verdict.red"))
	if title := browse.Get(b, chromedp.Text("#words h1")); title != "The router rewrites SIP messages" {
		t.Errorf("the verdict still is %q", title)
	}
	if !b.Is(`document.activeElement === document.querySelector('form[action="/run"] button')`) {
		t.Error("the focus is elsewhere")
	}
	if !b.Is(`window.words === document.getElementById("words")`) {
		t.Error("the part that is read out was exchanged")
	}
}
