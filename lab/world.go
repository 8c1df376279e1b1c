package lab

import (
	"crypto/tls"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/lab/serve"
	"trunktester/reflector"
)

// World is one line as it may be found at a customer's: what is wrong with it, and what the box must
// say about it. The zero value of every switch is a healthy line.
type World struct {
	Name  string
	About string // what is really the case, one sentence

	// What the box must say, written by hand: never computed from what it does say.
	Code     string
	Severity catalogue.Severity
	Lights   string // LINE first, one letter each: g, a, r, - for untested, ? for any but red; "" where the code says enough
	Says     string // a piece that the verdict's text must hold; "" for any text
	Titled   string // a piece that the verdict's title must hold; "" for any title
	Hints    string // a piece that the verdict's hint must hold; "" for no hint at all

	Acts  []catalogue.Actor // who must act, these and no others; nil for anybody
	Also  []string          // codes that must be told beside the verdict
	Never []string          // codes that must not be told at all
	ALG   string            // the report's word for a device that rewrites SIP; "" for any
	Saw   map[string]string // by the ID of a step, a piece that what it saw must hold

	Full    bool // the run waits for the slow measurements as well
	OrGreen bool // a run that saw too few losses to judge may say ok

	File string // trunk.toml; "" for none. @CA@ stands for the lab's certificate authority

	Home     Home
	Line     Line
	Outside  Outside
	Provider Provider
	PBX      PBX
}

// Home is the customer's network.
type Home struct {
	NAT       NAT
	Forward   []Rule // the router's firewall, towards the outside
	Public    bool   // the customer's hosts have public addresses, as behind a modem that is a bridge; NAT is then NATNone
	NoPing    bool   // the router drops echo requests, to itself and through it
	SIPALG    bool
	ALGFrom   uint16                         // the router rewrites only SIP that comes from this port; 0: from any
	ALGOnUDP  bool                           // that ALG reads UDP alone
	Forgets   time.Duration                  // the router forgets UDP mappings that are idle for so long; 0: the kernel's 30 s and, after traffic both ways, 120 s
	Carrier   bool                           // a second router, the carrier's, translates once more (100.64.0.0/10)
	Second    bool                           // a second router, of the site itself, translates once more (192.168.0.0/16)
	SecondALG bool                           // that second router rewrites SIP
	NoPieces  bool                           // the router drops fragments of packets
	NoPieceIn bool                           // the router drops fragments of packets that come in from the line
	Unmarks   bool                           // the router clears the DSCP of what it sends to the line
	Intercept func(*serve.RegistrarSettings) // the router takes all SIP on port 5060 to a server of its own; nil: it does not
	IGD       func(*serve.IGDSettings)       // the router tells its outside address, by UPnP, NAT-PMP or PCP; nil: it does not
	MAC       string                         // the router's hardware address on the LAN; "": one that is nobody's
	DHCP      func(*serve.DHCPSettings)
	DNS       func(*serve.DNSSettings)
	MTU       int                       // bytes that the line carries; 0: as many as the cable
	HushMTU   bool                      // nobody on the way says that a packet is too large
	Clamp     bool                      // the router makes TCP use packets that the line carries
	Border    bool                      // a SIP server of the site, at the neighbour's address, stands before the provider's
	Catch     []Rule                    // connections that the router takes to itself
	Page      func(*serve.WebSettings)  // what the router's own web server shows; nil: it has none
	Rogue     func(*serve.DHCPSettings) // a second DHCP server; nil for none
	Squat     int                       // this many addresses of the pool are held by another device
	Unplug    bool                      // the box's cable is out
	Copper    *Copper                   // the box's cable is one of copper; nil: a virtual one, always good
	Flap      time.Duration             // the box's cable is out for a moment, again and again after so long; 0 for never
	Socket    Socket                    // what the switch says on the box's cable
	Lossy     int                       // the box's cable loses every so manyth frame on the way to the router, of any kind; 0 for none
	DeafARP   int                       // the router leaves every so manyth ARP request without an answer; 0 for none
	Frozen    bool                      // the router answers no ARP
	IPv6      *IPv6                     // the line and its router carry IPv6; nil: nobody on the network offers it
	UnplugWAN bool                      // the router's own cable to the line is out
}

// ALG tells whether a device on the way rewrites SIP, which the kernel must be able to play.
func (h Home) ALG() bool { return h.SIPALG || h.SecondALG }

// Outside is the provider of the line, and the internet.
type Outside struct {
	Dead      bool // behind the provider of the line nothing answers, except the SIP provider if VoiceOnly
	VoiceOnly bool
	EdgeMute  bool                     // the line provider's device answers nothing for itself; what it forwards passes
	DNS       func(*serve.DNSSettings) // the public resolvers and the line provider's
	STUN      func(*serve.STUNSettings)
	Web       func(*serve.WebSettings)
	Control   func(*serve.RegistrarSettings)
}

// Provider is the SIP provider.
type Provider struct {
	Zone      string // DNS records of example.net, in place of the usual ones
	Registrar func(*serve.RegistrarSettings)
	Input     []Rule
	Leaf      func(*serve.Authority) (tls.Certificate, error) // in place of a valid certificate
	Bindings  []serve.Binding                                 // registered by others than the lab's PBX

	WantsCertificate bool                    // over TLS, of whoever connects
	NoPieces         bool                    // its servers drop fragments of packets
	Ports            []string                // of UDP and TCP, in place of 5060
	Reflector        func(*reflector.Config) // the provider runs a reflector, with these changes; nil: it runs none
}

// PBX is the customer's telephone system.
type PBX struct {
	Absent    bool
	Port      uint16 // source port; 0: 5060
	Transport string // "": udp
	Settings  func(*serve.PBXSettings)
	Fails     bool // it is meant not to register: Start does not wait for it
	AtBox     bool // it is pointed at the box, as in a PBX check
	Isolated  bool // the switch keeps it apart from the box
}

// Worlds are all worlds, in the order of their codes.
func Worlds() []World {
	var all []World
	for _, some := range [][]World{healthyWorlds(), lineWorlds(), internetWorlds(), pathWorlds(), loginWorlds(), silenceWorlds(), pbxWorlds()} {
		all = append(all, some...)
	}
	return all
}

// Find gives the world of that name, else that of a code: the one that has the cause's slug for its name, else the first.
// drawn-17 is the world that is drawn from seed 17, cell-dns-silent-tls one of the matrix.
func Find(what string) (World, bool) {
	what = strings.ToLower(strings.TrimSpace(what))
	if w, ok := drawn(what); ok {
		return w, true
	}
	if w, ok := findCell(what); ok {
		return w, true
	}
	all := append(Worlds(), PBXChecks()...)
	cause, _ := catalogue.Find(what)
	for _, name := range []string{what, cause.Slug} {
		for _, w := range all {
			if w.Name == name {
				return w, true
			}
		}
	}
	for _, w := range all {
		if w.Code == what {
			return w, true
		}
	}
	return World{}, false
}
