package report

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"trunktester/appliance/catalogue/words"
)

func page(t *testing.T, r Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.HTML(&b, words.InEnglish(), "http://trunktester-kit-0042.local/"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestHTMLGolden leaves the style sheet out: it is its own source.
func TestHTMLGolden(t *testing.T) {
	for name, in := range map[string]Input{"sample": sample(), "empty": {}} {
		got := strings.Replace(string(page(t, Build(in))), Style(), "", 1)
		golden(t, filepath.Join("testdata", name+".html"), []byte(got))
	}
}

func TestHTMLNeedsNothingElse(t *testing.T) {
	got := string(page(t, Build(sample())))
	for _, bad := range []string{"<script", "<link", "<img", "@import", "url(", " style=", " onclick", "src="} {
		if strings.Contains(got, bad) {
			t.Errorf("%q stands in the standalone report", bad)
		}
	}
	if !strings.Contains(got, "<path d=\"M") {
		t.Error("no QR code")
	}
}

func TestHTMLEscapesTheNetwork(t *testing.T) {
	in := sample()
	evil := "</pre><script>alert(1)</script>\x1b[31m\u202e"
	in.Steps[1].Saw, in.Steps[1].Evidence[0].Received, in.Steps[1].Evidence[0].Text = evil, evil, evil
	in.Requests[0].Reason, in.Verdict.Text, in.Profile.Kit.Name = evil, evil, evil
	got := string(page(t, Build(in)))
	if strings.Contains(got, "<script") {
		t.Error("text of the network became an element")
	}
	if regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u202e]").MatchString(got) {
		t.Error("control characters are left")
	}
}
