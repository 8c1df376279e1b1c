package lab

import (
	"net/netip"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/lab/serve"
)

// red and amber are faults that stop registration, and weaknesses.
func red(code, name, about string) World {
	return World{Name: name, About: about, Code: code, Severity: catalogue.Red, File: file()}
}

func amber(code, name, about string) World {
	return World{Name: name, About: about, Code: code, Severity: catalogue.Amber, File: file()}
}

func dhcp(turn func(*serve.DHCPSettings)) func(*World) {
	return func(w *World) { w.Home.DHCP = turn }
}

// lineWorlds are the faults of light 1.
func lineWorlds() []World {
	return []World{
		red("1-1", "no-link", "the cable is out").with(lights("r----"), func(w *World) { w.Home.Unplug = true }),
		red("1-2", "no-address", "no DHCP server answers").with(lights("r----"), noDHCP),
		red("1-3", "router-silent", "the router gives an address and then answers no ARP").with(lights("r----"),
			func(w *World) { w.Home.Frozen = true }),
		red("1-4", "address-incomplete", "the lease names no router").with(lights("r----"), dhcp(func(s *serve.DHCPSettings) { s.NoRouter = true })),
		red("1-4", "gateway-outside", "the lease names a router outside its own subnet").with(lights("r----"), dhcp(func(s *serve.DHCPSettings) {
			s.RouterOutsideSubnet = netip.MustParseAddr("192.168.99.1")
		})),
		amber("1-5", "two-dhcp", "a second DHCP server offers itself as the gateway, a little later than the router").with(lights("agggg"),
			func(w *World) {
				w.Home.Rogue = func(s *serve.DHCPSettings) { s.Delay = 300 * time.Millisecond }
			}),
		red("1-6", "duplicate-ip", "another device holds every address of the pool").with(lights("r----"),
			func(w *World) { w.Home.Squat = PoolSize }),
		amber("1-6", "duplicate-ip-fixed", "the box's file sets an address that another device has as well; SIP works so far").with(lights("agggg"), says("SIP works all the same"),
			filed(`network.mode = "static"`, `network.address = "`+PoolFirst+`/24"`, `network.gateway = "`+RouterLAN+`"`, `network.dns = ["`+RouterLAN+`"]`),
			func(w *World) { w.Home.Squat = 1 }),
		amber("1-6", "duplicate-ip-once", "another device holds the first address of the pool").with(lights("agggg"),
			func(w *World) { w.Home.Squat = 1 }),
		amber("1-7", "poor-link", "the two ends of the cable agreed on 10 Mbit/s, and could do a thousand").with(lights("agggg"), says("10 Mbit/s"),
			copper(Copper{Mbit: 10, Own: gigabitPort(), Peer: gigabitPort()})),
		amber("1-7", "half-duplex", "the socket is set to 100 Mbit/s and does not negotiate, so the box speaks half duplex").with(lights("agggg"), says("half duplex"),
			copper(Copper{Mbit: 100, Half: true, Own: gigabitPort()})),
		amber("1-7", "flapping-cable", "the cable is out for a moment again and again").with(says("lost its signal"),
			func(w *World) { w.Home.Flap = 1500 * time.Millisecond }),
		good("fast-ethernet", "the box's port can do 100 Mbit/s and no more").with(copper(Copper{Mbit: 100, Own: fastPort(), Peer: gigabitPort()})),
		good("old-switch", "the switch can do 10 Mbit/s and no more").with(
			copper(Copper{Mbit: 10, Own: gigabitPort(), Peer: fastPort()[:2]})),
		red("1-8", "wrong-network", "the socket gives no address, and the switch announces a VLAN for phones by LLDP").with(lights("r----"), says("VLAN 20 for phones"),
			noDHCP, socket(Socket{LLDP: office(20)})),
		red("1-8", "wrong-network-cdp", "the socket gives no address, and the switch announces a VLAN for phones by CDP").with(lights("r----"), says("VLAN 20 for phones"),
			noDHCP, socket(Socket{CDP: office(20)})),
		red("1-8", "wrong-network-med", "the socket gives no address, and the switch names the VLAN for phones to devices that announce themselves").with(
			lights("r----"), says("VLAN 20 for phones"), noDHCP, socket(Socket{LLDP: office(0), ForPhones: office(20)})),
		red("1-2", "unseen-box", "the same, and the box's file wants it to stay unseen").with(lights("r----"), noDHCP,
			filed(`page.listen = "off"`), socket(Socket{LLDP: office(0), ForPhones: office(20)}), never("1-8")),
		red("1-8", "tagged-socket", "the socket carries VLAN 20 only, and the box sends no tag").with(lights("r----"), says("VLAN tag 20"),
			copper(inVLAN(20)), socket(Socket{Busy: true})),
		red("1-8", "wrong-vlan", "the socket carries VLAN 20 only, and the box's file names 30").with(lights("r----"), says("names the VLAN 30"),
			copper(inVLAN(20)), socket(Socket{Busy: true}), filed("network.vlan = 30")),
		good("voice-vlan", "the socket carries VLAN 20 only, the switch announces it for phones, and the box's file names it").with(
			copper(inVLAN(20)), socket(Socket{Busy: true, LLDP: office(20)}), filed("network.vlan = 20"), never("1-8")),
		red("1-2", "voice-vlan-no-address", "the same, and no DHCP server answers").with(lights("r----"), noDHCP,
			copper(inVLAN(20)), socket(Socket{Busy: true, LLDP: office(20)}), filed("network.vlan = 20"), never("1-8")),
		red("1-8", "login-socket", "the socket gives no address, and asks for a network login").with(lights("r----"), says("802.1X"),
			noDHCP, socket(Socket{Login: true})),
		red("1-2", "no-address-lldp", "no DHCP server answers, and the switch announces itself and no VLAN for phones").with(lights("r----"),
			noDHCP, socket(Socket{LLDP: office(0)}), never("1-8")),
		good("data-network", "the switch announces a VLAN for phones, and the box is in the data network").with(socket(Socket{LLDP: office(20)}), also("1-8")),
		good("phones-untagged", "the switch announces a VLAN for phones in which the socket is anyway").with(socket(Socket{LLDP: office(10)}), never("1-8")),
		good("tags-beside", "frames with a tag are on the cable, and the socket asks for a login that it does not need").with(
			socket(Socket{Login: true, Tagged: 30}), never("1-8")),
		amber("1-9", "lan-loss", "the box's cable loses every seventh frame on the way to the router").with(lights("agggg"), lossy),
		amber("1-9", "lan-loss-no-ping", "the same, and the router drops ping, to itself and through it").with(lights("agggg"), lossy, dropsPing,
			says("No host answered ping")),
		amber("1-9", "lan-jitter", "the way to the router delays each frame by up to 65 ms, as a poor wireless bridge does").with(lights("agggg"), says("varies by"),
			copper(Copper{Mbit: 1000, Own: gigabitPort(), Peer: gigabitPort(), Jitter: 65 * time.Millisecond})),
		good("deaf-to-arp", "the router leaves every second ARP request without an answer, and nothing is lost").with(
			func(w *World) { w.Home.DeafARP = 2 }),
		good("deaf-to-one-arp", "the router drops ping, and leaves one ARP request of fifty without an answer").with(dropsPing,
			func(w *World) { w.Home.DeafARP = 50 }),
	}
}

// office is a switch whose frames without a tag are in VLAN 10.
func office(voice uint16) *serve.Announcement {
	return &serve.Announcement{Name: "sw-office-3", Port: "Gi1/0/7", Voice: voice, Untagged: 10}
}

// inVLAN is the cable to a socket of one VLAN.
func inVLAN(id int) Copper {
	return Copper{Mbit: 1000, Own: gigabitPort(), Peer: gigabitPort(), VLAN: id}
}

func socket(s Socket) func(*World) { return func(w *World) { w.Home.Socket = s } }

// noDHCP is a router that answers no DHCP.
func noDHCP(w *World) { w.Home.DHCP = func(s *serve.DHCPSettings) { s.Silent = true } }

func copper(c Copper) func(*World) { return func(w *World) { w.Home.Copper = &c } }

// lossy is a number that shares no factor with how many hosts are pinged in turn: each of them loses some.
func lossy(w *World) { w.Home.Lossy = 7 }

func dropsPing(w *World) { w.Home.NoPing = true }

// lights writes down the whole row.
func lights(row string) func(*World) { return func(w *World) { w.Lights = row } }
