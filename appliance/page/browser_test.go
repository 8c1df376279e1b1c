package page

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
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

// browser is a chromium that can reach loopback only, and knows the box by its mDNS name: as on a real
// site, that is an origin without TLS, where forms are judged by Origin and Host.
func browser(t *testing.T, more ...chromedp.ExecAllocatorOption) tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is needed:", err)
		}
		t.Skip("no chromium on this machine:", err)
	}
	options := append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.NoFirstRun, chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("no-proxy-server", true), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("host-resolver-rules", "MAP trunktester.local 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
	}, more...)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return tab{t, ctx}
}

// tab is one page in the browser. Each call ends within patience.
type tab struct {
	*testing.T
	ctx context.Context
}

const patience = 60 * time.Second // a loaded machine starts chromium slowly

func (b tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	for i, a := range actions {
		if err := b.run(func(ctx context.Context) error { return chromedp.Do(ctx, a) }); err != nil {
			b.Fatalf("action %d: %v", i+1, err)
		}
	}
}

func get[T any](b tab, a chromedp.Action[T]) T {
	b.Helper()
	var got T
	if err := b.run(func(ctx context.Context) (err error) { got, err = chromedp.Run(ctx, a); return err }); err != nil {
		b.Fatal(err)
	}
	return got
}

// run ends the whole browser when time is up: the first action's context must have no deadline.
func (b tab) run(f func(context.Context) error) error {
	ended := make(chan error, 1)
	go func() { ended <- f(b.ctx) }()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		return context.DeadlineExceeded
	}
}

func is(b tab, expression string) bool {
	b.Helper()
	return get(b, chromedp.Evaluate[bool](expression))
}

// scripts switches JavaScript of the page on or off.
func scripts(on bool) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return chromedp.Void{}, err
	}
}

func media(features map[string]string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		var p emulation.SetEmulatedMediaParams
		for name, value := range features {
			p.Features = append(p.Features, &emulation.MediaFeature{Name: name, Value: value})
		}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, p)
		return chromedp.Void{}, err
	}
}

func home(at netip.AddrPort) string {
	return "http://trunktester.local:" + strings.TrimPrefix(at.String(), "127.0.0.1:") + "/"
}

func TestBrowserShowsVerdictAndUnfolds(t *testing.T) {
	at, _ := serve(t, newFakeBox(algState()))
	b := browser(t)
	b.do(chromedp.Navigate(home(at)))
	if title := get(b, chromedp.Text("#words h1")); title != "The router rewrites SIP messages" {
		t.Errorf("verdict %q", title)
	}
	if lamp := get(b, chromedp.AttributeValue("#lamp-3 i", "class")); lamp.Value != "count-2" {
		t.Errorf("lamp 3 is %q", lamp.Value)
	}
	if is(b, `document.querySelector("#step-sip-alg .differ").checkVisibility() || document.querySelector("#step-internet").checkVisibility()`) {
		t.Error("the evidence, or a test that passed, is unfolded from the start")
	}
	b.do(chromedp.Click("#step-sip-alg summary"), chromedp.WaitVisible("#step-sip-alg mark"),
		chromedp.Click("#step-sip-alg .bytes summary"), chromedp.WaitVisible("#step-sip-alg pre"))
	if is(b, `!!document.querySelector("main script")`) {
		t.Error("a Server header became a script")
	}
}

