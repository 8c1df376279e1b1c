package probes

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// search is the search on one way.
type search struct {
	ALG
	way      way
	proofs   []facts.Proof
	evidence []facts.Evidence
}

// pair is one comparison: the places of its probe and control among the questions.
type pair struct {
	id             string
	probe, control int
	judge          judgement
	far            bool // the far end could do the same: asked over TLS, unless another proof stands
}

func (s *search) run(ctx context.Context, known facts.Facts) error {
	conn, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	questions, pairs := s.plan(conn)
	if s.way.transport == "udp" {
		doors, err := s.doors(ctx)
		if err != nil {
			return err
		}
		for _, q := range doors {
			defer q.Conn.Close()
		}
		pairs = append(pairs, pair{"A3", len(questions), len(questions) + 1, judgeDoor, false})
		questions = append(questions, doors...)
	}
	exchanges, pairs := s.registerToo(ctx, conn, sip.Burst(ctx, questions...), pairs)
	findings := make([]finding, len(pairs))
	for i, p := range pairs {
		findings[i] = p.judge(exchanges[p.probe], exchanges[p.control])
	}
	if doubtful(pairs, findings) {
		findings = againstTLS(pairs, findings, s.overTLS(ctx, known.TLS, pairs, exchanges))
	}
	for i, p := range pairs {
		s.file(p, findings[i], exchanges)
	}
	for _, x := range exchanges {
		if !polite(x.Err) {
			err = errors.Join(err, x.Err)
		}
	}
	return err
}

// polite says that an error is our own restraint, not a failure to send.
func polite(err error) bool { return errors.Is(err, sip.ErrStopped) || errors.Is(err, sip.ErrBudget) }

