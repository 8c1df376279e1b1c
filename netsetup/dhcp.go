package netsetup

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// Time limits of the DHCP exchange, each with its reason.
const (
	// firstWait for an offer, doubled each time up to longestWait. RFC 2131 section 4.1 says 4 s and doubling
	// up to 64 s; a port with spanning tree opens at any moment of its 30 s, so we ask at least every 4 s.
	firstWait, longestWait = time.Second, 4 * time.Second
	// requestTries at requestWait: a server that offered is there; one that stays silent is asked anew.
	requestTries, requestWait = 3, time.Second
	// quickProbe is the pause for another holder of the offered address to speak up. It runs beside the REQUEST;
	// devices that sleep longer are found by the full probe of RFC 5227, which goes on beside everything else.
	quickProbe = 100 * time.Millisecond
	// maxDeclined addresses: then every address of this server counts as held.
	maxDeclined = 3
	// afterRefusal spaces new attempts after a NAK or a DECLINE. RFC 2131 section 3.1 asks for 10 s after a
	// DECLINE against loops, which maxDeclined prevents as well.
	afterRefusal = time.Second
)

// dhcpClient gets one lease on one interface.
type dhcpClient struct {
	wire *dhcpWire
	host string // option 12

	broadcast bool // answers by broadcast are wanted (RFC 2131 section 4.1)
}

// dhcpRun is one attempt to get a lease, as it went.
type dhcpRun struct {
	Lease     Lease
	ACK       *dhcpv4.DHCPv4 // nil when no lease was had
	Discovers int
	Refused   string
	Declined  []netip.Addr
}

// acquire asks until there is a lease or ctx ends. Only our own faults are errors.
func (c *dhcpClient) acquire(ctx context.Context) (dhcpRun, error) {
	var run dhcpRun
	for ctx.Err() == nil && len(run.Declined) < maxDeclined {
		if run.Refused != "" {
			pause(ctx, afterRefusal)
		}
		offer, err := c.discover(ctx, &run)
		if err != nil || offer == nil {
			return run, err
		}
		lease, err := ReadLease(offer)
		if err != nil {
			run.Refused = err.Error()
			continue
		}
		holder := make(chan holderOf, 1)
		go func() { holder <- c.heldBy(ctx, lease.Prefix.Addr()) }()
		ack, err := c.request(ctx, offer, &run)
		held := <-holder
		if err != nil || held.err != nil {
			return run, errors.Join(err, held.err)
		}
		if ack == nil {
			continue
		}
		if lease, err = ReadLease(ack); err != nil {
			run.Refused = err.Error()
			continue
		}
		if held.mac != nil {
			if err := c.decline(ack); err != nil {
				return run, err
			}
			run.Declined = append(run.Declined, lease.Prefix.Addr())
			run.Refused = words.Said("lease.held", "address", lease.Prefix.Addr(), "device", held.mac)
			continue
		}
		run.Lease, run.ACK, run.Refused = lease, ack, lease.Fault
		return run, nil
	}
	if len(run.Declined) == maxDeclined {
		run.Refused = words.Said("lease.all-held", "n", maxDeclined)
	}
	return run, nil
}

// discover asks for offers and takes the first; nil when ctx ends without any.
func (c *dhcpClient) discover(ctx context.Context, run *dhcpRun) (offer *dhcpv4.DHCPv4, err error) {
	m, err := dhcpv4.NewDiscovery(c.wire.mac, c.options()...)
	if err != nil {
		return nil, fmt.Errorf("make a DISCOVER: %w", err)
	}
	begun := time.Now()
	for wait := firstWait; offer == nil && ctx.Err() == nil; wait = min(2*wait, longestWait) {
		run.Discovers++
		m.NumSeconds = uint16(min(time.Since(begun).Seconds(), 0xffff))
		err := c.wire.ask(ctx, m, spread(wait), func(a *dhcpv4.DHCPv4, _ net.HardwareAddr) bool {
			if a.MessageType() == dhcpv4.MessageTypeOffer {
				offer = a
			}
			return offer != nil
		})
		if err != nil {
			return nil, err
		}
	}
	return offer, nil
}

// request asks for what was offered; nil when it was refused or not confirmed, and why in run.
func (c *dhcpClient) request(ctx context.Context, offer *dhcpv4.DHCPv4, run *dhcpRun) (ack *dhcpv4.DHCPv4, err error) {
	m, err := dhcpv4.NewRequestFromOffer(offer, c.options()...)
	if err != nil {
		return nil, fmt.Errorf("make a REQUEST: %w", err)
	}
	var nak *dhcpv4.DHCPv4
	for range requestTries {
		err := c.wire.ask(ctx, m, requestWait, func(a *dhcpv4.DHCPv4, _ net.HardwareAddr) bool {
			if id := a.ServerIdentifier(); id != nil && !id.Equal(offer.ServerIdentifier()) {
				return false // another server's opinion
			}
			switch a.MessageType() {
			case dhcpv4.MessageTypeAck:
				ack = a
			case dhcpv4.MessageTypeNak:
				nak = a
			}
			return ack != nil || nak != nil
		})
		if err != nil || ack != nil {
			return ack, err
		}
		if nak != nil {
			run.Refused = words.Said("lease.refused", "server", offer.ServerIdentifier(), "address", offer.YourIPAddr, "message", strconv.Quote(nak.Message()))
			return nil, nil
		}
	}
	run.Refused = words.Said("lease.unconfirmed", "server", offer.ServerIdentifier(), "address", offer.YourIPAddr)
	return nil, nil
}

