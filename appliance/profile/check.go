package profile

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// checker turns the raw file into a Profile and collects what is wrong with it.
type checker struct {
	name     string
	text     []byte
	meta     toml.MetaData
	readFile ReadFile
	problems Problems
}

func (c *checker) problem(key, format string, args ...any) {
	c.problems = append(c.problems, Problem{File: c.name, Line: lineOf(c.text, key), Text: fmt.Sprintf(format, args...)})
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
	r := in.Trunk
	t.Domain, t.Realm, t.SettingsChanged = strings.TrimSpace(r.Domain), r.Realm, r.SettingsChanged
	switch {
	case t.Domain == "":
		c.problem("trunk.domain", "[trunk] needs domain = \"...\", the SIP domain of the trunk")
	case !hostname(t.Domain):
		c.problem("trunk.domain", "%q is no domain: write only the name, as in sip.example.net", t.Domain)
	}
	if r.Proxy != "" {
		t.ProxyHost, t.ProxyPort = c.hostPort("trunk.proxy", r.Proxy)
	}
	t.Port = c.number("trunk.port", r.Port, 0, 65535)
	t.Transport = c.word("trunk.transport", r.Transport, "udp", "tcp", "tls")
	t.Auth = c.word("trunk.auth", r.Auth, "register", "ip")
	t.Username, t.AuthUser = r.Username, or(r.AuthUser, r.Username)
	t.Password = c.password(in)
	if t.Auth == "register" {
		if t.Username == "" {
			c.problem("trunk.username", "[trunk] needs username = \"...\" (or auth = \"ip\" for a trunk that is known by its address)")
		}
		if t.Password == "" && !c.has("trunk.password_file") {
			c.problem("trunk.password", "[trunk] needs password = \"...\" or password_file = \"...\"")
		}
	}
	if r.TLSCA != "" {
		t.TLSCA = []byte(r.TLSCA)
		if !x509.NewCertPool().AppendCertsFromPEM(t.TLSCA) {
			c.problem("trunk.tls_ca", "tls_ca holds no certificate: paste the whole text from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE----- between \"\"\" and \"\"\"")
		}
	}
	if r.CheckIP != "" {
		t.CheckIP = c.addr("trunk.check_ip", r.CheckIP)
	} else if t.Auth == "ip" {
		c.problem("trunk.check_ip", "auth = \"ip\" needs check_ip = \"...\", the address set in the portal")
	}
}