func (s *search) open(ctx context.Context) (sip.Conn, error) {
	if s.way.transport == "tcp" {
		conn, _, err := s.Dial.TCP(ctx, s.way.to)
		if err != nil {
			return nil, err
		}
		return conn, nil
	}
	conn, err := s.Dial.UDP(ctx, s.way.to)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// plan is the comparisons that share one socket. Each control differs from its probe in one thing: a host
// name in the Via (A1, A2), nothing of ours in Via, From and Call-ID (A6).
func (s *search) plan(conn sip.Conn) ([]sip.Question, []pair) {
	hidden := hiddenAt(conn)
	ask := func(method string, change func(*sip.Request)) sip.Question {
		r := s.request(method)
		change(&r)
		return sip.Question{Conn: conn, Request: r, Purpose: sip.Search}
	}
	questions := []sip.Question{
		ask(s.way.method, func(r *sip.Request) { r.Canary, r.Sends = false, 0 }), // silence to this one ends the run: it is sent as often as any
		ask(s.way.method, func(r *sip.Request) { r.SentBy, r.Sends = hidden, 3 }),
	}
	pairs := []pair{{"A1", 0, 1, judgeReceived, false}}
	if s.way.register && s.way.transport != "tls" { // there only what the far end could do is asked again
		pairs = append(pairs, pair{"A1", len(questions), len(questions) + 1, judgeReceived, false})
		questions = append(questions,
			ask(sip.REGISTER, func(*sip.Request) {}),
			ask(sip.REGISTER, func(r *sip.Request) { r.SentBy = hidden }))
	}
	if s.way.part {
		return questions, pairs
	}
	pairs = append(pairs,
		pair{"A2", len(questions), len(questions) + 1, judgeMissing, true},
		pair{"A6", len(questions) + 2, 1, judgeMirror, true})
	return append(questions,
		ask(s.way.method, func(r *sip.Request) { r.NoRPort = true }),
		ask(s.way.method, func(r *sip.Request) { r.NoRPort, r.SentBy = true, hidden }),
		ask(s.way.method, func(r *sip.Request) { s.plant(r, conn.Local()) })), pairs
}

// registerToo repeats A2 by REGISTER, where it was clean by another message: some devices change nothing else, and leave
// received= in answers as it is. It waits for that, as behind a router that changes ports nothing would come back.
func (s *search) registerToo(ctx context.Context, conn sip.Conn, exchanges []sip.Exchange, pairs []pair) ([]sip.Exchange, []pair) {
	i := slices.IndexFunc(pairs, func(p pair) bool { return p.id == "A2" })
	if !s.way.register || i < 0 || pairs[i].judge(exchanges[pairs[i].probe], exchanges[pairs[i].control]).result != algClean {
		return exchanges, pairs
	}
	probe := s.request(sip.REGISTER)
	probe.NoRPort = true
	control := probe
	control.SentBy = hiddenAt(conn)
	n := len(exchanges)
	both := sip.Burst(ctx, sip.Question{Conn: conn, Request: probe, Purpose: sip.Search}, sip.Question{Conn: conn, Request: control, Purpose: sip.Search})
	return append(exchanges, both...), append(pairs, pair{"A2", n, n + 1, judgeMissing, true})
}

// hiddenAt is a Via's sent-by that no device takes for the box's.
func hiddenAt(conn sip.Conn) string { return fmt.Sprintf("%s:%d", noHost, conn.Local().Port()) }

// noHost is a name that no device can take for the box (RFC 2606 section 2).
const noHost = "probe.invalid"

func (s *search) request(method string) sip.Request {
	r := optionsTo(s.Domain, s.Username)
	if method == sip.REGISTER {
		r = registerAt(s.Domain, s.Username)
	}
	r.Canary, r.Sends = true, 2
	return r
}

// plant puts the box's address where an ALG looks for it. The From of a REGISTER stays, as it is the account.
func (s *search) plant(r *sip.Request, local netip.AddrPort) {
	r.CallID = sip.Token(8) + "@" + local.Addr().String()
	if r.Method == sip.OPTIONS {
		user, _, _ := strings.Cut(r.From, "@")
		r.From = user + "@" + local.String()
	}
}

// doors are probe and control of A3, each from a socket of its own, since nf_nat_sip remembers for the whole
// flow where the Via pointed.
func (s *search) doors(ctx context.Context) ([]sip.Question, error) {
	var questions []sip.Question
	for _, host := range []string{"", noHost} {
		conn, err := s.Dial.UDP(ctx, s.way.to)
		if err != nil {
			return nil, errors.Join(err, closeAll(questions))
		}
		r := s.request(s.way.method)
		questions = append(questions, sip.Question{Conn: conn, Request: r, Purpose: sip.Search})
		door, err := conn.Door(ctx)
		if err != nil {
			return nil, errors.Join(err, closeAll(questions))
		}
		sentBy := door.String()
		if host != "" {
			sentBy = fmt.Sprintf("%s:%d", host, door.Port())
		}
		questions[len(questions)-1].Request.SentBy = sentBy
	}
	return questions, nil
}

func closeAll(questions []sip.Question) error {
	var err error
	for _, q := range questions {
		err = errors.Join(err, q.Conn.Close())
	}
	return err
}

// overTLS repeats the doubtful comparisons, with the same kind of message, where nobody can rewrite them; nil when TLS does
// not pass.
func (s *search) overTLS(ctx context.Context, path *facts.Path, pairs []pair, clear []sip.Exchange) []finding {
	w, ok := wayOf(path)
	if !ok {
		return nil
	}
	conn, _, _, err := s.Dial.TLS(ctx, w.to, sip.Trust{Domain: s.Domain, Proxy: s.Proxy, Roots: s.Roots})
	if err != nil {
		return nil
	}
	defer conn.Close()
	tls := search{ALG: s.ALG, way: way{transport: "tls", to: w.to, method: w.method, register: s.way.register && w.register}}
	questions, same := tls.plan(conn)
	exchanges, same := tls.registerToo(ctx, conn, sip.Burst(ctx, questions...), same)
	findings := make([]finding, len(pairs))
	for i, p := range pairs {
		for _, q := range same {
			if p.far && q.id == p.id && exchanges[q.probe].Request.Method == clear[p.probe].Request.Method {
				findings[i] = q.judge(exchanges[q.probe], exchanges[q.control])
			}
		}
	}
	return findings
}

func (s *search) file(p pair, f finding, exchanges []sip.Exchange) {
	probe, control := exchanges[p.probe], exchanges[p.control]
	why := words.Said("saw.alg-over", "method", probe.Request.Method, "transport", strings.ToUpper(s.way.transport), "why", f.why)
	proof := facts.Proof{ID: p.id, Transport: s.way.transport, Result: f.result, Why: why, Probe: probe.Facts(), Control: control.Facts()}
	s.proofs = append(s.proofs, proof)
	s.evidence = append(s.evidence, pairEvidence(proof)...)
}

// comparison says what one comparison came to, by its name.
func comparison(p facts.Proof) string {
	return words.Said("alg.comparison", "id", called(p.ID), "why", p.Why)
}

// called is what a comparison is called in words: A1 to A9 as they are.
func called(id string) string {
	switch id {
	case algPBXPort:
		return words.Said("alg.id-port")
	case algAlone:
		return words.Said("alg.id-alone")
	}
	return id
}

// pairEvidence is both messages of a comparison, side by side.
func pairEvidence(p facts.Proof) []facts.Evidence {
	return []facts.Evidence{
		{Kind: "probe", Text: comparison(p), Sent: p.Probe.Sent, Received: p.Probe.Received},
		{Kind: "control", Text: words.Said("alg.control-of", "id", called(p.ID)), Sent: p.Control.Sent, Received: p.Control.Received},
	}
}
