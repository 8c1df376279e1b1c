package profile

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// checker turns the raw file into a Profile and collects what is wrong with it.
type checker struct {
	name     string
	places   places
	file     map[string]any
	readFile ReadFile
	problems Problems
	said     map[string]bool // the keys that have their problem
}

// problem reports the first thing that is wrong with a key.
func (c *checker) problem(key, format string, args ...any) {
	if c.said[key] {
		return
	}
	c.said[key] = true
	c.problems = append(c.problems, Problem{File: c.name, Line: c.places.line(key), Text: fmt.Sprintf(format, args...)})
}

func (c *checker) profile(in raw) *Profile {
	p := Default()
	c.trunk(in, &p.Trunk)
	c.expect(in, &p.Expect)
	c.provider(in, &p.Provider)
	c.pbx(in, &p.PBX)
	c.line(in, &p.Line)
	c.network(in, &p.Network)
	c.internet(in, &p.Internet)
	p.Page.Listen = c.word("page.listen", in.Page.Listen, "on", "off") == "on"
	c.kit(in, &p.Kit)
	c.leds(in, &p.LEDs)
	return &p
}

func (c *checker) trunk(in raw, t *Trunk) {
	if !c.has("trunk") {
		if len(c.problems) == 0 {
			c.problem("trunk", "there is no [trunk] table: write [trunk] and below it domain, username and password, as in trunk.toml.example")
		}
		return
	}
	r := in.Trunk
	t.Realm, t.SettingsChanged = r.Realm, r.SettingsChanged
	if t.Domain = strings.TrimSpace(r.Domain); t.Domain == "" {
		c.problem("trunk.domain", "[trunk] needs domain = \"...\", the SIP domain of the trunk")
	} else if !hostname(t.Domain) {
		c.problem("trunk.domain", "domain must be a name alone: write it without sip: and without a port, as in \"sip.example.net\"")
	}
	if r.Proxy != "" {
		t.ProxyHost, t.ProxyPort = c.hostPort("trunk.proxy", r.Proxy, "proxy")
	}
	t.Port = c.number("trunk.port", r.Port, 0, 65535)
	t.Transport = c.word("trunk.transport", r.Transport, "udp", "tcp", "tls")
	t.Auth = c.word("trunk.auth", r.Auth, "register", "ip")
	t.Username, t.AuthUser = strings.TrimSpace(r.Username), strings.TrimSpace(or(r.AuthUser, r.Username))
	if strings.ContainsAny(t.Username, "@: <>\"") {
		c.problem("trunk.username", "username must be the user part alone: write it without sip: and without @ and the domain")
	}
	t.Password = c.password(r.Password, r.PasswordFile)
	if r.TLSCA != "" {
		t.TLSCA = []byte(r.TLSCA)
		if !x509.NewCertPool().AppendCertsFromPEM(t.TLSCA) {
			c.problem("trunk.tls_ca", "tls_ca holds no certificate: paste all from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE----- between \"\"\" and \"\"\"")
		}
	}
	switch t.Auth {
	case "register":
		if t.Username == "" {
			c.problem("trunk.username", "[trunk] needs username = \"...\" (or auth = \"ip\" for a trunk that is known by its address)")
		}
		if r.Password == "" && r.PasswordFile == "" {
			c.problem("trunk.password", "[trunk] needs password = \"...\" or password_file = \"...\"")
		}
		if r.CheckIP != "" {
			c.problem("trunk.check_ip", "check_ip is only used with auth = \"ip\": set auth or take check_ip out")
		}
	case "ip":
		if r.CheckIP == "" {
			c.problem("trunk.check_ip", "auth = \"ip\" needs check_ip = \"...\", the address set in the portal")
			return
		}
		t.CheckIP = c.addr("trunk.check_ip", r.CheckIP, "check_ip")
	}
}

