package appliance

import (
	"net/netip"
	"strings"
	"time"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/probes"
	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// This file is on what conditions the steps of the checklist are made: what makes one pointless, enough or later.

// A full run measures the line for a minute, at the spacing of the slowest usual voice packets, and half a minute of
// voice.
const (
	fullProbes   = 1000
	fullInterval = 60 * time.Millisecond
	fullVoice    = 1500
)

func quality(p parts) probes.Quality {
	q := probes.Quality{Via: p.through, Targets: family(p.profile.Internet.Targets, false)}
	if p.full {
		q.Count, q.Interval = fullProbes, fullInterval
	}
	return q
}

func qualityLimit(full bool) time.Duration {
	if full {
		return fullProbes*fullInterval + 10*time.Second
	}
	return 9 * time.Second
}

func voice(p parts, far probes.FarEnd) probes.Voice {
	v := probes.Voice{FarEnd: far}
	if p.full {
		v.Count = fullVoice
	}
	return v
}

func voiceLimit(full bool) time.Duration {
	if full {
		return fullVoice*20*time.Millisecond + 10*time.Second
	}
	return 9 * time.Second
}

func hasAddress(f facts.Facts) bool {
	return f.Address != nil && f.Address.Prefix.IsValid() && f.Address.Prefix.Addr() != netip.IPv4Unspecified()
}

func hasTarget(f facts.Facts) bool { return f.Name != nil && len(f.Name.Targets) > 0 }

func without(t profile.Trunk) string {
	if t.Domain == "" {
		return words.Said("why.no-trunk")
	}
	return ""
}

func withoutPage(i profile.Internet) string {
	if i.PortalCheck == "" {
		return words.Said("why.no-page")
	}
	return ""
}

func withoutEdge(l profile.Line) string {
	switch {
	case l.Edge.IsValid():
		return ""
	case l.Kind == "leased":
		return words.Said("why.no-edge")
	}
	return words.Said("why.not-leased")
}

func withoutControls(p profile.Profile) string {
	switch {
	case without(p.Trunk) != "":
		return without(p.Trunk)
	case len(p.Internet.SIPControls) == 0 && p.Provider.Reflector == "":
		return words.Said("why.no-controls")
	}
	return ""
}

// lifetime measures in a full run; else what was measured earlier on this line is told. The measurement takes minutes,
// and everything else is known long before.
func lifetime(p parts, far probes.FarEnd) probes.Probe {
	switch {
	case p.full:
		return slowLifetime(p.through, far)
	case p.background:
		return probes.LifetimeBefore{Kept: p.lifetime, None: words.Said("why.lifetime-later")}
	}
	return probes.LifetimeBefore{Kept: p.lifetime, None: words.Said("why.lifetime-full")}
}

func slowLifetime(i via.Interface, far probes.FarEnd) probes.Lifetime {
	return probes.Lifetime{Via: i, Ways: []probes.LifetimeWay{probes.LifetimeByReflector{FarEnd: far}, probes.LifetimeBySTUN{}, probes.LifetimeByCollision{}}}
}

func unlessUDP(t profile.Trunk) string {
	if without(t) == "" && t.Transport != "udp" {
		return words.Said("why.no-fragments", "transport", strings.ToUpper(t.Transport))
	}
	return without(t)
}

func withoutIntercept(t profile.Trunk) string {
	if without(t) == "" && t.Transport == "tls" {
		return words.Said("why.tls-intercept")
	}
	return without(t)
}

// withoutReflector says what the lack of a reflector means.
func withoutReflector(p profile.Profile, so string) string {
	if without(p.Trunk) == "" && p.Provider.Reflector == "" {
		return so
	}
	return without(p.Trunk)
}

func unlessAuth(t profile.Trunk, auth string) string {
	switch {
	case without(t) != "":
		return without(t)
	case t.Auth == auth:
		return ""
	case t.Auth == "ip":
		return words.Said("why.by-address")
	}
	return words.Said("why.by-login")
}

// clockAfter: the Date of a SIP reply may tell the time where NTP does not; but a TLS trunk needs the time first.
func clockAfter(t profile.Trunk) []string {
	if t.Transport == "tls" {
		return nil
	}
	return []string{"sip-udp", "sip-tcp"}
}

// afterOwn: the trunk's own transport is asked first, so that a provider that refuses does so there. Before
// TLS comes the clock, where the trunk uses it: certificates are judged only with one.
func afterOwn(t profile.Trunk, transport string) []string {
	switch {
	case t.Transport != transport:
		return []string{"sip-" + t.Transport}
	case transport == "tls":
		return []string{"clock"}
	}
	return nil
}

// family are those of the addresses that are IPv6 ones, or those that are not.
func family(all []netip.Addr, six bool) (some []netip.Addr) {
	for _, a := range all {
		if a.Is6() == six {
			some = append(some, a)
		}
	}
	return some
}