// decline gives an address back that another device holds (RFC 2131 section 3.1, 4.4.4).
func (c *dhcpClient) decline(ack *dhcpv4.DHCPv4) error {
	m, err := dhcpv4.New(
		dhcpv4.WithHwAddr(c.wire.mac),
		dhcpv4.WithMessageType(dhcpv4.MessageTypeDecline),
		dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(ack.YourIPAddr)),
		dhcpv4.WithOptionCopied(ack, dhcpv4.OptionServerIdentifier),
		dhcpv4.WithOption(dhcpv4.OptMessage("address in use")),
	)
	if err != nil {
		return fmt.Errorf("make a DECLINE: %w", err)
	}
	return c.wire.send(m)
}

type holderOf struct {
	mac net.HardwareAddr // nil when nobody answered
	err error
}

// heldBy asks, for as long as quickProbe, whether another device holds the address.
func (c *dhcpClient) heldBy(ctx context.Context, addr netip.Addr) holderOf {
	r, err := ARP(ctx, c.wire.ifname, ARPQuestion{Target: addr, Times: 2, Gap: quickProbe / 2, Wait: quickProbe / 2, First: true})
	if err != nil || len(r.MACs) == 0 {
		return holderOf{err: err}
	}
	return holderOf{mac: r.MACs[0]}
}

// options are those of every message that asks for a lease.
func (c *dhcpClient) options() []dhcpv4.Modifier {
	mods := []dhcpv4.Modifier{
		dhcpv4.WithOption(dhcpv4.OptMaxMessageSize(nclient4.MaxMessageSize)),
		dhcpv4.WithOption(dhcpv4.OptParameterRequestList(
			dhcpv4.OptionSubnetMask, dhcpv4.OptionClasslessStaticRoute, dhcpv4.OptionRouter,
			dhcpv4.OptionDomainNameServer, dhcpv4.OptionNTPServers, dhcpv4.OptionIPAddressLeaseTime,
			dhcpv4.OptionRenewTimeValue, dhcpv4.OptionRebindingTimeValue,
		)),
	}
	if c.broadcast {
		mods = append(mods, dhcpv4.WithBroadcast(true))
	}
	if c.host != "" {
		mods = append(mods, dhcpv4.WithOption(dhcpv4.OptHostName(c.host)))
	}
	return mods
}

// Offers asks for offers on an interface and collects all that come within the window. The DISCOVER is sent
// twice, so that one lost packet hides no server; nothing is accepted.
func Offers(ctx context.Context, ifname string, window time.Duration) ([]facts.Offer, error) {
	wire, err := dialDHCP(ifname)
	if err != nil {
		return nil, err
	}
	defer wire.Close()
	c := dhcpClient{wire: wire, host: HostName}
	m, err := dhcpv4.NewDiscovery(wire.mac, c.options()...)
	if err != nil {
		return nil, fmt.Errorf("make a DISCOVER: %w", err)
	}
	seen := []facts.Offer{}
	for range 2 {
		err := wire.ask(ctx, m, window/2, func(a *dhcpv4.DHCPv4, from net.HardwareAddr) bool {
			if o, ok := offerOf(a, from); ok && len(seen) < maxOffers && !slices.ContainsFunc(seen, func(s facts.Offer) bool {
				return s.Server == o.Server && s.ServerMAC == o.ServerMAC
			}) {
				seen = append(seen, o)
			}
			return false
		})
		if err != nil {
			return seen, err
		}
	}
	return seen, nil
}

// maxOffers bounds what a flood of forged offers can make us keep.
const maxOffers = 16

func offerOf(m *dhcpv4.DHCPv4, from net.HardwareAddr) (facts.Offer, bool) {
	if m.MessageType() != dhcpv4.MessageTypeOffer {
		return facts.Offer{}, false
	}
	l, err := ReadLease(m)
	return facts.Offer{Server: l.Server, ServerMAC: from.String(), Prefix: l.Prefix, Gateway: l.Gateway, DNS: l.DNS}, err == nil
}

// spread varies a pause by a tenth, so that a street of boxes after a power cut does not ask in step.
func spread(d time.Duration) time.Duration {
	return d + time.Duration((rand.Float64()-0.5)*0.2*float64(d))
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
