package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"trunktester/lab/serve"
)

// usualZone is what the world knows of the provider: two ways to one server, and the certificate's name.
const usualZone = `
sip                A     ` + Provider1 + `
_sip._udp.sip      SRV   10 10 5060 sip
_sip._tcp.sip      SRV   10 10 5060 sip
_sips._tcp.sip     SRV   10 10 5061 sip
`

// elsewhere are names outside example.net that a box or a person might ask for.
const elsewhere = `
www.example.com.   A     ` + WebAddr + `
time.example.org.  A     ` + TimeAddr + `
stun.example.org.  A     ` + STUN1 + `
`

// PBXAgent is the User-Agent of the lab's PBX: its messages are not the box's.
const PBXAgent = "Lab PBX 1.0"

// otherAgent is that of devices elsewhere.
const otherAgent = "Other PBX"

// servers opens every socket in its host and starts the server on it.
func (l *Lab) servers(ctx context.Context) error {
	o := opener{lab: l, ctx: ctx, cast: l.cast}
	o.dhcp()
	o.names()
	o.page()
	o.internet()
	o.provider()
	o.advertise()
	o.interceptor()
	o.igd()
	o.reflector()
	return o.err
}

// opener opens sockets until the first error.
type opener struct {
	lab  *Lab
	ctx  context.Context
	cast []Part // by outside programs; nil: all our own
	err  error
}

// packets opens a packet socket on the host and serves it.
func (o *opener) packets(h *Host, address string, serve func(context.Context, net.PacketConn) error) {
	if o.err != nil {
		return
	}
	conn, err := h.ListenPacket("udp", address)
	if err != nil {
		o.err = err
		return
	}
	o.lab.run(h.Name+" udp "+address, func() error { return serve(o.ctx, conn) })
}

// streams opens a listener on the host and serves it.
func (o *opener) streams(h *Host, address string, serve func(context.Context, net.Listener) error) {
	if o.err != nil {
		return
	}
	listener, err := h.Listen("tcp", address)
	if err != nil {
		o.err = err
		return
	}
	o.lab.run(h.Name+" tcp "+address, func() error { return serve(o.ctx, listener) })
}

// turned applies a world's switches, where it has any.
func turned[T any](usual T, turn func(*T)) T {
	if turn != nil {
		turn(&usual)
	}
	return usual
}

func (o *opener) dhcp() {
	w := o.lab.World
	if !plays(o.cast, RoleDHCP) {
		o.lab.DHCP = serve.NewDHCP(w.leases())
		o.broadcast(o.lab.Router, lanBridge, o.lab.DHCP)
	}
	if w.Home.Rogue == nil {
		return
	}
	if plays(o.cast, RoleRogue) {
		o.outsideRogue()
		return
	}
	o.broadcast(o.lab.Neighbour, "eth0", serve.NewDHCP(w.rogueLeases()))
}

// broadcast serves DHCP on one interface of the host.
func (o *opener) broadcast(h *Host, name string, server *serve.DHCP) {
	if o.err != nil {
		return
	}
	var conn net.PacketConn
	o.err = h.Do(func() (err error) {
		config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
			var failed error
			err := raw.Control(func(fd uintptr) { failed = syscall.BindToDevice(int(fd), name) })
			if err != nil {
				return err
			}
			return failed
		}}
		conn, err = config.ListenPacket(o.ctx, "udp4", ":67")
		return err
	})
	if o.err == nil {
		o.lab.run(h.Name+" dhcp", func() error { return server.Serve(o.ctx, conn) })
	}
}

