package lab

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"trunktester/lab/serve"
)

// tap reads the SIP requests that come in over one interface, as plain UDP or TCP, with the kernel's
// own times: a server's clock would add the delays of the machine that the lab runs on.
type tap struct {
	file *os.File
	done chan struct{}

	mu   sync.Mutex
	seen []serve.Message
	tcp  map[string]bool // segments seen, by flow and sequence number: TCP repeats them by itself
}

func newTap(h *Host, name string) (*tap, error) {
	t := &tap{done: make(chan struct{}), tcp: map[string]bool{}}
	err := h.Do(func() error {
		ifi, err := net.InterfaceByName(name)
		if err != nil {
			return err
		}
		// All protocols: a switch takes its ports' frames before those of one protocol are handed out.
		all := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, unix.ETH_P_ALL))
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			return err
		}
		err = errors.Join(
			unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
			unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: ifi.Index}),
		)
		if err != nil {
			unix.Close(fd)
			return err
		}
		t.file = os.NewFile(uintptr(fd), "tap")
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("tap on %s of %s: %w", name, h.Name, err)
	}
	go t.read()
	return t, nil
}

func (t *tap) close() {
	t.file.Close()
	<-t.done
}

func (t *tap) read() {
	defer close(t.done)
	raw, err := t.file.SyscallConn()
	if err != nil {
		return
	}
	packet, control := make([]byte, 1<<16), make([]byte, 256)
	for {
		var n, cn int
		var failed error
		err := raw.Read(func(fd uintptr) bool {
			n, cn, _, _, failed = unix.Recvmsg(int(fd), packet, control, 0)
			return failed != unix.EAGAIN
		})
		if err != nil {
			return // closed
		}
		if failed == nil {
			t.take(packet[:n], kernelTime(control[:cn]))
		}
	}
}

// take keeps a SIP request out of one IP packet.
func (t *tap) take(packet []byte, at time.Time) {
	m, segment, ok := parseRequest(packet)
	if !ok {
		return
	}
	m.At = at
	t.mu.Lock()
	defer t.mu.Unlock()
	if segment != "" {
		if t.tcp[segment] {
			return
		}
		t.tcp[segment] = true
	}
	t.seen = append(t.seen, m)
}

func (t *tap) requests() []serve.Message {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]serve.Message(nil), t.seen...)
}

// inner is what an IP packet carries: who to whom, the protocol and its bytes.
type inner struct {
	from, to netip.Addr
	protocol byte
	bytes    []byte
}

// parseIPv4 opens an IPv4 packet. Of fragments only the first counts.
func parseIPv4(packet []byte) (inner, bool) {
	if len(packet) < 20 || packet[0]>>4 != 4 {
		return inner{}, false
	}
	size, total := int(packet[0]&15)*4, int(binary.BigEndian.Uint16(packet[2:]))
	later := binary.BigEndian.Uint16(packet[6:])&0x1fff != 0
	if later || size < 20 || total < size+8 || total > len(packet) {
		return inner{}, false
	}
	return inner{netip.AddrFrom4([4]byte(packet[12:])), netip.AddrFrom4([4]byte(packet[16:])), packet[9], packet[size:total]}, true
}

// parseIPv6 opens an IPv6 packet without extension headers (RFC 8200 section 3).
func parseIPv6(packet []byte) (inner, bool) {
	if len(packet) < 40 || packet[0]>>4 != 6 {
		return inner{}, false
	}
	total := 40 + int(binary.BigEndian.Uint16(packet[4:]))
	if total < 48 || total > len(packet) {
		return inner{}, false
	}
	return inner{netip.AddrFrom16([16]byte(packet[8:])), netip.AddrFrom16([16]byte(packet[24:])), packet[6], packet[40:total]}, true
}

// parseRequest reads what counts of a SIP request in an IP packet. segment names a TCP segment.
func parseRequest(packet []byte) (m serve.Message, segment string, ok bool) {
	p, ok := parseIPv4(packet)
	if !ok {
		if p, ok = parseIPv6(packet); !ok {
			return m, "", false
		}
	}
	inner := p.bytes
	m.Source = netip.AddrPortFrom(p.from, binary.BigEndian.Uint16(inner))
	m.Local = netip.AddrPortFrom(p.to, binary.BigEndian.Uint16(inner[2:]))
	switch p.protocol {
	case unix.IPPROTO_UDP:
		m.Transport, m.Bytes = "udp", inner[8:]
	case unix.IPPROTO_TCP:
		if len(inner) < 20 || len(inner) < int(inner[12]>>4)*4 {
			return m, "", false
		}
		m.Transport, m.Bytes = "tcp", inner[int(inner[12]>>4)*4:]
		segment = fmt.Sprintf("%v %v %d", m.Source, m.Local, binary.BigEndian.Uint32(inner[4:]))
	default:
		return m, "", false
	}
	m.Bytes = bytes.Clone(m.Bytes)
	return m, segment, readHead(&m)
}

// readHead fills in method and the headers that count; it is false for what is no SIP request.
func readHead(m *serve.Message) bool {
	head, _, _ := strings.Cut(string(m.Bytes), "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	words := strings.Fields(lines[0])
	if len(words) != 3 || words[2] != "SIP/2.0" {
		return false
	}
	m.Method = words[0]
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "authorization", "proxy-authorization":
			m.Credentials = true
		case "user-agent":
			m.UserAgent = strings.TrimSpace(value)
		case "call-id", "i":
			m.CallID = strings.TrimSpace(value)
		}
	}
	return true
}

// kernelTime is the moment at which the kernel took the packet (SO_TIMESTAMPNS, socket(7)).
func kernelTime(control []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return time.Now()
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) >= int(unsafe.Sizeof(unix.Timespec{})) {
			stamp := (*unix.Timespec)(unsafe.Pointer(&m.Data[0]))
			return time.Unix(stamp.Unix())
		}
	}
	return time.Now()
}
