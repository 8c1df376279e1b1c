package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"trunktester/lab/serve"
	"trunktester/lab/witness"
)

// Role is a part in a world that a program which we did not write can play.
type Role string

// The roles. The kernel plays the ALG in every world that has one.
const (
	RoleRegistrar Role = "registrar"       // Kamailio, the provider
	RoleDHCP      Role = "DHCP"            // dnsmasq, in the router
	RoleRogue     Role = "second DHCP"     // dnsmasq, in the neighbour
	RoleNames     Role = "router's names"  // dnsmasq, in the router
	RoleResolvers Role = "other resolvers" // dnsmasq, at the line's provider and in the internet
	RoleSTUN      Role = "STUN"            // coturn
	RoleALG       Role = "SIP ALG"
)

// Part is a role of a world and who plays it when the world is played by outside programs.
type Part struct {
	Role    Role
	Program string
	Own     error // why our own server plays it all the same; nil: Program does
}

// Cast are the roles of the world.
func (w World) Cast() []Part {
	_, dhcp := witness.DnsmasqLeases(w.leases(), lanBridge)
	_, registrar := w.kamailio()
	parts := []Part{
		{RoleRegistrar, "Kamailio", registrar},
		{RoleDHCP, "dnsmasq", dhcp},
		{RoleNames, "dnsmasq", witness.DnsmasqAnswers(turned(serve.DNSSettings{}, w.Home.DNS))},
		{RoleResolvers, "dnsmasq", w.plainDNS()},
		{RoleSTUN, "coturn", w.coturn()},
	}
	if w.Home.Rogue != nil {
		_, err := witness.DnsmasqLeases(w.rogueLeases(), "eth0")
		parts = append(parts, Part{RoleRogue, "dnsmasq", err})
	}
	if w.Home.ALG() {
		parts = append(parts, Part{RoleALG, "Linux SIP ALG", nil})
	}
	return parts
}

// plainDNS tells whether a dnsmasq can play the public resolvers, which speaks no DNS over HTTPS.
func (w World) plainDNS() error {
	caught := func(rule Rule) bool { return rule.Proto == "tcp" && slices.Contains(rule.Ports, 53) }
	if slices.ContainsFunc(w.Home.Catch, caught) && !slices.ContainsFunc(w.Home.Catch, func(rule Rule) bool { return slices.Contains(rule.Ports, 443) }) {
		return errors.New("only over HTTPS do questions reach them, which dnsmasq does not speak")
	}
	return witness.DnsmasqAnswers(turned(serve.DNSSettings{}, w.Outside.DNS))
}

// plays tells whether an outside program plays the role.
func plays(cast []Part, role Role) bool {
	for _, p := range cast {
		if p.Role == role {
			return p.Own == nil
		}
	}
	return false
}

// leases are the settings of the router's DHCP server.
func (w World) leases() serve.DHCPSettings {
	return turned(w.usualLeases(), w.Home.DHCP)
}

// rogueLeases are those of a second DHCP server, which offers itself.
func (w World) rogueLeases() serve.DHCPSettings {
	usual := w.usualLeases()
	usual.Server = netip.MustParseAddr(w.Home.at(NeighbourIP))
	usual.Router = usual.Server
	return turned(usual, w.Home.Rogue)
}

func (w World) usualLeases() serve.DHCPSettings {
	router := netip.MustParseAddr(w.Home.at(RouterLAN))
	return serve.DHCPSettings{Server: router, Prefix: w.Home.prefix(), First: netip.MustParseAddr(w.Home.at(PoolFirst)), Size: PoolSize,
		Router: router, DNS: []netip.Addr{router}, Lease: time.Hour}
}

// account are the settings of the provider's registrar.
func (w World) account() serve.RegistrarSettings {
	return turned(serve.RegistrarSettings{
		Accounts:     []serve.Account{{User: Username, Password: Password}},
		ServerHeader: "Lab provider", Date: true, MaxExpires: 10 * time.Minute,
	}, w.Provider.Registrar)
}

// kamailio are the options of the provider as a Kamailio, without its certificate.
func (w World) kamailio() (witness.KamailioOptions, error) {
	o := witness.KamailioOptions{Settings: w.account()}
	for _, address := range w.servers() {
		o.Listen = append(o.Listen, netip.MustParseAddr(address))
	}
	if o.Settings.Realm == "" { // the host of the Request-URI
		o.Settings.Realm = turned(serve.PBXSettings{Domain: Domain}, w.PBX.Settings).Domain
	}
	for _, port := range w.Provider.Ports {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return o, fmt.Errorf("port %q: %w", port, err)
		}
		o.Ports = append(o.Ports, uint16(n))
	}
	for _, b := range w.Provider.Bindings {
		if b.Received.Addr().String() == RouterWAN {
			return o, errors.New("a PBX that is gone has left a binding behind")
		}
	}
	if w.Provider.WantsCertificate {
		return o, errors.New("Kamailio as it is set up asks for no client's certificate")
	}
	if w.Home.Border {
		return o, errors.New("the site's own SIP server knows the provider's accounts")
	}
	return o, witness.KamailioPlays(o.Settings)
}

// coturn tells whether a coturn can play the STUN servers.
func (w World) coturn() error {
	if (turned(serve.STUNSettings{}, w.Outside.STUN)) != (serve.STUNSettings{}) {
		return errors.New("coturn has no fault switches")
	}
	return nil
}

// MissingWitnessesError names the Debian packages that a lab with outside programs needs.
type MissingWitnessesError struct{ Packages []string }

// Error is one sentence with the remedy.
func (e *MissingWitnessesError) Error() string {
	return "the outside programs are not all installed; install them with: apt-get install --no-install-recommends " + strings.Join(e.Packages, " ")
}
