package profile

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// profile checks every value and fills in the defaults.
func (c *checker) profile(md toml.MetaData, w raw, other files) *Profile {
	def := Defaults()
	return &Profile{
		Trunk:    c.trunk(md.IsDefined("trunk"), w.Trunk, other),
		Expect:   c.expect(w.Expect, def.Expect),
		Provider: c.provider(w.Provider, def.Provider),
		PBX: PBX{
			Location:    c.choice("pbx.location", w.PBX.Location, "site", "hosted"),
			Address:     c.addr("pbx.address", w.PBX.Address),
			MaxBindings: c.number("pbx.max_bindings", w.PBX.MaxBindings, def.PBX.MaxBindings, 1, 1000),
		},
		Line: Line{
			Kind: c.choice("line.kind", w.Line.Kind, "broadband", "leased"),
			Edge: c.addr("line.edge", w.Line.Edge),
		},
		Network: c.network(w.Network),
		Internet: Internet{
			Targets:     c.addrs("internet.targets", w.Internet.Targets, def.Internet.Targets),
			Resolvers:   c.addrs("internet.resolvers", w.Internet.Resolvers, def.Internet.Resolvers),
			PortalCheck: c.web("internet.portal_check", w.Internet.PortalCheck, def.Internet.PortalCheck, "http"),
			NTP:         c.hosts("internet.ntp", w.Internet.NTP, def.Internet.NTP),
			SIPControls: c.hostPorts("internet.sip_controls", w.Internet.SIPControls, 0, nil),
		},
		Page: Page{Listen: c.choice("page.listen", w.Page.Listen, "on", "off") == "on"},
		Kit: Kit{
			Name:         c.word("kit.name", w.Kit.Name),
			Reseller:     c.word("kit.reseller", w.Kit.Reseller),
			SupportUntil: c.date("kit.support_until", w.Kit.SupportUntil),
		},
		LEDs: c.leds(md, w.LEDs, def.LEDs),
	}
}

func (c *checker) expect(w rawExpect, def Expect) Expect {
	e := Expect{
		Port:   c.number("expect.port", w.Port, 0, 0, 65535),
		NAT:    c.choice("expect.nat", w.NAT, "", "yes", "no"),
		RTPLow: def.RTPLow,
		RTPTop: def.RTPTop,
	}
	s := c.word("expect.rtp", w.RTP)
	if s == "" {
		return e
	}
	low, top, _ := strings.Cut(s, "-")
	l, errLow := strconv.ParseUint(strings.TrimSpace(low), 10, 16)
	h, errTop := strconv.ParseUint(strings.TrimSpace(top), 10, 16)
	if errLow != nil || errTop != nil || l == 0 || l > h {
		c.fault("expect.rtp", `is %s; write the lowest and the highest port, as in "10000-20000"`, quote(s))
		return e
	}
	e.RTPLow, e.RTPTop = int(l), int(h)
	return e
}

func (c *checker) provider(w rawProvider, def Provider) Provider {
	p := Provider{
		Name:   c.word("provider.name", w.Name),
		Phone:  c.word("provider.phone", w.Phone),
		Portal: c.web("provider.portal", w.Portal, "", "https", "http"),
		STUN:   c.hostPorts("provider.stun", w.STUN, 3478, def.STUN), // RFC 8489 section 18.5
	}
	for _, s := range c.words("provider.networks", w.Networks) {
		p.Networks = append(p.Networks, c.prefix("provider.networks", s))
	}
	if shows := get(c, "provider.shows_bindings", w.ShowsBindings, false); w.ShowsBindings.set {
		p.ShowsBindings = &shows
	}
	if s := c.word("provider.reflector", w.Reflector); s != "" {
		p.Reflector = joinPort(c.hostPort("provider.reflector", s, 0))
	}
	return p
}

// prefix is a network, or one address.
func (c *checker) prefix(path, s string) netip.Prefix {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || p.Bits() == 0 {
		c.fault(path, "has %s; write the provider's own network with its length, as in 198.51.100.0/24", quote(s))
		return netip.Prefix{}
	}
	return p.Masked()
}