// names starts the public resolvers, that of the line's provider, and the router's proxy.
func (o *opener) names() {
	l := o.lab
	text := usualZone
	if l.World.Provider.Zone != "" {
		text = l.World.Provider.Zone
	}
	if l.World.Provider.Reflector != nil {
		text += "reflector A " + ReflectorAddr + "\n"
	}
	zone, err := serve.ParseZone("example.net", text+elsewhere)
	if err != nil {
		o.err = err
		return
	}
	if plays(o.cast, RoleResolvers) {
		o.outsideResolvers(zone)
	} else {
		o.resolvers(zone)
	}
	if plays(o.cast, RoleNames) || plays(o.cast, RoleDHCP) {
		o.outsideRouter()
	}
	if !plays(o.cast, RoleNames) {
		o.proxy()
	}
}

// resolvers starts the public resolvers and that of the line's provider.
func (o *opener) resolvers(zone serve.Zone) {
	l := o.lab
	l.PublicDNS = serve.NewDNS(turned(serve.DNSSettings{Zone: zone}, l.World.Outside.DNS))
	for _, address := range resolvers() {
		o.packets(l.Internet, address+":53", l.PublicDNS.ServeUDP)
		o.streams(l.Internet, address+":53", l.PublicDNS.ServeTCP)
		leaf, err := l.public.Leaf(address)
		o.err = errors.Join(o.err, err)
		o.streams(l.Internet, address+":443", func(ctx context.Context, ln net.Listener) error { return l.PublicDNS.ServeHTTPS(ctx, ln, leaf) })
	}
	ispDNS := serve.NewDNS(turned(serve.DNSSettings{Zone: zone}, l.World.Outside.DNS))
	o.packets(l.ISP, ISPAddr+":53", ispDNS.ServeUDP)
	o.streams(l.ISP, ISPAddr+":53", ispDNS.ServeTCP)
}

// proxy starts the router's resolver, which forwards.
func (o *opener) proxy() {
	l := o.lab
	forward := func(ctx context.Context, network string) (conn net.Conn, err error) {
		err = l.Router.Do(func() error {
			conn, err = (&net.Dialer{}).DialContext(ctx, network+"4", ISPAddr+":53")
			return err
		})
		return conn, err
	}
	l.RouterDNS = serve.NewDNS(turned(serve.DNSSettings{Forward: forward}, l.World.Home.DNS))
	o.packets(l.Router, l.World.Home.at(RouterLAN)+":53", l.RouterDNS.ServeUDP)
	o.streams(l.Router, l.World.Home.at(RouterLAN)+":53", l.RouterDNS.ServeTCP)
}

// page starts the router's own web server, where it has one.
func (o *opener) page() {
	if o.lab.World.Home.Page == nil {
		return
	}
	own := serve.NewWeb(turned(serve.WebSettings{}, o.lab.World.Home.Page))
	for _, port := range []string{":80", ":443"} {
		o.streams(o.lab.Router, o.lab.World.Home.at(RouterLAN)+port, own.Serve)
	}
}

func (o *opener) internet() {
	l := o.lab
	if plays(o.cast, RoleSTUN) {
		o.outsideSTUN()
	} else {
		l.STUN = serve.NewSTUN(turned(serve.STUNSettings{}, l.World.Outside.STUN))
		for _, address := range []string{STUN1, STUN2} {
			for _, port := range []string{":3478", ":3479"} {
				o.packets(l.Internet, address+port, l.STUN.Serve)
			}
		}
	}
	l.NTP = serve.NewNTP(serve.NTPSettings{})
	o.packets(l.Internet, TimeAddr+":123", l.NTP.Serve)
	l.Web = serve.NewWeb(turned(serve.WebSettings{}, l.World.Outside.Web))
	for _, address := range append(resolvers(), WebAddr) {
		o.streams(l.Internet, address+":80", l.Web.Serve)
		if address == WebAddr || plays(o.cast, RoleResolvers) { // else it is a resolver that speaks DNS there
			o.streams(l.Internet, address+":443", l.Web.Serve)
		}
	}
	l.Control = serve.NewRegistrar(turned(serve.RegistrarSettings{ServerHeader: "Lab control"}, l.World.Outside.Control))
	for _, address := range []string{Control1, Control2} {
		o.packets(l.Internet, address+":5060", l.Control.ServeUDP)
		o.streams(l.Internet, address+":5060", l.Control.ServeTCP)
	}
}

