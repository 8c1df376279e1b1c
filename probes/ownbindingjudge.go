package probes

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// tooBrief reports whether the provider wants longer registrations, and of how many seconds at least (RFC 3261 sections
// 10.3 and 20.23).
func tooBrief(reply *sip.Message) (least int, ok bool) {
	if reply == nil || reply.Code != 423 {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(reply.Get("Min-Expires")), 10, 31)
	return int(n), err == nil && n > ownBindingExpires
}

// held are the names under which the provider may hold the box's registration: as it was sent, and where the answer showed
// another one, that. A device that rewrote an address when it was registered may leave it alone when it is removed, as
// nf_conntrack_sip does.
func (b *ownBinding) held() []string {
	if b.canary == "" {
		return []string{b.contact}
	}
	at, sent := b.seen.canary, sip.Contact{URI: b.canary}.Host()
	if !at.IsValid() { // not shown: as such a device would have written it
		at = netip.AddrPortFrom(outside(b.login.known), sent.Port())
	}
	names := []string{b.canary, b.contact}
	if at.IsValid() && at != sent {
		names = append([]string{strings.Replace(b.canary, "@"+sent.String(), "@"+at.String(), 1)}, names...)
	}
	return names
}

// compare tells what others have registered afterwards, and who was lost.
func (b *ownBinding) compare(list []facts.Binding) {
	b.fact.AfterKnown = true
	for _, c := range list {
		if b.own(c) {
			b.fact.Removed = false
			continue
		}
		b.fact.After = append(b.fact.After, c)
	}
	for _, c := range b.before {
		there := func(o facts.Binding) bool { return o.URI == c.URI }
		if !b.own(c) && !slices.ContainsFunc(b.fact.After, there) && !slices.ContainsFunc(b.fact.Lost, there) {
			b.fact.Lost = append(b.fact.Lost, c)
		}
	}
}

// own recognises the box's registration, whatever the provider made of its address.
func (b *ownBinding) own(c facts.Binding) bool { return strings.Contains(c.URI, b.user()) }

// user is the user part of the box's registration, which nobody else has.
func (b *ownBinding) user() string { return userOf(b.contact) }

// concluded is the result after the removal.
func (b *ownBinding) concluded() Result {
	f := &b.fact
	saw, outcome := "", facts.Failed
	switch {
	case b.said != nil && !f.Registered:
		saw = words.Said("saw.own-refused", "answer", status(b.said))
		if least, ok := tooBrief(b.said); ok {
			saw += " " + words.Said("saw.own-least", "least", least, "most", longestOwnExpires)
		}
	case !f.Registered:
		saw = words.Said("saw.own-silent")
	case f.Shown == nil:
		saw = words.Said("saw.own-no-list")
	case *f.Shown:
		outcome, saw = facts.Passed, words.Said("saw.own-shown")
	default:
		saw = words.Said("saw.own-hidden")
	}
	saw += b.viewed()
	if f.Registered && !f.Removed {
		saw += " " + words.Said("saw.own-unremoved", "time", f.Expires)
	}
	for _, c := range f.Lost {
		saw += " " + words.Said("saw.own-lost", "contact", c.URI)
	}
	return b.result(outcome, saw)
}
