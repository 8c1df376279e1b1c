// Package browse shows pages to a test in a real Chromium, which reaches this machine only, and judges them with
// axe-core as people need them who see little, hear them read out, or use no mouse. What it saw is kept as pictures.
package browse

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axe is axe-core 4.14.1 as it is published, under the Mozilla Public License 2.0 (axe.LICENSE).
//
//go:embed axe.min.js
var axe string

// patience is for one step on a loaded machine, which starts Chromium slowly.
const patience = 60 * time.Second

// Tab is one page in the browser. Each call ends within a minute, or the test with it.
type Tab struct {
	*testing.T
	ctx context.Context
}

// Open starts a browser that resolves a name as that address with its port, such as 127.0.0.1:8080, and no other: on a
// real site the page is an origin without TLS at a name, where forms are judged by Origin and Host.
func Open(t *testing.T, name, at string) Tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is needed:", err)
		}
		t.Skip("no chromium on this machine:", err)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath(path), chromedp.NoFirstRun, chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("no-proxy-server", true), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("host-resolver-rules", "MAP "+name+" "+at+", MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return Tab{t, ctx}
}

// Do carries out actions one after another.
func (b Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	for i, a := range actions {
		if err := b.run(func(ctx context.Context) error { return chromedp.Do(ctx, a) }); err != nil {
			b.Fatalf("action %d: %v", i+1, err)
		}
	}
}

// Get is what an action gives.
func Get[T any](b Tab, a chromedp.Action[T]) T {
	b.Helper()
	var got T
	if err := b.run(func(ctx context.Context) (err error) { got, err = chromedp.Run(ctx, a); return err }); err != nil {
		b.Fatal(err)
	}
	return got
}

// Is reports whether a JavaScript expression is true on the page.
func (b Tab) Is(expression string) bool {
	b.Helper()
	return Get(b, chromedp.Evaluate[bool](expression))
}

// Text is the text of the first element that a selector finds.
func (b Tab) Text(selector string) string {
	b.Helper()
	return strings.Join(strings.Fields(Get(b, chromedp.Text(selector))), " ")
}

// Until waits for an expression to become true.
func (b Tab) Until(what, expression string) {
	b.Helper()
	for end := time.Now().Add(patience); !b.Is(expression); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("%s: not within %v; the page says %.2000q", what, patience, b.Text("body"))
		}
	}
}

// run ends the whole browser when time is up: the first action's context must have no deadline.
func (b Tab) run(f func(context.Context) error) error {
	ended := make(chan error, 1)
	go func() { ended <- f(b.ctx) }()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		return context.DeadlineExceeded
	}
}

// Scripts switches JavaScript of the page on or off.
func Scripts(on bool) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return chromedp.Void{}, err
	}
}

// Media has the page believe in features of its medium, such as prefers-color-scheme.
func Media(features map[string]string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		var p emulation.SetEmulatedMediaParams
		for name, value := range features {
			p.Features = append(p.Features, &emulation.MediaFeature{Name: name, Value: value})
		}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, p)
		return chromedp.Void{}, err
	}
}

// Accessible fails the test for each violation that axe-core finds on the page as it stands.
func (b Tab) Accessible(what string) {
	b.Helper()
	for _, fault := range b.Violations() {
		b.Errorf("%s: %s", what, fault)
	}
}

// Violations are what axe-core finds on the page as it stands, by any of its rules.
func (b Tab) Violations() []string {
	b.Helper()
	b.Do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) { // past the page's content security policy
		_, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{Expression: axe})
		return chromedp.Void{}, err
	})
	if !b.Is(`window.faults = undefined, axe.run(document).then(r => window.faults = r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + v.help + ": " + n.html.slice(0, 160))), e => window.faults = ["axe-core: " + e]), true`) {
		b.Fatal("axe-core does not run")
	}
	b.Until("axe-core", `Array.isArray(window.faults)`)
	return Get(b, chromedp.Evaluate[[]string](`window.faults`))
}

// A view is a screen that people have.
type view struct {
	name          string
	width, height int64
}

// Pictures looks at the page as it stands on a telephone and on a desk, and keeps what it saw, with the whole page below
// the edge, in the folder ARTEFACTS where that is set. A page that is wider than its screen fails the test.
func (b Tab) Pictures(name string) {
	b.Helper()
	folder := os.Getenv("ARTEFACTS")
	for _, v := range []view{{"desktop", 1280, 900}, {"phone", 412, 915}} {
		b.Do(chromedp.EmulateViewport(v.width, v.height))
		if over := Get(b, chromedp.Evaluate[int](`document.documentElement.scrollWidth - document.documentElement.clientWidth`)); over > 0 {
			b.Errorf("%s is %d px too wide on a %s", name, over, v.name)
		}
		if folder == "" {
			continue
		}
		for part, shot := range map[string][]byte{"": Get(b, chromedp.CaptureScreenshot()), "-whole": Get(b, chromedp.FullScreenshot(100))} {
			b.Keep(fmt.Sprintf("%s-%s%s.png", name, v.name, part), shot)
		}
	}
}

// Keep writes a file into the folder ARTEFACTS where that is set.
func (b Tab) Keep(name string, content []byte) {
	b.Helper()
	folder := os.Getenv("ARTEFACTS")
	if folder == "" {
		return
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
		b.Fatal(err)
	}
}
