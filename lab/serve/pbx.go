package serve

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/icholy/digest"
)

// PBX is the client's telephone system: it registers, and refreshes before the binding ends.
type PBX struct {
	Board[PBXSettings]
	Sent Memory[PBXAttempt]
}

// PBXSettings are the account and the switches of a PBX.
type PBXSettings struct {
	Domain    string // SIP domain
	Username  string
	AuthUser  string // "": Username
	Password  string
	Realm     string        // the realm that the credentials are for; "": any
	Expires   time.Duration // asked for; 0: 10 minutes
	UserAgent string

	// SplitPorts names this port in Via while sending from, and listening on, its one socket. Behind
	// Linux's SIP ALG the replies then go to the port named, and it never registers.
	SplitPorts uint16
	Contact    string        // host:port in Contact; "": the socket's own address
	RetryAfter time.Duration // pause after a failure; 0: 5 s
}

// PBXAttempt is the end of one attempt to register.
type PBXAttempt struct {
	At      time.Time
	Code    int // final answer; 0: none
	Expires time.Duration
}

// NewPBX makes a PBX.
func NewPBX(s PBXSettings) *PBX { return &PBX{Board: Board[PBXSettings]{v: s}} }

// RunUDP registers from conn at server until ctx ends. conn is bound to the PBX's own address, not to
// the unspecified one: it is what Via and Contact name.
func (p *PBX) RunUDP(ctx context.Context, conn net.PacketConn, server net.Addr) error {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	buf := make([]byte, datagramLimit)
	s := session{
		transport: "udp", local: conn.LocalAddr().String(), callID: rand.Text(), resend: true,
		send: func(b []byte) error {
			if _, err := conn.WriteTo(b, server); errors.Is(err, net.ErrClosed) {
				return err
			}
			return nil // refused on the way or no route yet: lost, as any datagram may be
		},
		receive: func(until time.Time) ([]byte, error) {
			if err := conn.SetReadDeadline(until); err != nil {
				return nil, err
			}
			n, _, err := conn.ReadFrom(buf)
			return buf[:n], err
		},
	}
	for ctx.Err() == nil {
		wait, err := p.attempt(&s)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("register at %v over udp: %w", server, err)
		}
		sleep(ctx, wait)
	}
	return nil
}

// RunStream registers over connections that dial opens (transport "tcp" or "tls") until ctx ends. One
// connection serves until it breaks.
func (p *PBX) RunStream(ctx context.Context, transport string, dial func(context.Context) (net.Conn, error)) error {
	callID, cseq := rand.Text(), 0
	for ctx.Err() == nil {
		conn, err := dial(ctx)
		if err != nil {
			p.Sent.add(PBXAttempt{At: time.Now()})
			sleep(ctx, p.Settings().pause())
			continue
		}
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		in := bufio.NewReaderSize(conn, streamLimit)
		s := session{
			transport: transport, local: conn.LocalAddr().String(), callID: callID, cseq: cseq,
			send: func(b []byte) error { _, err := conn.Write(b); return err },
			receive: func(until time.Time) ([]byte, error) {
				if err := conn.SetReadDeadline(until); err != nil {
					return nil, err
				}
				return readMessage(in)
			},
		}
		for err == nil && ctx.Err() == nil {
			var wait time.Duration
			wait, err = p.attempt(&s)
			sleep(ctx, wait)
		}
		cseq = s.cseq
		stop()
		conn.Close()
	}
	return nil
}

