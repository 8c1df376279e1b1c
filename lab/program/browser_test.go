package program_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"

	"trunktester/lab"
	"trunktester/lab/browse"
	"trunktester/lab/serve"
)

// These tests are not parallel with others: a browser takes a whole machine.

// pageName is where a browser finds the box of the lab's kit.
const pageName = "trunktester-lab.local"

// phone opens the box's page in a real browser that stands on the customer's switch, on a screen of a telephone.
func (b *box) phone() browse.Tab {
	b.t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, end := context.WithCancel(b.t.Context())
	var open sync.WaitGroup
	b.t.Cleanup(func() { end(); listener.Close(); open.Wait() }) // before the lab's end
	open.Go(func() {
		for {
			outer, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() { b.carry(ctx, outer) })
		}
	})
	tab := browse.Open(b.t, pageName, listener.Addr().String())
	tab.Do(chromedp.EmulateViewport(412, 915), chromedp.Navigate("http://"+pageName+"/"), chromedp.WaitVisible("#live"))
	return tab
}

// carry takes one connection of the browser to the box from the laptop on its switch. Where no box answers, it is
// closed; where a box goes away, nobody says so, as on a real network.
func (b *box) carry(ctx context.Context, outer net.Conn) {
	defer outer.Close()
	inner, err := b.DialBox("80")
	if err != nil {
		return
	}
	defer inner.Close()
	defer context.AfterFunc(ctx, func() { outer.Close(); inner.Close() })()
	back := make(chan struct{})
	go func() {
		defer close(back)
		io.Copy(outer, inner)             //nolint:errcheck // either side may be gone
		outer.(*net.TCPConn).CloseWrite() //nolint:errcheck // as above
	}()
	io.Copy(inner, outer)             //nolint:errcheck // as above
	inner.(*net.TCPConn).CloseWrite() //nolint:errcheck // as above
	<-back
}

// verdict waits for the verdict of a finished run on the page: a code, or the start of one.
func verdict(tab browse.Tab, code string) {
	tab.Helper()
	tab.Until("the verdict "+code, fmt.Sprintf(`!!document.querySelector('#words a[href^="/explain/%s"]') && !document.querySelector('form[action="/run"] button:disabled')`, code))
}

// What a person with a telephone in the hand sees of the usual worlds: the verdict in one sentence, what to do and who,
// in both languages, for everybody.
func TestBrowserInTheWorlds(t *testing.T) {
	for _, c := range []struct {
		world, code string
		says        []string // the first screen
		opens, line string   // a line of the checklist, and what its evidence says
	}{
		{"healthy", "ok", []string{"Everything works"}, "login", "200 OK"},
		{"sip-alg-registers", "3-2", []string{"SIP ALG", "What to do", "Who"}, "alg", "received=192.168.50.100"},
		{"wrong-login", "4-2", []string{"password", "What to do", "Who", "light 4", "2 flashes"}, "login", "401"},
	} {
		t.Run(c.world, func(t *testing.T) {
			b := boxIn(t, c.world)
			b.start(b.usual("appliance")...)
			b.finished("")
			tab := b.phone()
			verdict(tab, c.code)
			words := tab.Text("#words")
			for _, part := range c.says {
				if !strings.Contains(strings.ToLower(words), strings.ToLower(part)) {
					t.Errorf("the first screen does not say %q: %s", part, words)
				}
			}
			tab.Pictures("world-" + c.world)
			tab.Is(`document.querySelectorAll("details").forEach(d => d.open = true), true`)
			if evidence := tab.Text("#step-" + c.opens); !strings.Contains(strings.ReplaceAll(evidence, " ", ""), strings.ReplaceAll(c.line, " ", "")) {
				t.Errorf("the line %s does not show %q: %.800s", c.opens, c.line, evidence)
			}
			tab.Accessible(c.world)
			weight := browse.Get(tab, chromedp.Evaluate[int](`[performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")].reduce((sum, e) => sum + e.decodedBodySize, 0)`))
			sent := browse.Get(tab, chromedp.Evaluate[int](`[performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")].reduce((sum, e) => sum + e.transferSize, 0)`))
			fmt.Printf("page weight in the world %s: %d bytes, %d as they are sent\n", c.world, weight, sent)
			if sent > 100<<10 {
				t.Errorf("%d bytes are sent", sent)
			}
			tab.Do(chromedp.Navigate("http://"+pageName+"/?lang=de"), chromedp.WaitVisible("#live"))
			tab.Accessible(c.world + " in German")
			tab.Pictures("world-" + c.world + "-german")
		})
	}
}

