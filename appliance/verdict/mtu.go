package verdict

import (
	"net/netip"
	"slices"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// mtu is 2-8: large packets vanish, and nobody says so. It stops only a trunk whose own TLS handshake, which is
// made of large packets, is stuck. Where only name servers can be asked, that handshake is the second sign.
func mtu(in Input) []candidate {
	f := in.Facts
	if byIPv6(f) {
		return nil // it is looked for by IPv4
	}
	c := candidate{code: "2-8", kind: catalogue.Hurts}
	halted := stuck(in)
	if hosts, gone := blackhole(f); gone {
		c.text = words.Said("verdict.packets-vanish", "large", f.MTU.Large, "hosts", list(hosts), "small", f.MTU.Small)
	} else if halted {
		bytes, _ := largeUnanswered(f)
		c.text = words.Said("verdict.packets-dns", "large", bytes, "small", f.MTU.Small)
	} else {
		return nil
	}
	if halted {
		c.kind = catalogue.Stops
		c.text += " " + words.Said("verdict.tls-stuck", "server", f.TLS.Targets[0].Target)
	}
	return []candidate{c}
}

// blackhole reports whether large packets vanish: at two hosts or more, by ping and by UDP, while small ones are
// answered; none was answered anywhere, and no device told a size.
func blackhole(f facts.Facts) (hosts []netip.Addr, gone bool) {
	if f.MTU == nil || f.MTU.Passed() || f.MTU.Path() > 0 {
		return nil, false
	}
	ways := map[string]bool{}
	for _, p := range f.MTU.Asked {
		if p.Small != facts.Answered || p.Large != facts.Silent || p.Sends < mtuTries {
			continue
		}
		if ways[p.Way] = true; !slices.Contains(hosts, p.Addr) {
			hosts = append(hosts, p.Addr)
		}
	}
	return hosts, ways["icmp"] && ways["udp"] && len(hosts) >= mtuHosts
}

// largeUnanswered gives the size of packets that no host answers while it answers small ones, where that was seen by
// one way only, since nobody answers ping: then it may be a habit of name servers.
func largeUnanswered(f facts.Facts) (bytes int, one bool) {
	if f.MTU == nil || f.MTU.Passed() || f.MTU.Path() > 0 {
		return 0, false
	}
	hosts := 0
	for _, p := range f.MTU.Asked {
		switch {
		case p.Way == "icmp" && p.Small == facts.Answered:
			return 0, false
		case p.Small == facts.Answered && p.Large == facts.Silent && p.Sends >= mtuTries:
			hosts++
		}
	}
	return f.MTU.Large, hosts >= mtuHosts
}

// stuck reports whether a trunk that uses TLS is stopped by vanishing packets.
func stuck(in Input) bool {
	f := in.Facts
	if trunk(in).Transport != "tls" || byIPv6(f) || f.TLS == nil || len(f.TLS.Targets) == 0 || answered(f, "tls") {
		return false
	}
	_, gone := blackhole(f)
	_, one := largeUnanswered(f)
	return (gone || one) && !slices.ContainsFunc(f.TLS.Targets, func(a facts.Attempt) bool { return a.TLS == nil || !a.TLS.Stalled })
}
