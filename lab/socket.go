package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"trunktester/lab/serve"
)

// Socket is what the switch says on the box's cable by itself. The zero value is a switch that says nothing.
type Socket struct {
	LLDP, CDP *serve.Announcement
	ForPhones *serve.Announcement // by LLDP, once a device on the cable has announced itself by LLDP-MED
	Login     bool                // it asks for a network login (802.1X)
	Busy      bool                // broadcasts of other devices are on the cable
	Tagged    uint16              // broadcasts of this VLAN are, with its tag; 0 for none
}

// sayEvery is how often the switch repeats itself: the pace of LLDP's fast start (IEEE 802.1AB section 9.2.5.9).
const sayEvery = time.Second

// frames are what the switch says, to a device that has announced itself or not.
func (s Socket) frames(from net.HardwareAddr, announced bool) (frames [][]byte) {
	switch {
	case announced && s.ForPhones != nil:
		frames = append(frames, s.ForPhones.LLDP(from))
	case s.LLDP != nil:
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
	if s == (Socket{}) {
		return nil
	}
	var conn *packet.Conn
	var from net.HardwareAddr
	err := l.Router.Do(func() error {
		port, err := net.InterfaceByName(boxPort)
		if err != nil {
			return err
		}
		from = port.HardwareAddr
		conn, err = openFrames(boxPort)
		return err
	})
	if err != nil {
		return fmt.Errorf("announcements of the switch: %w", err)
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	var announced atomic.Bool
	l.tasks.Go(func() {
		for buf := make([]byte, 1<<16); ; {
			n, _, err := conn.ReadFrom(buf)
			switch {
			case errors.Is(err, unix.ENETDOWN): // the cable is out for the moment
			case err != nil:
				return // closed
			case isMED(buf[:n]):
				announced.Store(true)
			}
		}
	})
	l.tasks.Go(func() {
		for ctx.Err() == nil {
			for _, f := range s.frames(from, announced.Load()) {
				conn.WriteTo(f, &packet.Addr{HardwareAddr: f[:6]}) //nolint:errcheck // a cable that is out
			}
			select {
			case <-ctx.Done():
			case <-time.After(sayEvery):
			}
		}
	})
	return nil
}

// isMED says whether a frame is LLDP of a device that knows LLDP-MED: one with its capabilities (ANSI/TIA-1057 section
// 10.2.2).
func isMED(frame []byte) bool {
	return len(frame) > 14 && frame[12] == 0x88 && frame[13] == 0xcc && bytes.Contains(frame[14:], []byte{0x00, 0x12, 0xbb, 1})
}
