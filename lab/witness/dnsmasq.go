package witness

import (
	"context"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/miekg/dns"

	"trunktester/lab/serve"
)

// Dnsmasq gives addresses and answers names.
type Dnsmasq struct{ *Process }

// DnsmasqOptions are the records and the pool of a dnsmasq.
type DnsmasqOptions struct {
	Listen   []netip.Addr          // for DNS
	NoDNS    bool                  // addresses only
	Zone     serve.Zone            // A, AAAA, CNAME, SRV and NAPTR records
	Lies     map[string]netip.Addr // addresses told for names and everything below them; "*" for all
	NXDOMAIN []string              // names, with everything below them, that do not exist
	// Upstream answers what Zone does not; the zero value: nobody, such names do not exist.
	Upstream netip.AddrPort

	Interface   string // for DHCP; "": names only
	First, Last netip.Addr
	Prefix      netip.Prefix // its length is the mask
	Router      netip.Addr
	DNS, NTP    []netip.Addr
	Lease       time.Duration // at least 2 minutes: dnsmasq gives none shorter; 0: an hour
	KnownOnly   bool          // devices that it was not told of get no answer
	ReplyDelay  time.Duration // rounded up to whole seconds
}

// StartDnsmasq starts a name and DHCP server and waits until it serves.
func StartDnsmasq(ctx context.Context, launch Launcher, o DnsmasqOptions) (*Dnsmasq, error) {
	config, err := o.config()
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, launch, "dnsmasq", map[string][]byte{"dnsmasq.conf": []byte(config)}, func(folder string) []string {
		// --no-daemon: stays in the foreground, keeps its user, logs to stderr.
		return []string{"/usr/sbin/dnsmasq", "--no-daemon", "--conf-file=" + filepath.Join(folder, "dnsmasq.conf"),
			"--dhcp-leasefile=" + filepath.Join(folder, "leases")}
	}, readiness{line: "started, version"})
	if err != nil {
		return nil, err
	}
	return &Dnsmasq{p}, nil
}

func (o DnsmasqOptions) config() (string, error) {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("log-facility=-\nlog-queries=extra\nlog-dhcp\nno-resolv\nno-hosts\nno-poll\nbind-interfaces\nno-negcache\ncache-size=0")
	for _, a := range o.Listen {
		line("listen-address=%v", a)
	}
	if o.NoDNS {
		line("port=0")
	}
	if o.Upstream.IsValid() {
		line("server=%v#%d", o.Upstream.Addr(), o.Upstream.Port())
	} else {
		line("address=/#/") // every other name: NXDOMAIN
	}
	for name, lie := range o.Lies {
		line("address=/%s/%v", strings.Replace(name, "*", "#", 1), lie)
	}
	for _, name := range o.NXDOMAIN {
		line("address=/%s/", name)
	}
	for _, rrs := range o.Zone {
		for _, rr := range rrs {
			record, err := directive(rr)
			if err != nil {
				return "", err
			}
			line("%s", record)
		}
	}
	if o.Interface == "" {
		return b.String(), nil
	}
	lease := o.Lease
	if lease == 0 {
		lease = time.Hour
	}
	mask := netip.PrefixFrom(netip.AddrFrom4([4]byte{255, 255, 255, 255}), o.Prefix.Bits()).Masked().Addr()
	line("interface=%s\ndhcp-authoritative\ndhcp-sequential-ip\nno-ping", o.Interface)
	line("dhcp-range=%v,%v,%v,%d", o.First, o.Last, mask, int(lease/time.Second))
	if o.KnownOnly {
		line("dhcp-ignore=tag:!known")
	}
	if o.ReplyDelay > 0 {
		line("dhcp-reply-delay=%d", int((o.ReplyDelay+time.Second-1)/time.Second))
	}
	line("dhcp-option=option:router%s", list(o.Router))
	line("dhcp-option=option:dns-server%s", list(o.DNS...))
	line("dhcp-option=option:ntp-server%s", list(o.NTP...))
	return b.String(), nil
}

// none is no address.
var none netip.Addr

func one(a netip.Addr) []netip.Addr { return []netip.Addr{a} }

// list is ",a,b"; without addresses it is empty, by which dnsmasq leaves the option out.
func list(as ...netip.Addr) (s string) {
	for _, a := range as {
		if a.IsValid() {
			s += "," + a.String()
		}
	}
	return s
}

// directive is dnsmasq's way to write a record.
func directive(rr dns.RR) (string, error) {
	name := strings.TrimSuffix(rr.Header().Name, ".")
	cut := func(fqdn string) string { return strings.TrimSuffix(fqdn, ".") }
	switch rr := rr.(type) {
	case *dns.A:
		return fmt.Sprintf("host-record=%s,%v", name, rr.A), nil
	case *dns.AAAA:
		return fmt.Sprintf("host-record=%s,%v", name, rr.AAAA), nil
	case *dns.CNAME:
		return fmt.Sprintf("cname=%s,%s", name, cut(rr.Target)), nil
	case *dns.SRV:
		return fmt.Sprintf("srv-host=%s,%s,%d,%d,%d", name, cut(rr.Target), rr.Port, rr.Priority, rr.Weight), nil
	case *dns.NAPTR:
		return fmt.Sprintf("naptr-record=%s,%d,%d,%s,%s,%s,%s", name, rr.Order, rr.Preference, rr.Flags, rr.Service, rr.Regexp, cut(rr.Replacement)), nil
	}
	return "", fmt.Errorf("dnsmasq: cannot serve the record %v", rr)
}

// questionLine: dnsmasq: 1 198.51.100.9/40000 query[A] sip.lab.example from 198.51.100.9
var questionLine = regexp.MustCompile(` (\S+)/(\d+) query\[([A-Z0-9]+)\] (\S+) from `)

// Seen are the questions that it logged; complete after Stop. It does not tell times or transports.
func (d *Dnsmasq) Seen() (seen []serve.DNSQuestion) {
	for _, line := range d.log.all() {
		m := questionLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		from, err := netip.ParseAddrPort(m[1] + ":" + m[2])
		if err != nil {
			continue
		}
		seen = append(seen, serve.DNSQuestion{From: from, Name: dns.CanonicalName(m[4]), Type: m[3]})
	}
	return seen
}

// dhcpLine: dnsmasq-dhcp: 3155404302 DHCPREQUEST(lan) 192.168.1.100 02:00:00:00:00:01
var dhcpLine = regexp.MustCompile(` (DHCP[A-Z]+)\([^)]*\) (.*)`)

// DHCP counts the DHCP messages that it logged, its own included, by name ("DHCPDISCOVER");
// complete after Stop.
func (d *Dnsmasq) DHCP() map[string]int {
	count := map[string]int{}
	for _, line := range d.log.all() {
		if m := dhcpLine.FindStringSubmatch(line); m != nil {
			count[m[1]]++
		}
	}
	return count
}