// TestBrowserLampFlashes looks at the lamp as it is drawn, over one whole rhythm.
func TestBrowserLampFlashes(t *testing.T) {
	at, _ := serve(t, newFakeBox(algState()))
	b := browser(t)
	b.do(chromedp.Navigate(home(at)), chromedp.WaitVisible("#lamp-3 i"))
	seen := get(b, chromedp.Evaluate[string](`(() => { const i = document.querySelector("#lamp-3 i"), a = i.getAnimations()[0]; a.pause(); let s = "";
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
		b.do(scripts(script), chromedp.Navigate(home(at)), chromedp.WaitVisible("#verdict"),
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
	b.do(chromedp.Navigate(home(at)),
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
	b.do(chromedp.Navigate(home(at)), chromedp.WaitVisible("#live"))
	if !is(b, `window.unchanged = true`) {
		t.Fatal("the document cannot be marked")
	}
	b.do(chromedp.Click("#passed-2 > summary"), chromedp.WaitVisible("#step-internet"),
		chromedp.Click("#step-internet summary"), chromedp.WaitVisible("#step-internet .evidence"))
	box.change(func(s *State) { *s = algState() })
	b.do(chromedp.WaitVisible("#lamp-3 .red"), chromedp.WaitVisible("#step-sip-alg.failed"))
	if title := get(b, chromedp.Text("#words h1")); title != "The router rewrites SIP messages" {
		t.Errorf("verdict %q", title)
	}
	if !is(b, `window.unchanged === true`) {
		t.Error("the page was loaded anew")
	}
	if !is(b, `document.querySelector("#step-internet .evidence").checkVisibility()`) {
		t.Error("an open line was closed")
	}
	box.change(func(s *State) { s.Row = catalogue.Row{}; s.Whole = catalogue.WholeBoxFault })
	b.do(chromedp.WaitVisible("#lamp-1 .second"))
	stop()
	b.do(chromedp.WaitVisible("#lost"))
}

func TestBrowserWithoutScript(t *testing.T) {
	box := newFakeBox(runningState())
	at, _ := serve(t, box)
	b := browser(t)
	b.do(scripts(false), chromedp.Navigate(home(at)), chromedp.WaitVisible("#lamp-3 .slow"))
	box.change(func(s *State) { *s = algState() })
	b.do(chromedp.WaitVisible("#lamp-3 .red"), // by the refresh that a run brings
		chromedp.Click("#step-sip-alg summary"), chromedp.WaitVisible("#step-sip-alg mark"))
}

// TestScreenshots writes pictures for a person to look at into the folder ARTEFACTS.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("ARTEFACTS")
	if folder == "" {
		folder = t.TempDir()
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, st := range map[string]State{"fault": algState(), "healthy": healthyState(), "running": runningState(),
		"box-fault": {Whole: catalogue.WholeBoxFault}} {
		at, _ := serve(t, newFakeBox(st))
		b := browser(t)
		for view, size := range map[string][2]int64{"phone": {412, 915}, "desktop": {1280, 900}} {
			for _, scheme := range []string{"light", "dark"} {
				b.do(chromedp.EmulateViewport(size[0], size[1]),
					media(map[string]string{"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}),
					chromedp.Navigate(home(at)), chromedp.WaitVisible("#live"))
				first := get(b, chromedp.CaptureScreenshot())
				if over := get(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`)); over > 0 {
					t.Errorf("%s on %s is %d px too wide", name, view, over)
				}
				is(b, `document.querySelectorAll("#step-sip-alg > details, .note").forEach(d => d.open = true), true`)
				whole := get(b, chromedp.FullScreenshot(100))
				write(t, filepath.Join(folder, name+"-"+view+"-"+scheme+".png"), first)
				write(t, filepath.Join(folder, name+"-"+view+"-"+scheme+"-whole.png"), whole)
			}
		}
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// The standalone report carries its style inside: the policy must let it through, and nothing else.
func TestBrowserReportIsStyled(t *testing.T) {
	at, _ := serve(t, newFakeBox(algState()))
	b := browser(t)
	b.do(chromedp.EmulateViewport(412, 915), chromedp.Navigate(home(at)+"report.html"), chromedp.WaitVisible("#lamp-3 i"))
	if !is(b, `getComputedStyle(document.querySelector(".case")).display === "grid"`) {
		t.Error("the report's own style was refused")
	}
	if folder := os.Getenv("ARTEFACTS"); folder != "" {
		write(t, filepath.Join(folder, "report-phone.png"), get(b, chromedp.FullScreenshot(100)))
		write(t, filepath.Join(folder, "report.pdf"), get(b, chromedp.PrintToPDF()))
	}
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
			b.do(chromedp.Navigate(home(at)+path), chromedp.WaitVisible("#lamp-3 .bulb"))
			for size, paper := range papers {
				printed := get(b, chromedp.PrintToPDF(chromedp.PDFPaper(paper)))
				if folder := os.Getenv("ARTEFACTS"); folder != "" {
					write(t, filepath.Join(folder, name+"-"+what+"-"+size+".pdf"), printed)
				}
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
	b.do(chromedp.Navigate(home(at)), chromedp.WaitVisible("#live"))
	is(b, `window.unchanged = true`)
	stop()
	b.do(chromedp.WaitVisible("#lost"), chromedp.WaitVisible(".gone .case"))
	if said := get(b, chromedp.Text("#lost")); !strings.HasPrefix(said, "This page has lost the box since ") || strings.Contains(said, "{time}") || strings.Contains(said, "no network") {
		t.Errorf("the page says %q", said)
	}
	if is(b, `document.getElementById("live").checkVisibility()`) {
		t.Error("the page says that it is live")
	}
	box.change(func(s *State) { *s = healthyState() })
	s.opt.Start = "second"
	_, stop = listen(at.String())
	defer stop()
	b.do(chromedp.WaitVisible("#verdict.green"), chromedp.WaitVisible("#back"), chromedp.WaitNotVisible("#lost"), chromedp.WaitVisible("#live"))
	if !is(b, `window.unchanged === true && !document.body.classList.contains("gone")`) {
		t.Error("the page was loaded anew, or still takes the box for lost")
	}
	box.change(func(s *State) { *s = algState() })
	b.do(chromedp.WaitVisible("#verdict.red"))
}

// Somebody who uses the keyboard has stopped at a button when the box finds something else: the page says so all the
// same, a screen reader is told, and the keyboard stays where it is.
func TestBrowserKeepsTheFocus(t *testing.T) {
	box := newFakeBox(healthyState())
	at, _ := serve(t, box)
	b := browser(t)
	b.do(chromedp.Navigate(home(at)), chromedp.WaitVisible("#live"), chromedp.Focus(`form[action="/run"] button`))
	if !is(b, `(window.words = document.getElementById("words")).getAttribute("aria-live") === "polite"`) {
		t.Error("the verdict is not read out when it changes")
	}
	box.change(func(s *State) { *s = algState() })
	b.do(chromedp.WaitVisible("#verdict.red"))
	if title := get(b, chromedp.Text("#words h1")); title != "The router rewrites SIP messages" {
		t.Errorf("the verdict still is %q", title)
	}
	if !is(b, `document.activeElement === document.querySelector('form[action="/run"] button')`) {
		t.Error("the focus is elsewhere")
	}
	if !is(b, `window.words === document.getElementById("words")`) {
		t.Error("the part that is read out was exchanged")
	}
}
