package page

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"trunktester/appliance/catalogue"
	"trunktester/lab/browse"
	"trunktester/probes/facts"
)

//go:embed testdata/audit.js
var audit string

// tree is what the browser tells a screen reader.
func tree(ctx context.Context, t *chromedp.Target) ([]*accessibility.Node, error) {
	r, err := cdp.Call(ctx, t, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		return nil, err
	}
	return r.Nodes, nil
}

func said(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s string
	if json.Unmarshal(v.Value, &s) != nil {
		return string(v.Value)
	}
	return s
}

// named are the roles that say nothing without a name (WCAG 4.1.2, 1.1.1).
var named = []string{"button", "link", "radio", "checkbox", "textbox", "combobox", "image", "img", "progressbar", "region", "DisclosureTriangle", "heading", "list", "alert"}

// Every page, in every state, on a telephone and a desk, light and dark, can be read and used by everybody.
func TestBrowserEverybodyCanUseIt(t *testing.T) {
	for name, st := range map[string]State{"fault": full(), "pbx": pbxState(), "healthy": healthyState(), "running": runningState(), "box-fault": {Whole: catalogue.WholeBoxFault}, "new": {}} {
		t.Run(name, func(t *testing.T) {
			at, _ := serve(t, newFakeBox(st))
			b := browser(t)
			paths := []string{"", "?lang=de"}
			if name == "fault" {
				paths = []string{"", "report.html", "explain/3-2", "explain/9-9", "?lang=de", "explain/3-2?lang=de", "explain/9-9?lang=de"}
			}
			for _, path := range paths {
				for view, size := range map[string][2]int64{"phone": {360, 740}, "desktop": {1280, 900}} {
					for _, scheme := range []string{"light", "dark"} {
						b.Do(chromedp.EmulateViewport(size[0], size[1]),
							browse.Media(map[string]string{"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}),
							chromedp.Navigate(home(at)+path), chromedp.WaitReady("main"))
						b.Is(`document.querySelectorAll("details").forEach(d => d.open = true), true`)
						for _, fault := range browse.Get(b, chromedp.Evaluate[[]string](audit)) {
							t.Errorf("/%s on %s, %s: %s", path, view, scheme, fault)
						}
						if (view == "phone") == (scheme == "light") {
							b.Accessible(fmt.Sprintf("/%s on %s, %s", path, view, scheme))
						}
						for _, n := range browse.Get(b, chromedp.Action[[]*accessibility.Node](tree)) {
							if role := said(n.Role); !n.Ignored && slices.Contains(named, role) && strings.TrimSpace(said(n.Name)) == "" {
								if role == "list" || role == "alert" {
									continue
								}
								t.Errorf("/%s on %s: a %s without a name: %s", path, view, role, nodeWords(n))
							}
						}
					}
				}
			}
		})
	}
}

// pbxState is a PBX check that goes on.
func pbxState() State {
	st := healthyState()
	st.PBX = PBX{Can: true, Check: &facts.PBXCheck{Addr: netip.MustParseAddr("192.168.1.20"), Open: true}, Left: time.Minute, Seen: []string{"REGISTER from 192.168.1.9"}}
	return st
}

func nodeWords(n *accessibility.Node) string {
	return fmt.Sprintf("node %s, DOM node %d", n.NodeID, n.BackendDOMNodeID)
}

// With the Tab key alone everything is reached, in the order of the page, and one sees where one is.
func TestBrowserKeyboard(t *testing.T) {
	at, _ := serve(t, newFakeBox(algState()))
	b := browser(t)
	b.Do(chromedp.EmulateViewport(412, 915), chromedp.Navigate(home(at)), chromedp.WaitVisible("#live"))
	stops := browse.Get(b, chromedp.Evaluate[int](`(() => {
  window.order = [...document.querySelectorAll("a[href],button:not(:disabled),summary,input[type=radio],input.typed,pre[tabindex]")].filter(e => e.checkVisibility())
    .filter(e => e.type !== "radio" || (document.querySelector("input[name="+e.name+"]:checked") || e) === e);
  return window.order.length })()`))
	if stops < 15 {
		t.Fatalf("only %d places to stop at", stops)
	}
	for i := range stops {
		b.Do(chromedp.KeyEvent(kb.Tab))
		if !b.Is(fmt.Sprintf(`document.activeElement === window.order[%d]`, i)) {
			t.Fatalf("stop %d is %s, want %s", i, browse.Get(b, chromedp.Evaluate[string](`document.activeElement.outerHTML.slice(0, 120)`)),
				browse.Get(b, chromedp.Evaluate[string](fmt.Sprintf(`window.order[%d].outerHTML.slice(0, 120)`, i))))
		}
		if !b.Is(`(() => { const e = document.activeElement, look = e => { const s = getComputedStyle(e); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 };
  return look(e) || e.nextElementSibling && look(e.nextElementSibling) || e.matches(".skip") })()`) {
			t.Errorf("one does not see that stop %d has the focus: %s", i, browse.Get(b, chromedp.Evaluate[string](`document.activeElement.outerHTML.slice(0, 120)`)))
		}
	}
	b.Do(chromedp.Focus("#step-sip-alg summary"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#step-sip-alg mark"))
}
