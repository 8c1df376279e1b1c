package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Web is the page that answers 204 with no body, or the captive portal that stands in its place.
type Web struct {
	Board[WebSettings]
	Seen Memory[WebRequest]
}

// WebSettings are the switches of a web server.
type WebSettings struct {
	Portal     string // captive: every request is redirected to this URL; the portal's own page answers 200
	Altered    bool   // a filter's page: 200 with a body where 204 is due
	Silent     bool   // the connection is accepted and nothing is answered
	DateOffset time.Duration
}

// WebRequest is one HTTP request.
type WebRequest struct {
	At        time.Time
	From      netip.AddrPort
	Method    string
	Host      string
	Path      string
	UserAgent string
}

// NewWeb makes a web server.
func NewWeb(s WebSettings) *Web { return &Web{Board: Board[WebSettings]{v: s}} }

// Serve answers on ln until ctx ends.
func (s *Web) Serve(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{
		Handler:           http.HandlerFunc(s.answer),
		ReadHeaderTimeout: 10 * time.Second, // a lab client sends at once
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	defer context.AfterFunc(ctx, func() { srv.Close() })()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("web on %v: %w", ln.Addr(), err)
	}
	return nil
}

// loginPath is the captive portal's own page.
const loginPath = "/login"

func (s *Web) answer(w http.ResponseWriter, r *http.Request) {
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	s.Seen.add(WebRequest{time.Now(), from, r.Method, r.Host, r.URL.Path, r.UserAgent()})
	set := s.Settings()
	if set.Silent {
		<-r.Context().Done()
		return
	}
	w.Header().Set("Date", time.Now().Add(set.DateOffset).UTC().Format(http.TimeFormat))
	switch {
	case r.URL.Path == loginPath:
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintln(w, "<title>Welcome</title><p>Please log in to use this network.")
	case set.Portal != "":
		http.Redirect(w, r, set.Portal, http.StatusFound)
	case set.Altered:
		fmt.Fprintln(w, "This page was checked by your web filter.")
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}
