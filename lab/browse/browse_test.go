package browse

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A page with faults is found faulty, and one without is not: else a clean page would prove nothing.
func TestAxeFindsFaults(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'")
		body := `<h1>Good</h1><p>Text that can be read.</p>`
		if r.URL.Path == "/bad" {
			body = `<h1>Bad</h1><img src="/x.png" width="9" height="9"><p style="color:#bbb;background:#fff">Text that is too pale.</p><form><input></form>`
		}
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><title>A page</title></head><body><main>%s</main></body></html>`, body)
	}))
	defer server.Close()
	b := Open(t, "page.local", strings.TrimPrefix(server.URL, "http://"))
	b.Do(chromedp.Navigate("http://page.local/"), chromedp.WaitVisible("h1"))
	if found := b.Violations(); len(found) > 0 {
		t.Errorf("a good page has faults: %q", found)
	}
	b.Do(chromedp.Navigate("http://page.local/bad"), chromedp.WaitVisible("h1"))
	found := b.Violations()
	for _, rule := range []string{"image-alt:", "color-contrast:", "label:"} {
		if !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, rule) }) {
			t.Errorf("%s is not found: %q", rule, found)
		}
	}
}
