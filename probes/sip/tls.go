package sip

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"trunktester/probes/facts"
)

// Trust is what a certificate is judged by.
type Trust struct {
	Domain string         // the SIP domain, not the name of the server (RFC 5922 section 7)
	Proxy  string         // the outbound proxy that is configured by name; a certificate for it is good as well; "" for none
	Roots  *x509.CertPool // nil: the system's authorities
	Now    *time.Time     // true time; nil when the clock is not known: the dates are then not judged, name and authority are
}

// TLS connects and shakes hands. The session is reported whatever the certificate is worth: we judge it
// after the handshake, so that a bad chain can be shown. A faulty certificate is no error; the caller
// reads session.Fault and sends no credentials over such a connection.
func (d Dialer) TLS(ctx context.Context, remote netip.AddrPort, trust Trust) (*Stream, facts.Answer, *facts.TLSSession, error) {
	conn, answer, err := d.dialTCP(ctx, remote)
	if err != nil {
		return nil, answer, nil, err
	}
	session := &facts.TLSSession{ClockKnown: trust.Now != nil}
	wanted := false
	config := &tls.Config{
		ServerName:         trust.asked(),
		InsecureSkipVerify: true, // judged below by us, with our own clock
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			wanted = true
			return &tls.Certificate{}, nil
		},
	}
	secure := tls.Client(conn, config)
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	err = secure.HandshakeContext(ctx)
	describe(session, secure.ConnectionState().PeerCertificates)
	if err != nil {
		conn.Close()
		session.Error, session.Fault = err.Error(), "handshake"
		session.Stalled = errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
		if wanted {
			session.Fault = "client-certificate"
		}
		return nil, facts.Answered, session, fmt.Errorf("TLS handshake with %s: %w", remote, err)
	}
	session.Fault = trust.Fault(secure.ConnectionState().PeerCertificates)
	s := newStream(d, "tls", secure, remote)
	s.wanted = wanted
	return s, facts.Answered, session, nil
}

func describe(session *facts.TLSSession, chain []*x509.Certificate) {
	if len(chain) == 0 {
		return
	}
	leaf := chain[0]
	session.Names = append(session.Names, leaf.DNSNames...)
	for _, u := range leaf.URIs {
		session.Names = append(session.Names, u.String())
	}
	for _, a := range leaf.IPAddresses {
		session.Names = append(session.Names, a.String())
	}
	if len(session.Names) == 0 {
		session.Names = []string{leaf.Subject.CommonName}
	}
	session.Issuer = leaf.Issuer.String()
	session.NotBefore, session.NotAfter = leaf.NotBefore.UTC(), leaf.NotAfter.UTC()
}

// Fault judges a chain: "expired", "not-yet", "unknown-authority", "name", or "" when it is good. Without a clock it takes the leaf to be as new as it can be, so
// that no date is held against it.
func (t Trust) Fault(chain []*x509.Certificate) string {
	if len(chain) == 0 {
		return ""
	}
	leaf := chain[0]
	now := leaf.NotBefore
	if t.Now != nil {
		now = *t.Now
	}
	switch {
	case now.After(leaf.NotAfter):
		return "expired"
	case now.Before(leaf.NotBefore):
		return "not-yet"
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: t.Roots, Intermediates: between, CurrentTime: now})
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "expired"
	case err != nil:
		return "unknown-authority"
	case !names(leaf, t.Domain) && (t.Proxy == "" || !names(leaf, t.Proxy)):
		return "name"
	}
	return ""
}

// asked is the name that the client asks for (RFC 6066 section 3): that of the host that it was told to contact.
func (t Trust) asked() string {
	if _, err := netip.ParseAddr(t.Proxy); t.Proxy == "" || err == nil {
		return t.Domain
	}
	return t.Proxy
}

// names says whether the certificate is for the SIP domain: a sip or sips URI without a user, or a DNS
// name (RFC 5922 section 7.1). Wildcards, which that section forbids, are let pass, as PBXs do.
func names(leaf *x509.Certificate, domain string) bool {
	for _, u := range leaf.URIs {
		if (strings.EqualFold(u.Scheme, "sip") || strings.EqualFold(u.Scheme, "sips")) && strings.EqualFold(u.Opaque, domain) {
			return true
		}
	}
	return leaf.VerifyHostname(domain) == nil
}
