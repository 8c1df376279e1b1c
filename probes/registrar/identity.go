package registrar

import (
	"net/url"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

// name compares a username of the PBX with the trunk's.
func name(got, want, domain string) facts.Match {
	got, want = plain(got), plain(want)
	switch {
	case got == want:
		return facts.Match{Is: facts.Same}
	case got == "":
		return facts.Match{Is: facts.Slipped, Slip: words.Said("slip.empty")}
	case strings.EqualFold(got, want+"@"+domain):
		return facts.Match{Is: facts.Slipped, Slip: words.Said("slip.domain-behind")}
	case strings.HasPrefix(got, want+"@"):
		return facts.Match{Is: facts.Slipped, Slip: words.Said("slip.at-behind")}
	case strings.HasPrefix(want, got+"@"):
		return facts.Match{Is: facts.Slipped, Slip: words.Said("slip.no-at")}
	}
	for words, value := range slips(want) {
		if got == value {
			return facts.Match{Is: facts.Slipped, Slip: words}
		}
	}
	if sameNumber(number(got), number(want)) {
		return facts.Match{Is: facts.Slipped, Slip: words.Said("slip.number-form")}
	}
	return facts.Match{Is: facts.Other}
}

// plain takes the escapes of a SIP URI away (RFC 3261 section 19.1.4: then they are equal).
func plain(s string) string {
	if p, err := url.PathUnescape(s); err == nil {
		return p
	}
	return s
}

// number is the part of a telephone number that its forms share: without separators, and without +, 00 or 0 in
// front of it; "" for what is no number.
func number(s string) string {
	s = strings.NewReplacer(" ", "", "-", "", ".", "", "(", "", ")", "", "/", "").Replace(s)
	s = strings.TrimPrefix(s, "+")
	if strings.Trim(s, "0123456789") != "" {
		return ""
	}
	s = strings.TrimLeft(s, "0")
	if len(s) < 6 {
		return ""
	}
	return s
}

// sameNumber reports whether two numbers differ by a country code at most, which has three digits at most
// (ITU-T E.164).
func sameNumber(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	return b != "" && len(a)-len(b) <= 3 && strings.HasSuffix(a, b)
}

// host compares the domain of the PBX with the trunk's. The box's own address or name is no answer: the person
// may have pointed the PBX here by just that field.
func host(got, want, own string) facts.Match {
	got = strings.TrimSuffix(strings.ToLower(got), ".")
	switch {
	case got == "", got == own, strings.HasPrefix(got, profile.Kit{}.HostName()) && got != strings.ToLower(want):
		return facts.Match{}
	case got == strings.TrimSuffix(strings.ToLower(want), "."):
		return facts.Match{Is: facts.Same}
	}
	for words, value := range slips(strings.ToLower(want)) {
		if got == strings.ToLower(value) {
			return facts.Match{Is: facts.Slipped, Slip: words}
		}
	}
	return facts.Match{Is: facts.Other}
}

// address takes a SIP URI apart: sip:user:password@host:port;params.
func address(uri string) (user, host string) {
	_, rest, ok := strings.Cut(uri, ":")
	if !ok {
		rest = uri
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		user, _, _ = strings.Cut(rest[:i], ":")
		user, _, _ = strings.Cut(user, ";")
		rest = rest[i+1:]
	}
	if i := strings.IndexAny(rest, ";?>"); i >= 0 {
		rest = rest[:i]
	}
	if strings.HasPrefix(rest, "[") {
		host, _, _ = strings.Cut(rest[1:], "]")
		return user, host
	}
	host, _, _ = strings.Cut(rest, ":")
	return user, strings.TrimSpace(host)
}
