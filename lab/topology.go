package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/vishvananda/netlink"
)

// hosts are the machines of one lab.
type hosts struct {
	Box, Laptop, PBX, Neighbour *Host // on the router's switch
	Router, Second              *Host // Second is nil without a second address translation
	line                        *Host // holds the two inner ends of the wire
	ISP, Internet, Provider     *Host
	all                         []*Host

	inner, outer string // addresses between the two routers; "" without a second
}

// ports of the router's switch
const (
	lanBridge = "br0"
	boxPort   = "box"
)

func (h *hosts) make(home Home) error {
	wanted := []struct {
		name string
		to   **Host
	}{
		{"box", &h.Box}, {"lan", &h.Laptop}, {"pbx", &h.PBX}, {"neighbour", &h.Neighbour}, {"rtr", &h.Router},
		{"line", &h.line}, {"isp", &h.ISP}, {"inet", &h.Internet}, {"itsp", &h.Provider},
	}
	h.inner, h.outer = home.second()
	if h.inner != "" {
		wanted = append(wanted, struct {
			name string
			to   **Host
		}{"second", &h.Second})
	}
	for _, w := range wanted {
		host, err := newHost(w.name)
		if err != nil {
			return err
		}
		*w.to, h.all = host, append(h.all, host)
	}
	return nil
}

// second gives the addresses between the customer's router and a second one; "" without.
func (h Home) second() (inner, outer string) {
	switch {
	case h.Carrier:
		return CarrierCust, CarrierLAN
	case h.Second:
		return SecondWAN, SecondLAN
	}
	return "", ""
}

func (h *hosts) close() {
	for _, host := range h.all {
		host.close()
	}
}

// edge is the router that stands at the line: the customer's own, or the second one.
func (h *hosts) edge() *Host {
	if h.Second != nil {
		return h.Second
	}
	return h.Router
}

// outsideOfRouter is the address that the customer's router has towards the line.
func (h *hosts) outsideOfRouter() netip.Addr {
	if h.Second != nil {
		return netip.MustParseAddr(h.inner)
	}
	return netip.MustParseAddr(RouterWAN)
}

// wireUp lays the cables and gives addresses and routes. The box's own is there already if it is a tap.
func (h *hosts) wireUp(tap bool, home Home) error {
	var err error
	if !tap {
		err = errors.Join(cable(h.Box, "eth0", h.Router, boxPort), h.Box.up("eth0"))
	}
	err = errors.Join(
		err,
		cable(h.Laptop, "eth0", h.Router, "lan"),
		cable(h.PBX, "eth0", h.Router, "pbx"),
		cable(h.Neighbour, "eth0", h.Router, "neighbour"),
		cable(h.line, "a", h.edge(), "wan"),
		cable(h.line, "b", h.ISP, "cust"),
		cable(h.ISP, "inet", h.Internet, "eth0"),
		cable(h.ISP, "itsp", h.Provider, "eth0"),
	)
	if h.Second != nil {
		err = errors.Join(err, cable(h.Router, "wan", h.Second, "cust"))
	}
	if err != nil {
		return err
	}
	return errors.Join(h.home(home), h.access(), h.outside())
}

func (h *hosts) home(home Home) error {
	err := errors.Join(
		h.Router.bridge(lanBridge, boxPort, "lan", "pbx", "neighbour"),
		h.Router.called(lanBridge, home.MAC),
		h.Router.address(lanBridge, home.at(RouterLAN)+"/24"),
		h.Router.sysctl("ipv4/ip_forward", "1"),
	)
	for host, address := range map[*Host]string{h.Laptop: LaptopAddr, h.PBX: PBXAddr} {
		err = errors.Join(err, host.address("eth0", home.at(address)+"/24"), host.route("default", home.at(RouterLAN)))
	}
	return errors.Join(err, h.Neighbour.address("eth0", home.at(NeighbourIP)+"/24"))
}

func (h *hosts) access() error {
	edge := h.edge()
	err := errors.Join(
		h.line.up("a"), h.line.up("b"),
		edge.offloadsOff("wan"), h.ISP.offloadsOff("cust"),
		edge.address("wan", RouterWAN+"/24"), edge.route("default", ISPAddr),
		h.ISP.address("cust", ISPAddr+"/24"), h.ISP.sysctl("ipv4/ip_forward", "1"),
	)
	if h.Second != nil {
		err = errors.Join(err,
			h.Second.address("cust", h.outer+"/24"), h.Second.sysctl("ipv4/ip_forward", "1"),
			h.Router.address("wan", h.inner+"/24"), h.Router.route("default", h.outer),
		)
	}
	return err
}

// outside joins the internet and the SIP provider to the provider of the line, by transfer networks
// of the range for benchmarks (RFC 2544).
func (h *hosts) outside() error {
	err := errors.Join(
		h.ISP.address("inet", "198.18.1.1/30"), h.Internet.address("eth0", "198.18.1.2/30"), h.Internet.route("default", "198.18.1.1"),
		h.ISP.address("itsp", "198.18.2.1/30"), h.Provider.address("eth0", "198.18.2.2/30"), h.Provider.route("default", "198.18.2.1"),
		h.ISP.route("198.51.100.0/24", "198.18.2.2"),
		h.Provider.address("lo", Provider1+"/32", Provider2+"/32", ReflectorAddr+"/32"),
	)
	for _, address := range append(resolvers(), STUN1, STUN2, TimeAddr, WebAddr, Control1, Control2) {
		err = errors.Join(err, h.ISP.route(address+"/32", "198.18.1.2"), h.Internet.address("lo", address+"/32"))
	}
	return err
}

// settled waits until every cable carries, so that no first packet is lost to a switch port that is
// not yet open.
func (h *hosts) settled(patience time.Duration) error {
	until := time.Now().Add(patience)
	for _, host := range h.all {
		for {
			dead, err := host.dark()
			if err != nil {
				return err
			}
			if dead == "" {
				break
			}
			if time.Now().After(until) {
				return fmt.Errorf("interface %s of %s has no link after %v", dead, host.Name, patience)
			}
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// dark names an interface without a link, "" when there is none.
func (h *Host) dark() (string, error) {
	links, err := h.nl.LinkList()
	if err != nil {
		return "", fmt.Errorf("interfaces of %s: %w", h.Name, err)
	}
	for _, link := range links {
		switch attrs := link.Attrs(); link.(type) {
		case *netlink.Veth, *netlink.Bridge:
			if attrs.OperState != netlink.OperUp {
				return attrs.Name, nil
			}
		}
	}
	return "", nil
}

// forget sets the time after which the kernel drops an idle UDP mapping, before and after traffic both ways
// (nf_conntrack-sysctl); 0 leaves its own.
func (h *Host) forget(after time.Duration) error {
	if after == 0 {
		return nil
	}
	seconds := strconv.Itoa(int(after / time.Second))
	return errors.Join(h.sysctl("netfilter/nf_conntrack_udp_timeout", seconds), h.sysctl("netfilter/nf_conntrack_udp_timeout_stream", seconds))
}

// narrow makes the line carry no more than so many bytes.
func (h *hosts) narrow(mtu int) error {
	return errors.Join(h.edge().mtu("wan", mtu), h.ISP.mtu("cust", mtu))
}

// squat makes the neighbour hold the first addresses of the DHCP pool.
func (h *hosts) squat(home Home) error {
	var err error
	for i := range home.Squat {
		err = errors.Join(err, h.Neighbour.address("eth0", fmt.Sprintf("%s%d/32", home.at(lanStart), 100+i)))
	}
	return err
}
