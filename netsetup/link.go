package netsetup

import (
	"context"
	"errors"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mdlayher/ethtool"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"trunktester/probes/facts"
)

// LinkEvent is a change of the cable.
type LinkEvent struct {
	Present bool // the interface exists: a USB adapter can be pulled out
	Carrier bool // something answers at the other end of the cable, and packets can leave
}

// Watch tells the state of the interface at once, and then every change, until ctx ends; then the
// channel is closed. No change is lost while nobody receives, but only the latest state is told then.
func Watch(ctx context.Context, ifname string) <-chan LinkEvent {
	events := make(chan LinkEvent)
	go func() {
		defer close(events)
		w := watcher{ifname: ifname, out: events}
		for w.follow(ctx) {
			select { // the socket overflowed or could not be had: begin again with a fresh look
			case <-ctx.Done():
			case <-time.After(time.Second / 4):
			}
		}
	}()
	return events
}

type watcher struct {
	ifname string
	out    chan<- LinkEvent
	told   *LinkEvent // nil before the first
}

// follow listens to one netlink subscription; false when ctx has ended.
func (w *watcher) follow(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	updates, done := make(chan netlink.LinkUpdate), make(chan struct{})
	if err := netlink.LinkSubscribe(updates, done); err != nil {
		return true
	}
	defer func() {
		close(done)
		for range updates { // let the subscription's goroutine end
		}
	}()
	now := look(w.ifname) // after subscribing, so that no change falls between
	for {
		out := w.out
		if w.told != nil && *w.told == now {
			out = nil
		}
		select {
		case <-ctx.Done():
			return false
		case out <- now:
			told := now
			w.told = &told
		case u, ok := <-updates:
			switch {
			case !ok:
				return true
			case u.Attrs().Name != w.ifname:
			case u.Header.Type == unix.RTM_DELLINK:
				now = LinkEvent{}
			default:
				now = LinkEvent{Present: true, Carrier: carrier(u.Attrs())}
			}
		}
	}
}

func look(ifname string) LinkEvent {
	l, err := netlink.LinkByName(ifname)
	if err != nil {
		return LinkEvent{}
	}
	return LinkEvent{Present: true, Carrier: carrier(l.Attrs())}
}

// carrier follows dev_get_flags() of net/core/dev.c. IFF_LOWER_UP is the driver's word; IFF_RUNNING comes a
// moment later, with the queue that packets need (linkwatch_do_dev() of net/core/link_watch.c): what is sent
// before is lost.
func carrier(a *netlink.LinkAttrs) bool {
	const all = unix.IFF_UP | unix.IFF_LOWER_UP | unix.IFF_RUNNING
	return a.RawFlags&all == all
}

// WaitCarrier waits until the cable has a carrier or ctx ends, and tells which.
func WaitCarrier(ctx context.Context, ifname string) (bool, error) {
	if _, err := link(ifname); err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	events := Watch(ctx, ifname)
	for e := range events {
		if e.Carrier {
			cancel()
			for range events {
			}
			return true, nil
		}
	}
	return false, nil
}

// Mode is what the two ends of the cable agreed on; nil where the driver does not say.
type Mode struct {
	SpeedMbit  *int
	FullDuplex *bool
	Own, Peer  *facts.Ability
}

// LinkMode asks the driver of the cable by ethtool netlink. A driver that cannot tell is no error.
func LinkMode(ifname string) (Mode, error) {
	port, err := Port(ifname)
	if err != nil {
		return Mode{}, err
	}
	client, err := ethtool.New()
	if errors.Is(err, os.ErrNotExist) {
		return Mode{}, nil // a kernel without ethtool netlink (before 5.6)
	}
	if err != nil {
		return Mode{}, failed(err, needsAdmin, "ask for the speed of %s", ifname)
	}
	defer client.Close()
	found, err := client.LinkMode(ethtool.Interface{Name: port.Attrs().Name})
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.EOPNOTSUPP) {
		return Mode{}, nil
	}
	if err != nil {
		return Mode{}, failed(err, needsAdmin, "ask for the speed of %s", ifname)
	}
	return modeOf(found), nil
}

func modeOf(l *ethtool.LinkMode) Mode {
	var m Mode
	if l.SpeedMegabits > 0 && int64(l.SpeedMegabits) != math.MaxUint32 {
		m.SpeedMbit = &l.SpeedMegabits
	}
	if l.Duplex == ethtool.Half || l.Duplex == ethtool.Full {
		full := l.Duplex == ethtool.Full
		m.FullDuplex = &full
	}
	m.Own, m.Peer = ability(l.Ours), ability(l.Peer)
	return m
}

// ability is the best of a list of modes such as "100baseT/Half"; nil when it names none.
func ability(modes []ethtool.AdvertisedLinkMode) *facts.Ability {
	var best *facts.Ability
	for _, m := range modes {
		number, rest, ok := strings.Cut(m.Name, "base")
		mbit, err := strconv.Atoi(number)
		if !ok || err != nil {
			continue // pause frames, plugs
		}
		if best == nil {
			best = &facts.Ability{}
		}
		best.SpeedMbit, best.FullDuplex = max(best.SpeedMbit, mbit), best.FullDuplex || strings.HasSuffix(rest, "/Full")
	}
	return best
}
