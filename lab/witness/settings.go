package witness

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"trunktester/lab/serve"
)

// UnplayableError names the switches of our own server that an outside program does not have.
type UnplayableError struct {
	Program  string
	Switches []string
}

// Error is one clause.
func (e *UnplayableError) Error() string {
	return fmt.Sprintf("%s has no switch like %s", e.Program, strings.Join(e.Switches, ", "))
}

// unplayable is an error when a field of settings that is not in known has been set.
func unplayable(program string, settings any, known ...string) error {
	var set []string
	v := reflect.ValueOf(settings)
	for i := range v.NumField() {
		if name := v.Type().Field(i).Name; !v.Field(i).IsZero() && !slices.Contains(known, name) {
			set = append(set, name)
		}
	}
	if set != nil {
		return &UnplayableError{program, set}
	}
	return nil
}

// KamailioPlays tells whether a Kamailio can do as our registrar does with these settings: nil, or an
// *UnplayableError. ServerHeader and Date are its own.
func KamailioPlays(s serve.RegistrarSettings) error {
	known := []string{"Accounts", "Realm", "MinExpires", "MaxExpires", "ServerHeader", "Date", "Silent", "IgnoreOptions",
		"SilentAfterCredentials", "ProxyChallenge", "ForceCode", "WrongPasswordCode", "UnknownUserCode", "StaleOnce", "RefuseQuery",
		"HideBindings", "RewriteContacts"}
	if len(s.Algorithms) <= 1 {
		known = append(known, "Algorithms")
	}
	for _, refusal := range []serve.Refusal{s.ForceCode, s.RefuseQuery} {
		if refusal.Contact != "" || refusal.Reason != "" {
			return &UnplayableError{"Kamailio", []string{"Refusal.Contact", "Refusal.Reason"}}
		}
	}
	return unplayable("Kamailio", s, known...)
}

// DnsmasqLeases are the options of a dnsmasq that gives addresses as our server does with these
// settings, on the interface name; else the error is an *UnplayableError. Silent becomes a dnsmasq that
// serves known devices only; a delay is a whole second or more.
func DnsmasqLeases(s serve.DHCPSettings, name string) (DnsmasqOptions, error) {
	err := unplayable("dnsmasq", s, "Server", "Prefix", "First", "Size", "Router", "DNS", "NTP", "Lease", "Silent", "NoRouter",
		"RouterOutsideSubnet", "Delay")
	if err != nil {
		return DnsmasqOptions{}, err
	}
	o := DnsmasqOptions{Listen: one(s.Server), Interface: name, First: s.First, Last: s.First, Prefix: s.Prefix, Router: s.Router, DNS: s.DNS, NTP: s.NTP,
		Lease: s.Lease, KnownOnly: s.Silent, ReplyDelay: s.Delay}
	for range s.Size - 1 {
		o.Last = o.Last.Next()
	}
	switch {
	case s.NoRouter:
		o.Router = none
	case s.RouterOutsideSubnet.IsValid():
		o.Router = s.RouterOutsideSubnet
	}
	return o, nil
}

// DnsmasqAnswers tells whether a dnsmasq can answer names as our server does with these settings: nil,
// or an *UnplayableError. Silent is a matter of its upstream.
func DnsmasqAnswers(s serve.DNSSettings) error {
	return unplayable("dnsmasq", s, "Zone", "Forward", "Silent", "Lies", "NXDOMAIN")
}