// An engineer tells the page where the box is, carries it to the next socket, and reads between which two the fault lies.
func TestBrowserPositions(t *testing.T) {
	b := boxIn(t, "healthy")
	p := b.start(b.usual("appliance")...)
	b.finished("")
	tab := b.phone()
	verdict(tab, "ok")
	here := func(position string) {
		t.Helper()
		tab.Do(chromedp.Click(`button[value=`+position+`]`), chromedp.WaitVisible(`button[value=`+position+`][aria-pressed=true]`))
	}
	here("router")
	b.carryToDeadSocket(p)
	verdict(tab, "2-")
	here("lan")
	tab.Until("the comparison", `document.body.innerText.includes("between the router and the LAN socket")`)
	tab.Accessible("positions")
	tab.Pictures("positions")
}

// The PBX check from the first button to the last: the address to enter, the PBX's mistake in plain words, the thanks.
func TestBrowserPBXCheck(t *testing.T) {
	b := boxIn(t, "healthy", withoutPBX)
	b.start(b.usual("appliance")...)
	b.finished("")
	tab := b.phone()
	verdict(tab, "5-1")
	tab.Do(chromedp.Click(`form[action="/pbx-check"] button[value=start]`))
	tab.Until("the address to enter", `document.querySelector("#pbx").innerText.includes("`+lab.PoolFirst+`")`)
	tab.Pictures("pbx-check-waits")
	pbx, _ := b.pointPBX("udp", func(s *serve.PBXSettings) { s.Password += " " })
	verdict(tab, "5-8")
	if words := tab.Text("#verdict"); !strings.Contains(words, "space at its end") {
		t.Errorf("the slip is not named: %s", words)
	}
	tab.Accessible("PBX check")
	tab.Pictures("pbx-check-password")
	pbx.Set(func(s *serve.PBXSettings) { s.Password = lab.Password })
	tab.Until("the reminder to point back", `!!document.querySelector('form[action="/pbx-check"] button[value=back]')`)
	tab.Pictures("pbx-check-right")
}

// Somebody pulls the cable in the middle of a run: the page says since when it hears nothing, and shows nothing as live;
// with the cable in again it goes on by itself.
func TestBrowserCablePulledDuringARun(t *testing.T) {
	b := boxIn(t, "healthy")
	p := b.start(b.usual("appliance")...)
	first := b.finished("")
	tab := b.phone()
	verdict(tab, "ok")
	runAgain(tab)
	at := len(p.out.String())
	if err := b.PullCable(); err != nil {
		t.Fatal(err)
	}
	p.lights("LINE red, 1 flash;", at)
	tab.Do(chromedp.WaitVisible("#lost"))
	if tab.Is(`document.querySelector("#live").checkVisibility()`) {
		t.Error("the page that hears nothing calls itself live")
	}
	if words := tab.Text("#lost"); !strings.Contains(words, "lost the box since") || strings.Contains(words, "{") {
		t.Errorf("the page says %q", words)
	}
	tab.Pictures("cable-pulled")
	if err := b.PlugCable(); err != nil {
		t.Fatal(err)
	}
	b.finished(first.ID)
	tab.Until("the box is heard again", `!document.querySelector("#lost").checkVisibility() && document.querySelector("#live").checkVisibility()`)
	verdict(tab, "ok")
	if tab.Is(`document.querySelector("#back").checkVisibility()`) {
		t.Error("the page says that a box was started again which was not")
	}
	same(tab)
}

// The box loses its power in the middle of a run: the page says that it hears nothing, and afterwards that the box was
// started again.
func TestBrowserBoxRestartedDuringARun(t *testing.T) {
	b := boxIn(t, "healthy")
	p := b.start(b.usual("appliance")...)
	first := b.finished("")
	tab := b.phone()
	verdict(tab, "ok")
	runAgain(tab)
	p.signal(syscall.SIGKILL)
	p.wait()
	tab.Do(chromedp.WaitVisible("#lost"))
	tab.Pictures("box-gone")
	b.start(b.usual("appliance")...)
	b.finished(first.ID)
	tab.Do(chromedp.WaitVisible("#back"))
	tab.Until("the box is heard again", `!document.querySelector("#lost").checkVisibility() && document.querySelector("#live").checkVisibility()`)
	verdict(tab, "ok")
	tab.Pictures("box-back")
	same(tab)
}

// runAgain presses the button, and marks the document: same tells whether it was loaded anew since. The browser's machine has a
// loopback interface only, which Chromium takes for no network.
func runAgain(tab browse.Tab) {
	tab.Helper()
	tab.Do(chromedp.Click(`form[action="/run"] button`), chromedp.WaitVisible(`form[action="/run"] button:disabled`))
	if !tab.Is(`Object.defineProperty(navigator, "onLine", {get: () => true}), window.unchanged = true`) {
		tab.Fatal("the document cannot be marked")
	}
}

func same(tab browse.Tab) {
	tab.Helper()
	if !tab.Is(`window.unchanged === true`) {
		tab.Error("the page was loaded anew")
	}
}
