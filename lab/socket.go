package lab

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"trunktester/lab/serve"
)

// Socket is what the switch says on the box's cable by itself. The zero value is a switch that says nothing.
type Socket struct {
	LLDP, CDP *serve.Announcement
	Login     bool   // it asks for a network login (802.1X)
	Busy      bool   // broadcasts of other devices are on the cable
	Tagged    uint16 // broadcasts of this VLAN are, with its tag; 0 for none
}

// sayEvery is how often the switch repeats itself: the pace of LLDP's fast start (IEEE 802.1AB section 9.2.5.9).
const sayEvery = time.Second

// frames are what the switch says.
func (s Socket) frames(from net.HardwareAddr) (frames [][]byte) {
	if s.LLDP != nil {
		frames = append(frames, s.LLDP.LLDP(from))
	}
	if s.CDP != nil {
		frames = append(frames, s.CDP.CDP(from))
	}
	if s.Login {
		frames = append(frames, serve.LoginRequest(from))
	}
	if s.Busy {
		frames = append(frames, serve.Broadcast(from, 0))
	}
	if s.Tagged != 0 {
		frames = append(frames, serve.Broadcast(from, s.Tagged))
	}
	return frames
}

// say has the router's port of the box say it again and again, until ctx ends.
func (l *Lab) say(ctx context.Context, s Socket) error {
	var conn *packet.Conn
	var frames [][]byte
	err := l.Router.Do(func() error {
		port, err := net.InterfaceByName(boxPort)
		if err != nil {
			return err
		}
		frames = s.frames(port.HardwareAddr)
		conn, err = packet.Listen(port, packet.Raw, unix.ETH_P_LOOPBACK, nil) // a protocol of which nothing comes in
		return err
	})
	if err != nil {
		return fmt.Errorf("announcements of the switch: %w", err)
	}
	l.tasks.Go(func() {
		defer conn.Close()
		for {
			for _, f := range frames {
				conn.WriteTo(f, &packet.Addr{HardwareAddr: f[:6]}) //nolint:errcheck // a cable that is out
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(sayEvery):
			}
		}
	})
	return nil
}