func (c *checker) network(w rawNetwork) Network {
	n := Network{
		Mode:      c.choice("network.mode", w.Mode, "dhcp", "static"),
		Gateway:   c.addr("network.gateway", w.Gateway),
		DNS:       c.addrs("network.dns", w.DNS, nil),
		VLAN:      c.number("network.vlan", w.VLAN, 0, 0, 4094), // IEEE 802.1Q: 4095 is reserved
		Interface: c.word("network.interface", w.Interface),
	}
	if len(n.Interface) > 15 || strings.ContainsAny(n.Interface, "/ ") { // IFNAMSIZ, linux/if.h
		c.fault("network.interface", "is %s; write the name of a network card, as in eth0", quote(n.Interface))
	}
	address := c.word("network.address", w.Address)
	if n.Mode == "dhcp" {
		if address != "" || n.Gateway.IsValid() {
			c.fault("network.mode", `is "dhcp" beside a fixed address or gateway; write mode = "static", or take the address and gateway away`)
		}
		return n
	}
	if address == "" {
		c.missing("network.address", `address = "192.168.1.50/24", since mode is "static"`)
		return n
	}
	p, err := netip.ParsePrefix(address)
	if err != nil || p.Addr().IsUnspecified() || p.Addr().IsMulticast() || p.Bits() == 0 {
		c.fault("network.address", "is %s; write an address and the length of its mask, as in 192.168.1.50/24", quote(address))
		return n
	}
	n.Address = p
	switch {
	case w.Gateway.wrong:
	case !n.Gateway.IsValid() && w.Gateway.value == "":
		c.missing("network.gateway", `gateway = "192.168.1.1", since mode is "static"`)
	case n.Gateway.IsValid() && (!p.Contains(n.Gateway) || n.Gateway == p.Addr()):
		c.fault("network.gateway", "is %s, which is no other host in the network of %s; compare address, mask and gateway", n.Gateway, p)
	}
	return n
}

// hosts are names or address literals without ports.
func (c *checker) hosts(path string, f field[[]any], def []string) []string {
	words := c.words(path, f)
	if len(words) == 0 {
		return def
	}
	for i, s := range words {
		words[i] = c.host(path, s)
	}
	return words
}

// date is a day, written as text or as TOML's own date.
func (c *checker) date(path string, f field[any]) time.Time {
	switch v := f.value.(type) {
	case nil:
		return time.Time{}
	case time.Time:
		return time.Date(v.Year(), v.Month(), v.Day(), 0, 0, 0, 0, time.UTC)
	case string:
		if strings.TrimSpace(v) == "" {
			return time.Time{}
		}
		if day, err := time.Parse(time.DateOnly, strings.TrimSpace(v)); err == nil {
			return day
		}
	}
	c.fault(path, `must be a day, as in "2031-12-31"`)
	return time.Time{}
}

// leds checks the wiring: lines of the 40 pin header, each used once.
func (c *checker) leds(md toml.MetaData, w rawLEDs, def LEDs) LEDs {
	l := LEDs{
		ActiveLow: get(c, "leds.active_low", w.ActiveLow, false),
		Button:    c.bcm("leds.button", w.Button, def.Button),
	}
	used := map[int]string{l.Button: "leds.button"}
	use := func(path string, f field[int64], def int) int {
		n := c.bcm(path, f, def)
		if by, twice := used[n]; twice {
			c.fault(path, "is line %d, which %s has already; each needs a line of its own", n, strings.TrimPrefix(by, "leds."))
		}
		used[n] = path
		return n
	}
	for i, light := range []toml.Primitive{w.Light1, w.Light2, w.Light3, w.Light4, w.Light5} {
		name := "light" + strconv.Itoa(i+1)
		var pair rawPair
		if md.IsDefined("leds", name) && md.PrimitiveDecode(light, &pair) != nil {
			c.fault("leds."+name, "must be written as in { red = 5, green = 6 }")
		}
		l.Lights[i] = Pair{
			Red:   use("leds."+name+".red", pair.Red, def.Lights[i].Red),
			Green: use("leds."+name+".green", pair.Green, def.Lights[i].Green),
		}
	}
	return l
}

// bcm is the number of a line on the 40 pin header; 0 and 1 belong to the board's identification.
func (c *checker) bcm(path string, f field[int64], def int) int {
	return c.number(path, f, def, 2, 27)
}
