package probes

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"time"

	"github.com/miekg/dns"

	"trunktester/probes/facts"
	"trunktester/probes/sip"
	"trunktester/probes/via"
)

// Limits of a question over HTTPS.
const (
	dnsHTTPSPort  = 443
	dnsHTTPSPath  = "/dns-query" // the path of RFC 8484 section 4.1.1, which the big public resolvers have
	dnsHTTPSType  = "application/dns-message"
	dnsHTTPSConns = 2 // for each resolver: the questions of a name wait for each other rather than shake hands anew
)

// What answers at a resolver's address and is none that speaks DNS over HTTPS as we do.
var (
	errDNSCertificate = errors.New("the certificate is not the resolver's")
	errDNSPage        = errors.New("the answer is no DNS message")
)

// dnsHTTPS makes the way on which resolvers are asked over HTTPS. The certificate must be good for the resolver's
// address, or the question is not sent: what answers then is what the resolver said, whatever stands between. Without a
// clock the dates of the certificate are not judged. The caller closes idle connections. It speaks HTTP/1.1; a
// resolver that wants HTTP/2 does not answer.
func dnsHTTPS(i via.Interface, trust sip.Trust) *http.Transport {
	return &http.Transport{
		MaxConnsPerHost: dnsHTTPSConns, MaxResponseHeaderBytes: 16 << 10, DisableCompression: true,
		ResponseHeaderTimeout: dnsPatience,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, dnsPatience)
			defer cancel()
			conn, err := socketDialer(i).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			of := trust
			of.Domain, _ = dnsSplit(address, dnsHTTPSPort)
			secure := tls.Client(conn, &tls.Config{
				ServerName: of.Domain, NextProtos: []string{"http/1.1"},
				InsecureSkipVerify: true, // judged below, with a clock of our own
				VerifyConnection: func(s tls.ConnectionState) error {
					if fault := of.Fault(s.PeerCertificates); fault != "" {
						return fmt.Errorf("%w: %s", errDNSCertificate, fault)
					}
					return nil
				},
			})
			if err := secure.HandshakeContext(ctx); err != nil {
				conn.Close()
				return nil, err
			}
			return secure, nil
		},
	}
}

// onlyHTTPS asks over HTTPS (RFC 8484), once.
func (r dnsReply) onlyHTTPS(ctx context.Context) dnsReply {
	asking, cancel := context.WithTimeout(ctx, dnsPatience)
	defer cancel()
	start := time.Now()
	err := r.post(asking)
	switch {
	case ctx.Err() != nil:
		return r.end(ctx, ctx.Err())
	case r.msg != nil:
		r.answer, r.rtt = facts.Answered, time.Since(start)
		return r
	case errors.Is(err, errDNSPage), errors.Is(err, errDNSCertificate), errors.As(err, new(tls.RecordHeaderError)), errors.As(err, new(tls.AlertError)):
		r.err, r.answer = err, facts.Refused
		return r
	}
	return r.end(ctx, err)
}

// post sends the question and keeps the message that answers it.
func (r *dnsReply) post(ctx context.Context) error {
	q := r.query(false)
	q.Id = 0 // RFC 8484 section 4.1
	raw, err := q.Pack()
	if err != nil {
		return fmt.Errorf("pack question for %q: %w", r.name, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+r.server.String()+dnsHTTPSPath, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", dnsHTTPSType)
	request.Header.Set("Accept", dnsHTTPSType)
	answer, err := r.web.RoundTrip(request)
	if err != nil {
		return fmt.Errorf("ask %s over HTTPS: %w", r.server, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, dns.MaxMsgSize))
	if err != nil {
		return fmt.Errorf("read from %s over HTTPS: %w", r.server, err)
	}
	if kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")); answer.StatusCode != http.StatusOK || kind != dnsHTTPSType {
		return fmt.Errorf("%w: %s of type %q from %s", errDNSPage, answer.Status, kind, r.server)
	}
	if r.msg = r.match(body, map[uint16]time.Time{0: {}}); r.msg == nil {
		r.junk = nil
		return fmt.Errorf("%w from %s", errDNSPage, r.server)
	}
	return nil
}