// interceptor starts the router's own SIP server.
func (o *opener) interceptor() {
	if o.lab.World.Home.Intercept == nil {
		return
	}
	server := serve.NewRegistrar(turned(serve.RegistrarSettings{ServerHeader: "Lab router"}, o.lab.World.Home.Intercept))
	o.packets(o.lab.Router, o.lab.World.Home.at(RouterLAN)+":5060", server.ServeUDP)
	o.streams(o.lab.Router, o.lab.World.Home.at(RouterLAN)+":5060", server.ServeTCP)
}

// igd starts what the router says about itself: on its own address, and on the group where devices are searched.
func (o *opener) igd() {
	l := o.lab
	if l.World.Home.IGD == nil || o.err != nil {
		return
	}
	router := l.World.Home.at(RouterLAN)
	l.IGD = serve.NewIGD(turned(serve.IGDSettings{At: netip.MustParseAddr(router), Outside: l.hosts.outsideOfRouter()}, l.World.Home.IGD))
	o.packets(l.Router, fmt.Sprintf("%s:%d", router, serve.IGDControlPort), l.IGD.ServeControl)
	o.streams(l.Router, fmt.Sprintf("%s:%d", router, serve.IGDPort), l.IGD.ServePage)
	var conn net.PacketConn
	o.err = errors.Join(o.err, l.Router.Do(func() error {
		bridge, err := net.InterfaceByName(lanBridge)
		if err != nil {
			return err
		}
		conn, err = net.ListenMulticastUDP("udp4", bridge, &net.UDPAddr{IP: net.ParseIP(serve.IGDGroupAddress), Port: serve.IGDSearchPort})
		return err
	}))
	if o.err == nil {
		l.run("search", func() error { return l.IGD.ServeSearch(o.ctx, conn) })
	}
}

// servers are the addresses of the provider's two servers.
func (w World) servers() []string {
	if w.Home.IPv6 == nil {
		return []string{Provider1, Provider2}
	}
	return []string{Provider1, Provider2, Provider1IPv6, Provider2IPv6}
}

// provider starts the registrar on both of the provider's servers, or a Kamailio.
func (o *opener) provider() {
	l := o.lab
	leaf := l.World.Provider.Leaf
	if leaf == nil {
		leaf = func(a *serve.Authority) (tls.Certificate, error) { return a.Leaf(Domain) }
	}
	certificate, err := leaf(l.authority)
	if err != nil {
		o.err = err
		return
	}
	if plays(o.cast, RoleRegistrar) {
		o.outsideProvider(certificate)
		return
	}
	l.Registrar = serve.NewRegistrar(l.World.account())
	for _, b := range l.World.Provider.Bindings {
		b.Expires = time.Now().Add(10 * time.Minute)
		l.Registrar.Bind(Username, b)
	}
	if l.World.Home.Border {
		o.packets(l.Neighbour, l.World.Home.at(NeighbourIP)+":5060", l.Registrar.ServeUDP)
		o.streams(l.Neighbour, l.World.Home.at(NeighbourIP)+":5060", l.Registrar.ServeTCP)
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	if l.World.Provider.WantsCertificate {
		config.ClientAuth = tls.RequireAnyClientCert
	}
	secure := func(ctx context.Context, listener net.Listener) error {
		return l.Registrar.ServeTLS(ctx, listener, config)
	}
	ports := l.World.Provider.Ports
	if ports == nil {
		ports = []string{"5060"}
	}
	for _, address := range l.World.servers() {
		for _, port := range ports {
			o.packets(l.Provider, net.JoinHostPort(address, port), l.Registrar.ServeUDP)
			o.streams(l.Provider, net.JoinHostPort(address, port), l.Registrar.ServeTCP)
		}
		o.streams(l.Provider, net.JoinHostPort(address, "5061"), secure)
	}
}
