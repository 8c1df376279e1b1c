package page

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"
)

func body(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Browsers get the page in a fraction of its bytes, everybody else as it is.
func TestSqueezed(t *testing.T) {
	h := handler(t, newFakeBox(full()))
	for _, path := range []string{"/", "/style.css", "/live.js", "/report.json", "/report.html", "/report.txt", "/nothing/?", "/report.txt?run=unknown"} {
		plain := request(h, "GET", path, nil)
		if plain.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s is encoded for whoever did not ask", path)
		}
		whole := body(t, plain.Body)
		small := request(h, "GET", path, nil, "Accept-Encoding", "br, gzip;q=0.8")
		if small.StatusCode != plain.StatusCode || small.Header.Get("Content-Type") != plain.Header.Get("Content-Type") {
			t.Errorf("%s: %s as %s, else %s as %s", path, small.Status, small.Header.Get("Content-Type"), plain.Status, plain.Header.Get("Content-Type"))
		}
		if small.Header.Get("Content-Encoding") != "gzip" {
			if small.StatusCode == 200 {
				t.Errorf("%s is not squeezed", path)
			}
			continue
		}
		packed := body(t, small.Body)
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if got := body(t, z); !bytes.Equal(got, whole) {
			t.Errorf("%s: %d bytes squeezed, %d plain", path, len(got), len(whole))
		}
		if small.StatusCode == 200 && len(packed) > len(whole)/2 {
			t.Errorf("%s: %d bytes of %d", path, len(packed), len(whole))
		}
	}
}

func TestWhoTakesGzip(t *testing.T) {
	for accepted, want := range map[string]bool{"": false, "gzip": true, "GZIP": true, "deflate, gzip;q=1.0, *;q=0.5": true, "br": false,
		"gzip;q=0": false, "gzip; q=0.000": false, "gzip; q=0.1": true, "identity": false, "gzipped": false} {
		if got := takesGzip(accepted); got != want {
			t.Errorf("%q: %v, want %v", accepted, got, want)
		}
	}
}
