package page

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// squeezed sends what a handler answers in fewer bytes to whoever takes them so (RFC 9110 section 8.4.1.3): the
// evidence of a run is long, and says much the same again and again. Nothing secret is in it that its length could tell.
func squeezed(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept-Encoding")
		if !takesGzip(r.Header.Get("Accept-Encoding")) {
			next(w, r)
			return
		}
		z := &squeezer{ResponseWriter: w, gzip: gzip.NewWriter(w)}
		next(z, r)
		if z.begun {
			z.gzip.Close() // the client has gone when this fails
		}
	}
}

func takesGzip(accepted string) bool {
	for coding := range strings.SplitSeq(accepted, ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(coding, " ", ""), ";")
		if strings.EqualFold(name, "gzip") {
			return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
}

// squeezer compresses what is written.
type squeezer struct {
	http.ResponseWriter
	gzip  *gzip.Writer
	begun bool
}

func (z *squeezer) WriteHeader(code int) {
	z.Header().Set("Content-Encoding", "gzip")
	z.ResponseWriter.WriteHeader(code)
}

func (z *squeezer) Write(b []byte) (int, error) {
	if !z.begun {
		z.begun = true
		z.Header().Set("Content-Encoding", "gzip")
	}
	return z.gzip.Write(b)
}