func (c *checker) password(written, file string) Secret {
	if file == "" {
		return Secret(written)
	}
	if written != "" {
		c.problem("trunk.password_file", "password and password_file are both there: keep one of them")
		return ""
	}
	if c.readFile == nil {
		c.problem("trunk.password_file", "password_file cannot be used here: write password instead")
		return ""
	}
	b, err := c.readFile(file)
	if err != nil {
		c.problem("trunk.password_file", "the password file cannot be read: put it beside the profile and write its name here")
		return ""
	}
	s := strings.TrimRight(string(b), "\r\n")
	if s == "" {
		c.problem("trunk.password_file", "the password file is empty: write the password in its first line")
	} else if strings.ContainsAny(s, "\x00\r\n") {
		c.problem("trunk.password_file", "the password file must be plain text with one line: the password and nothing else")
		return ""
	}
	return Secret(s)
}

func (c *checker) expect(in raw, e *Expect) {
	e.Port = c.number("expect.port", in.Expect.Port, 0, 65535)
	if in.Expect.NAT != "" {
		e.NAT = c.word("expect.nat", in.Expect.NAT, "yes", "no")
	}
	if in.Expect.RTP == "" {
		return
	}
	low, top, ok := strings.Cut(in.Expect.RTP, "-")
	a, err1 := strconv.ParseUint(strings.TrimSpace(low), 10, 16)
	b, err2 := strconv.ParseUint(strings.TrimSpace(top), 10, 16)
	if !ok || err1 != nil || err2 != nil || a < 1 || a > b {
		c.problem("expect.rtp", "rtp must be a range of ports, the lower one first: write it as \"10000-20000\"")
		return
	}
	e.RTPLow, e.RTPTop = int(a), int(b)
}

func (c *checker) provider(in raw, p *Provider) {
	r := in.Provider
	p.Name, p.Phone, p.ShowsBindings = r.Name, r.Phone, r.ShowsBindings
	if r.Portal != "" {
		p.Portal = c.page("provider.portal", r.Portal)
	}
	for i, s := range r.Networks {
		n, err := netip.ParsePrefix(s)
		if a, single := netip.ParseAddr(s); single == nil {
			n, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			c.problem("provider.networks", "entry %d of networks is no network: write it as \"198.51.100.0/24\"", i+1)
			continue
		}
		p.Networks = append(p.Networks, n.Masked())
	}
	if c.has("provider.stun") {
		p.STUN = c.hosts("provider.stun", r.STUN)
	}
	if r.Reflector != "" {
		c.hostPort("provider.reflector", r.Reflector, "reflector")
		p.Reflector = r.Reflector
	}
	switch {
	case r.Token == "":
	case r.Reflector == "":
		c.problem("provider.reflector_token", "reflector_token is only used with reflector: set reflector or take reflector_token out")
	case len(strings.TrimSpace(r.Token)) < leastToken:
		c.problem("provider.reflector_token", "reflector_token must have at least %d characters: write what stands in the reflector's own token file", leastToken)
	default:
		p.Token = Secret(strings.TrimSpace(r.Token))
	}
}

// leastToken is the reflector's own bound.
const leastToken = 16

func (c *checker) pbx(in raw, p *PBX) {
	p.Location = c.word("pbx.location", in.PBX.Location, "site", "hosted")
	if in.PBX.Address != "" {
		p.Address = c.addr("pbx.address", in.PBX.Address, "address")
	}
	if c.has("pbx.max_bindings") {
		p.MaxBindings = c.number("pbx.max_bindings", in.PBX.MaxBindings, 1, 1000)
	}
}

func (c *checker) line(in raw, l *Line) {
	l.Kind = c.word("line.kind", in.Line.Kind, "broadband", "leased")
	if in.Line.Edge != "" {
		l.Edge = c.addr("line.edge", in.Line.Edge, "edge")
	}
}

