package serve

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// IGD is a router that tells its own outside address: by UPnP (InternetGatewayDevice:1), by NAT-PMP (RFC
// 6886) and by PCP (RFC 6887). It opens no port to anybody.
type IGD struct {
	Board[IGDSettings]
	Seen Memory[IGDRequest]
}

// IGDSettings are the switches of an IGD. The zero value tells in no way.
type IGDSettings struct {
	Outside netip.Addr // what it tells; zero: that it has none
	At      netip.Addr // its own address on the LAN
	UPnP    bool
	Maker   string // what it calls itself by UPnP; "" for a name of the lab's own
	Model   string
	NATPMP  bool
	PCP     bool
}

// IGDRequest is one question.
type IGDRequest struct {
	At   time.Time
	From netip.AddrPort
	What string // "search", "describe", "outside", "nat-pmp", "pcp"; or what was asked and not understood
}

// NewIGD makes one.
func NewIGD(s IGDSettings) *IGD { return &IGD{Board: Board[IGDSettings]{v: s}} }

// ServeSearch answers searches (SSDP) until ctx ends.
func (g *IGD) ServeSearch(ctx context.Context, conn net.PacketConn) error {
	return packets(ctx, conn, func(b []byte, from netip.AddrPort) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
		s := g.Settings()
		if err != nil || r.Method != "M-SEARCH" || !s.UPnP {
			return
		}
		g.Seen.add(IGDRequest{time.Now(), from, "search"})
		kind := r.Header.Get("ST")
		if kind != igdDevice && kind != "ssdp:all" && kind != "upnp:rootdevice" {
			return
		}
		answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: %s\r\nUSN: uuid:1::%[1]s\r\nEXT:\r\nSERVER: Lab/1 UPnP/1.1 Lab/1\r\nLOCATION: http://%s/description.xml\r\n\r\n",
			igdDevice, netip.AddrPortFrom(s.At, IGDPort))
		_, _ = conn.WriteTo([]byte(answer), net.UDPAddrFromAddrPort(from)) // lost: the asker's to notice
	})
}

// The kinds of device and service, and where an IGD listens.
const (
	igdDevice  = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
	igdService = "urn:schemas-upnp-org:service:WANIPConnection:1"

	IGDPort         = 5000 // its own page
	IGDSearchPort   = 1900 // UPnP Device Architecture 1.1 section 1
	IGDControlPort  = 5351 // RFC 6886, RFC 6887
	IGDGroupAddress = "239.255.255.250"
)

const igdDescription = `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>
<device><deviceType>` + igdDevice + `</deviceType><friendlyName>Lab router</friendlyName>
<manufacturer>%s</manufacturer><modelName>%s</modelName><serviceList>
<service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType><controlURL>/l3f</controlURL></service></serviceList>
<deviceList><device><deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType><manufacturer>Lab parts</manufacturer><modelName>WAN part</modelName>
<deviceList><device><deviceType>urn:schemas-upnp-org:device:WANConnectionDevice:1</deviceType><serviceList>
<service><serviceType>` + igdService + `</serviceType><serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId>
<controlURL>/ctl/IPConn</controlURL><eventSubURL>/evt/IPConn</eventSubURL><SCPDURL>/WANIPCn.xml</SCPDURL></service>
</serviceList></device></deviceList></device></deviceList></device></root>`

// ServePage serves the description and its actions until ctx ends.
func (g *IGD) ServePage(ctx context.Context, ln net.Listener) error {
	server := &http.Server{Handler: g, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// ServeHTTP answers one request.
func (g *IGD) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	saw := func(what string) { g.Seen.add(IGDRequest{time.Now(), from, what}) }
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	action := strings.Trim(r.Header.Get("SOAPAction"), `"`)
	s := g.Settings()
	w.Header().Set("Content-Type", `text/xml; charset="utf-8"`)
	switch {
	case !s.UPnP:
		http.NotFound(w, r)
	case r.Method == http.MethodGet && r.URL.Path == "/description.xml":
		saw("describe")
		fmt.Fprintf(w, igdDescription, escaped(cmp.Or(s.Maker, "Lab")), escaped(cmp.Or(s.Model, "Lab router")))
	case r.Method == http.MethodPost && r.URL.Path == "/ctl/IPConn" && action == igdService+"#GetExternalIPAddress" && bytes.Contains(body, []byte("GetExternalIPAddress")):
		saw("outside")
		told := ""
		if s.Outside.IsValid() {
			told = s.Outside.String()
		}
		fmt.Fprintf(w, `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>`+
			`<u:GetExternalIPAddressResponse xmlns:u="%s"><NewExternalIPAddress>%s</NewExternalIPAddress></u:GetExternalIPAddressResponse></s:Body></s:Envelope>`, igdService, told)
	default:
		saw(r.Method + " " + r.URL.Path + " " + action)
		http.Error(w, "no such action", http.StatusInternalServerError)
	}
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder takes everything
	return b.String()
}

// ServeControl answers NAT-PMP and PCP until ctx ends.
func (g *IGD) ServeControl(ctx context.Context, conn net.PacketConn) error {
	return packets(ctx, conn, func(b []byte, from netip.AddrPort) {
		if answer := g.control(b, from); answer != nil {
			_, _ = conn.WriteTo(answer, net.UDPAddrFromAddrPort(from))
		}
	})
}

// control answers the outside address (NAT-PMP opcode 0) and PEER (PCP opcode 2); it refuses a PCP version that
// it does not speak, as RFC 6886 section 3.5 and RFC 6887 section 9 say, and maps nothing.
func (g *IGD) control(b []byte, from netip.AddrPort) []byte {
	s := g.Settings()
	saw := func(what string) { g.Seen.add(IGDRequest{time.Now(), from, what}) }
	outside := netip.IPv4Unspecified()
	if s.Outside.IsValid() {
		outside = s.Outside
	}
	switch {
	case len(b) == 2 && b[0] == 0 && b[1] == 0 && s.NATPMP:
		saw("nat-pmp")
		answer := append([]byte{0, 128, 0, 0, 0, 0, 0, 9}, outside.AsSlice()...)
		if !s.Outside.IsValid() {
			answer[3] = 3 // network failure
		}
		return answer
	case len(b) >= 80 && b[0] == 2 && b[1] == 2 && s.PCP:
		saw("pcp")
		if a := netip.AddrFrom16([16]byte(b[8:])).Unmap(); a != from.Addr() {
			return []byte{2, 130, 0, 12, 0, 0, 0, 30} // ADDRESS_MISMATCH
		}
		answer := append([]byte(nil), b[:80]...)
		answer[1], answer[2], answer[3] = 130, 0, 0
		for i := 8; i < 24; i++ { // epoch time and reserved, where the request has the client's address
			answer[i] = 0
		}
		binary.BigEndian.PutUint32(answer[8:], 9)
		binary.BigEndian.PutUint16(answer[24+18:], from.Port())
		long := outside.As16()
		copy(answer[24+20:], long[:])
		return answer
	case len(b) >= 2 && b[0] == 2 && s.NATPMP: // the answer of a router that knows NAT-PMP only
		saw("pcp, not spoken")
		return []byte{0, 128, 0, 1, 0, 0, 0, 9}
	case len(b) >= 2:
		saw(fmt.Sprintf("control %d %d", b[0], b[1]))
	}
	return nil
}
