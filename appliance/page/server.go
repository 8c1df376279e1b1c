package page

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"trunktester/appliance/catalogue/words"
)

// limits bound what any client can make the box do.
type limits struct {
	connections int           // open at a time, over all addresses: a few phones and laptops
	streams     int           // of those, event streams
	body        int64         // bytes: the largest form is well under 1 KiB
	header      int           // bytes
	read        time.Duration // a whole request, its headers included
	write       time.Duration // a whole answer; an event stream: each event
	idle        time.Duration
	beat        time.Duration // an event stream is never silent for longer
}

func defaultLimits() limits {
	return limits{connections: 16, streams: 8, body: 64 << 10, header: 16 << 10,
		read: 5 * time.Second, write: 30 * time.Second, idle: 15 * time.Second, beat: 5 * time.Second}
}

// Options are what a Server needs. Box is required.
type Options struct {
	Box       Box
	Own       []netip.Prefix  // the box's own addresses with their on-link prefix; Serveable decides
	Port      uint16          // 0: any free one
	Interface string          // zone of a link-local IPv6 address
	Kit       string          // name of the kit, for the host name
	Hosts     []string        // further Host names that are allowed: those of a forwarder
	Called    func() []string // names that the box has by mDNS at present; nil: none
	Version   string
	Start     string                                      // tells one start of the program from another: an open page then says that the box was started again
	Log       *slog.Logger                                // nil: silent
	Control   func(string, string, syscall.RawConn) error // binds the listening sockets to the interface; nil: not bound
}

// Server serves the page.
type Server struct {
	opt     Options
	own     []netip.Prefix
	names   []string
	limits  limits
	pages   map[string]*template.Template // by the tag of their language
	style   []byte
	streams chan struct{}
}

// New prepares a server. It opens nothing.
func New(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	pages := map[string]*template.Template{}
	for _, l := range words.All() {
		t, err := templates(l)
		if err != nil {
			return nil, err
		}
		pages[l.Tag] = t
	}
	l := defaultLimits()
	return &Server{opt: o, own: Serveable(o.Own), names: append(HostNames(o.Kit), o.Hosts...), limits: l,
		pages: pages, style: style(), streams: make(chan struct{}, l.streams)}, nil
}

// Listen opens a socket on each address that may be served, and on no other. There may be none: then
// the list is empty, and the lights have to do.
func (s *Server) Listen(ctx context.Context) ([]net.Listener, error) {
	var open []net.Listener
	lc := net.ListenConfig{Control: s.opt.Control}
	for _, p := range s.own {
		addr := p.Addr()
		if addr.Is6() && addr.IsLinkLocalUnicast() {
			addr = addr.WithZone(s.opt.Interface)
		}
		at := netip.AddrPortFrom(addr, s.opt.Port).String()
		l, err := lc.Listen(ctx, "tcp", at)
		if err != nil {
			for _, l := range open {
				l.Close()
			}
			return nil, fmt.Errorf("listen on %s for the page: %w", at, err)
		}
		open = append(open, l)
	}
	return open, nil
}

// Serve answers on the listeners until ctx is done, and closes them.
func (s *Server) Serve(ctx context.Context, open []net.Listener) error {
	srv := &http.Server{
		Handler:        s.Handler(),
		ReadTimeout:    s.limits.read,
		WriteTimeout:   s.limits.write,
		IdleTimeout:    s.limits.idle,
		MaxHeaderBytes: s.limits.header,
		ErrorLog:       slog.NewLogLogger(s.opt.Log.Handler(), slog.LevelDebug),
		BaseContext:    func(net.Listener) context.Context { return ctx }, // ends the event streams
	}
	failed := make(chan error, len(open)+1)
	slots := make(chan struct{}, s.limits.connections)
	for _, l := range open {
		go func() { failed <- srv.Serve(neighbours{l, s.own, slots}) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if srv.Shutdown(last) != nil {
		srv.Close()
	}
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the page: %w", err)
	}
	return nil
}

// known are the names under which the page may be asked for.
func (s *Server) known() []string {
	if s.opt.Called == nil {
		return s.names
	}
	return slices.Concat(s.names, s.opt.Called())
}

// Handler is the page with all its guards but those of the listener.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", squeezed(s.home))
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("GET /report.json", squeezed(s.reportJSON))
	mux.HandleFunc("GET /report.txt", squeezed(s.reportText))
	mux.HandleFunc("GET /report.html", squeezed(s.reportHTML))
	mux.HandleFunc("GET /capture.pcapng", s.capture)
	mux.HandleFunc("GET /metrics", s.metrics)
	mux.HandleFunc("GET /explain/{code}", s.explain)
	mux.HandleFunc("GET /style.css", squeezed(s.asset("text/css; charset=utf-8", s.style)))
	mux.HandleFunc("GET /live.js", squeezed(s.asset("text/javascript; charset=utf-8", liveJS)))
	mux.HandleFunc("GET /icon.svg", s.asset("image/svg+xml", icon))
	mux.HandleFunc("POST /run", s.run)
	mux.HandleFunc("POST /position", s.position)
	mux.HandleFunc("POST /answers", s.answers)
	mux.HandleFunc("POST /site", s.site)
	mux.HandleFunc("POST /pbx-check", s.pbxCheck)
	mux.HandleFunc("POST /consent", s.consent)

	guarded := http.NewCrossOriginProtection().Handler(http.MaxBytesHandler(mux, s.limits.body))
	return headers(s.fromLink(allowHosts(s.own, s.known, guarded)))
}

// headers are on every answer. Referrer-Policy is same-origin, since with no-referrer browsers send
// "Origin: null" with our own forms.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy("'self'"))
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func policy(style string) string {
	return "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self'; style-src " + style +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}

// fromLink is the listener's rule again, where a handler stands behind another listener.
func (s *Server) fromLink(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !onLink(from.Addr(), s.own) {
			http.Error(w, language(r).Say("refused.link"), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