// Registered tells whether a binding that was accepted has not ended yet.
func (p *PBX) Registered() bool {
	now := time.Now()
	for _, a := range p.Sent.All() {
		if a.Code == 200 && a.At.Add(a.Expires).After(now) {
			return true
		}
	}
	return false
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func (s PBXSettings) pause() time.Duration {
	if s.RetryAfter == 0 {
		return 5 * time.Second
	}
	return s.RetryAfter
}

// session is one way to the registrar.
type session struct {
	transport, local, callID string
	cseq                     int
	resend                   bool // the transport loses messages
	send                     func([]byte) error
	receive                  func(until time.Time) ([]byte, error) // fails with a timeout at until
}

// attempt registers once, with credentials when challenged, and tells how long to wait before the next
// one. An error means that the session is of no more use.
func (p *PBX) attempt(s *session) (time.Duration, error) {
	set := p.Settings()
	res, err := set.exchange(s, "")
	if code := res.status(); err == nil && (code == 401 || code == 407) {
		if auth := set.credentials(res); auth != "" {
			res, err = set.exchange(s, auth)
		}
	}
	done := PBXAttempt{At: time.Now(), Code: res.status()}
	if done.Code == 200 {
		done.Expires = set.granted(res, s)
	}
	p.Sent.add(done)
	switch {
	case err != nil:
		return set.pause(), err
	case done.Expires > 0:
		return done.Expires / 2, nil
	}
	return set.pause(), nil
}

// Timers of RFC 3261 section 17.1.2; the transaction is given up earlier than after 64 × T1, so that a
// lab run does not wait.
const (
	timerT1   = 500 * time.Millisecond
	timerT2   = 4 * time.Second
	pbxGiveUp = 8 * time.Second
)

// exchange sends one REGISTER until its final response comes. No response is a message without status.
func (s PBXSettings) exchange(on *session, auth string) (sipMessage, error) {
	on.cseq++
	branch := "z9hG4bK" + rand.Text()
	req := s.request(on, branch, auth)
	end := time.Now().Add(pbxGiveUp)
	for pause := timerT1; time.Now().Before(end); pause = min(2*pause, timerT2) {
		if err := on.send(req); err != nil {
			return sipMessage{}, err
		}
		until := end
		if on.resend {
			until = time.Now().Add(pause)
		}
		for {
			b, err := on.receive(until)
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				break
			}
			if errors.Is(err, errPing) {
				continue
			}
			if err != nil {
				return sipMessage{}, err
			}
			m, err := parseSIP(b)
			if err == nil && m.status() >= 200 && strings.Contains(first(m.all("via")), branch) {
				return m, nil
			}
		}
	}
	return sipMessage{}, nil
}

// request is the REGISTER.
func (s PBXSettings) request(on *session, branch, auth string) []byte {
	sentBy, contact := on.local, s.Contact
	if host, _, err := net.SplitHostPort(on.local); err == nil && s.SplitPorts != 0 {
		sentBy = net.JoinHostPort(host, fmt.Sprint(s.SplitPorts))
	}
	if contact == "" {
		contact = on.local
	}
	if on.transport != "udp" {
		contact += ";transport=" + on.transport
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "REGISTER sip:%s SIP/2.0\r\n", s.Domain)
	fmt.Fprintf(&b, "Via: SIP/2.0/%s %s;rport;branch=%s\r\n", strings.ToUpper(on.transport), sentBy, branch)
	fmt.Fprintf(&b, "Max-Forwards: 70\r\n")
	fmt.Fprintf(&b, "From: <sip:%s@%s>;tag=%s\r\n", s.Username, s.Domain, branch[len(branch)-8:])
	fmt.Fprintf(&b, "To: <sip:%s@%s>\r\n", s.Username, s.Domain)
	fmt.Fprintf(&b, "Call-ID: %s\r\nCSeq: %d REGISTER\r\n", on.callID, on.cseq)
	fmt.Fprintf(&b, "Contact: <sip:%s@%s>\r\nExpires: %s\r\n", s.Username, contact, seconds(s.expires()))
	if s.UserAgent != "" {
		fmt.Fprintf(&b, "User-Agent: %s\r\n", s.UserAgent)
	}
	b.WriteString(auth + "Content-Length: 0\r\n\r\n")
	return b.Bytes()
}

func (s PBXSettings) expires() time.Duration {
	if s.Expires == 0 {
		return 10 * time.Minute
	}
	return s.Expires
}

// credentials answer the first challenge that can be answered, as a header line; "" when none can.
func (s PBXSettings) credentials(res sipMessage) string {
	user := s.AuthUser
	if user == "" {
		user = s.Username
	}
	for _, h := range res.headers {
		name := map[string]string{"www-authenticate": "Authorization", "proxy-authenticate": "Proxy-Authorization"}[h.name]
		if name == "" {
			continue
		}
		ch, err := digest.ParseChallenge(h.value)
		if err != nil || s.Realm != "" && ch.Realm != s.Realm {
			continue
		}
		c, err := digest.Digest(ch, digest.Options{Method: "REGISTER", URI: "sip:" + s.Domain, Username: user, Password: s.Password, Count: 1})
		if err == nil {
			return name + ": " + c.String() + "\r\n"
		}
	}
	return ""
}

// granted is how long the registrar keeps the binding.
func (s PBXSettings) granted(res sipMessage, on *session) time.Duration {
	for _, v := range append(res.all("contact"), "<>;expires="+res.get("expires")) {
		c := parseNameAddr(v)
		if n, err := time.ParseDuration(c.params["expires"] + "s"); err == nil && (c.uri == "" || parseURI(c.uri).user == s.Username) {
			return n
		}
	}
	return s.expires()
}