func (c *checker) password(in raw) Secret {
	r := in.Trunk
	if r.PasswordFile == "" {
		return Secret(r.Password)
	}
	if r.Password != "" {
		c.problem("trunk.password_file", "password and password_file are both there: keep one of them")
		return ""
	}
	if c.readFile == nil {
		c.problem("trunk.password_file", "password_file cannot be used here: write password instead")
		return ""
	}
	b, err := c.readFile(r.PasswordFile)
	if err != nil {
		c.problem("trunk.password_file", "the password file %q cannot be read: check that it lies beside the profile", r.PasswordFile)
		return ""
	}
	s := strings.TrimRight(string(b), "\r\n")
	if s == "" {
		c.problem("trunk.password_file", "the password file %q is empty", r.PasswordFile)
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
	a, err1 := strconv.Atoi(strings.TrimSpace(low))
	b, err2 := strconv.Atoi(strings.TrimSpace(top))
	if !ok || err1 != nil || err2 != nil || a < 1 || b > 65535 || a > b {
		c.problem("expect.rtp", "%q is no range of ports: write it as \"10000-20000\"", in.Expect.RTP)
		return
	}
	e.RTPLow, e.RTPTop = a, b
}

func (c *checker) provider(in raw, p *Provider) {
	r := in.Provider
	p.Name, p.Phone, p.ShowsBindings = r.Name, r.Phone, r.ShowsBindings
	if r.Portal != "" {
		p.Portal = c.page("provider.portal", r.Portal)
	}
	for _, s := range r.Networks {
		n, err := netip.ParsePrefix(s)
		if a, single := netip.ParseAddr(s); single == nil {
			n, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			c.problem("provider.networks", "%q is no network: write it as \"198.51.100.0/24\"", s)
			continue
		}
		p.Networks = append(p.Networks, n.Masked())
	}
	if c.has("provider.stun") {
		p.STUN = c.hosts("provider.stun", r.STUN)
	}
	if r.Reflector != "" {
		c.hostPort("provider.reflector", r.Reflector)
		p.Reflector = r.Reflector
	}
}

func (c *checker) pbx(in raw, p *PBX) {
	p.Location = c.word("pbx.location", in.PBX.Location, "site", "hosted")
	if in.PBX.Address != "" {
		p.Address = c.addr("pbx.address", in.PBX.Address)
	}
	if c.has("pbx.max_bindings") {
		p.MaxBindings = c.number("pbx.max_bindings", in.PBX.MaxBindings, 1, 1000)
	}
}

func (c *checker) line(in raw, l *Line) {
	l.Kind = c.word("line.kind", in.Line.Kind, "broadband", "leased")
	if in.Line.Edge != "" {
		l.Edge = c.addr("line.edge", in.Line.Edge)
	}
}

func (c *checker) network(in raw, n *Network) {
	r := in.Network
	n.Mode = c.word("network.mode", r.Mode, "dhcp", "static")
	n.VLAN = c.number("network.vlan", r.VLAN, 0, 4094)
	n.Interface = r.Interface
	n.DNS = c.addrs("network.dns", r.DNS, nil)
	if n.Mode == "dhcp" {
		for key, value := range map[string]string{"network.address": r.Address, "network.gateway": r.Gateway} {
			if value != "" {
				c.problem(key, "%s is only used with mode = \"static\": set the mode or take it out", strings.TrimPrefix(key, "network."))
			}
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
	n.Gateway = c.addr("network.gateway", r.Gateway)
	if n.Gateway.IsValid() && !prefix.Contains(n.Gateway) {
		c.problem("network.gateway", "the gateway %s lies outside the network %s: check both", n.Gateway, prefix.Masked())
	}
}

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
		c.problem("kit.support_until", "%q is no date: write it as \"2031-12-31\"", in.Kit.SupportUntil)
	}
	k.SupportUntil = day
}

func (c *checker) leds(in raw, l *LEDs) {
	l.ActiveLow = in.LEDs.ActiveLow
	for i, r := range []rawPair{in.LEDs.Light1, in.LEDs.Light2, in.LEDs.Light3, in.LEDs.Light4, in.LEDs.Light5} {
		key := fmt.Sprintf("leds.light%d", i+1)
		c.line27(key, r.Red, &l.Lights[i].Red)
		c.line27(key, r.Green, &l.Lights[i].Green)
	}
	c.line27("leds.button", in.LEDs.Button, &l.Button)
	used := map[int]bool{l.Button: true}
	for i, pair := range l.Lights {
		for _, n := range []int{pair.Red, pair.Green} {
			if used[n] {
				c.problem(fmt.Sprintf("leds.light%d", i+1), "line %d is used twice in [leds]: give every light and the button their own", n)
			}
			used[n] = true
		}
	}
}

// line27 reads a BCM number of the 40-pin header: 0 to 27.
func (c *checker) line27(key string, n *int64, into *int) {
	if n != nil {
		*into = c.number(key, *n, 0, 27)
	}
}

func (c *checker) has(key string) bool { return c.meta.IsDefined(strings.Split(key, ".")...) }

// word checks one of a few words; the first is the default.
func (c *checker) word(key, value string, words ...string) string {
	if !c.has(key) {
		return words[0]
	}
	if slices.Contains(words, value) {
		return value
	}
	c.problem(key, "%s = %q is not possible: use \"%s\"", key[strings.Index(key, ".")+1:], value, strings.Join(words, "\" or \""))
	return words[0]
}

func (c *checker) number(key string, n int64, low, top int) int {
	if n < int64(low) || n > int64(top) {
		c.problem(key, "%s = %d is not possible: use %d to %d", key[strings.Index(key, ".")+1:], n, low, top)
		return low
	}
	return int(n)
}

func (c *checker) addr(key, s string) netip.Addr {
	a, err := netip.ParseAddr(strings.TrimSpace(s))
	if err != nil || a.Zone() != "" {
		c.problem(key, "%q is no IP address: write it as \"192.0.2.1\"", s)
		return netip.Addr{}
	}
	return a.Unmap()
}

func (c *checker) addrs(key string, list []string, otherwise []netip.Addr) []netip.Addr {
	if !c.has(key) {
		return otherwise
	}
	var all []netip.Addr
	for _, s := range list {
		if a := c.addr(key, s); a.IsValid() {
			all = append(all, a)
		}
	}
	return all
}

func (c *checker) hosts(key string, list []string) []string {
	for _, s := range list {
		c.hostPort(key, s)
	}
	return list
}

// hostPort reads host, host:port or [v6]:port; port 0 where none is written.
func (c *checker) hostPort(key, s string) (host string, port int) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.String(), 0
	}
	host, digits, found := s, "", false
	if i := strings.LastIndex(s, ":"); i >= 0 {
		host, digits, found = strings.Trim(s[:i], "[]"), s[i+1:], true
	}
	port, err := strconv.Atoi(digits)
	_, literal := netip.ParseAddr(host)
	if !hostname(host) && literal != nil || found && (err != nil || port < 1 || port > 65535) {
		c.problem(key, "%q is no host: write it as \"sip.example.net\" or \"sip.example.net:5060\"", s)
		return "", 0
	}
	return host, port
}

func (c *checker) page(key, s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		c.problem(key, "%q is no web address: write it with http:// or https://", s)
		return ""
	}
	return s
}

// hostname follows RFC 1123 section 2.1, with the underscore that some zones use; an address literal passes.
func hostname(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 253 {
		return false
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, r := range label {
			if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_') {
				return false
			}
		}
	}
	return true
}