func (c *checker) network(in raw, n *Network) {
	r := in.Network
	n.Mode = c.word("network.mode", r.Mode, "dhcp", "static")
	n.VLAN = c.number("network.vlan", r.VLAN, 0, 4094)
	if n.Interface = r.Interface; n.Interface != "" && !interfaceName.MatchString(n.Interface) {
		c.problem("network.interface", "interface must be the name of a network interface: write it as \"eth0\", or take it out for the first wired one")
	}
	n.DNS = c.addrs("network.dns", r.DNS, nil)
	if n.Mode == "dhcp" {
		if r.Address != "" {
			c.problem("network.address", "address is only used with mode = \"static\": set mode or take address out")
		}
		if r.Gateway != "" {
			c.problem("network.gateway", "gateway is only used with mode = \"static\": set mode or take gateway out")
		}
		return
	}
	prefix, err := netip.ParsePrefix(r.Address)
	if err != nil || !prefix.Addr().Is4() {
		c.problem("network.address", "mode = \"static\" needs address with its mask, as in address = \"192.168.1.50/24\"")
		return
	}
	n.Address = prefix
	if r.Gateway == "" {
		c.problem("network.gateway", "mode = \"static\" needs gateway, the router's address, as in gateway = \"192.168.1.1\"")
		return
	}
	n.Gateway = c.addr("network.gateway", r.Gateway, "gateway")
	if n.Gateway.IsValid() && !prefix.Contains(n.Gateway) {
		c.problem("network.gateway", "the gateway %s lies outside the network %s: check both", n.Gateway, prefix.Masked())
	} else if n.Gateway == prefix.Addr() {
		c.problem("network.gateway", "gateway and address are the same: gateway is the router's address, address that of this box")
	}
}

// interfaceName follows dev_valid_name in Linux net/core/dev.c, without the characters that no driver uses.
var interfaceName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$`)

func (c *checker) internet(in raw, w *Internet) {
	r := in.Internet
	w.Targets = c.addrs("internet.targets", r.Targets, w.Targets)
	w.Resolvers = c.addrs("internet.resolvers", r.Resolvers, w.Resolvers)
	if r.PortalCheck != nil {
		w.PortalCheck = *r.PortalCheck
		if w.PortalCheck != "" {
			w.PortalCheck = c.page("internet.portal_check", w.PortalCheck)
		}
	}
	if c.has("internet.ntp") {
		w.NTP = c.hosts("internet.ntp", r.NTP)
	}
	w.SIPControls = c.hosts("internet.sip_controls", r.SIPControls)
}

func (c *checker) kit(in raw, k *Kit) {
	k.Name, k.Reseller = in.Kit.Name, in.Kit.Reseller
	if in.Kit.SupportUntil == "" {
		return
	}
	day, err := time.Parse(time.DateOnly, in.Kit.SupportUntil)
	if err != nil {
		c.problem("kit.support_until", "support_until must be a date: write it as \"2031-12-31\"")
	}
	k.SupportUntil = day
}

func (c *checker) leds(in raw, l *LEDs) {
	l.ActiveLow = in.LEDs.ActiveLow
	before := len(c.problems)
	for i, r := range []rawPair{in.LEDs.Light1, in.LEDs.Light2, in.LEDs.Light3, in.LEDs.Light4, in.LEDs.Light5} {
		key := fmt.Sprintf("leds.light%d", i+1)
		c.line27(key, r.Red, &l.Lights[i].Red)
		c.line27(key, r.Green, &l.Lights[i].Green)
	}
	c.line27("leds.button", in.LEDs.Button, &l.Button)
	if len(c.problems) > before {
		return
	}
	used := map[int]string{l.Button: "leds.button"}
	for i, pair := range l.Lights {
		key := fmt.Sprintf("leds.light%d", i+1)
		for _, n := range []int{pair.Red, pair.Green} {
			if other := used[n]; other != "" {
				if !c.has(key) {
					key = other
				}
				c.problem(key, "number %d is used twice in [leds]: give every colour and the button a number of its own", n)
			}
			used[n] = key
		}
	}
}

// line27 reads a BCM number of the 40-pin header: 0 to 27.
func (c *checker) line27(key string, n *int64, into *int) {
	if n != nil {
		*into = c.number(key, *n, 0, 27)
	}
}
