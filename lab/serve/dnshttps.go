package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

// ServeHTTPS answers questions by POST over HTTPS (RFC 8484 section 4.1) on ln until ctx ends.
func (s *DNS) ServeHTTPS(ctx context.Context, ln net.Listener, leaf tls.Certificate) error {
	srv := &http.Server{
		Handler:           http.HandlerFunc(s.page),
		ReadHeaderTimeout: 10 * time.Second, // a lab client sends at once
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          log.New(io.Discard, "", 0), // a client that only connects is no event
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{leaf}},
	}
	defer context.AfterFunc(ctx, func() { srv.Close() })()
	if err := srv.ServeTLS(ln, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("DNS over HTTPS on %v: %w", ln.Addr(), err)
	}
	return nil
}

func (s *DNS) page(w http.ResponseWriter, r *http.Request) {
	const message = "application/dns-message"
	raw, err := io.ReadAll(io.LimitReader(r.Body, dns.MaxMsgSize))
	q := new(dns.Msg)
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/dns-query" || r.Header.Get("Content-Type") != message ||
		q.Unpack(raw) != nil || len(q.Question) != 1 {
		http.Error(w, "one DNS question by POST, please", http.StatusBadRequest)
		return
	}
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	reply := s.reply(r.Context(), from, "https", q)
	if reply == nil {
		<-r.Context().Done()
		return
	}
	if raw, err = reply.Pack(); err != nil {
		http.Error(w, "the answer cannot be packed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", message)
	_, _ = w.Write(raw) // the client may be gone
}
