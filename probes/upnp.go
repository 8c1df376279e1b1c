package probes

import (
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"trunktester/probes/facts"
	"trunktester/probes/via"
)

// This file is as much of UPnP as leads to a router's outside address, and to its name: a search (SSDP, UPnP Device
// Architecture 1.1 section 1.3), the device's description, and one action (WANIPConnection:1 section 2.4.18). goupnp would
// search on every interface and follow every address; here only the router itself is asked, through one interface.

// ssdpSearch asks for an internet gateway. MX is how many seconds devices may wait before they answer.
func ssdpSearch(to netip.AddrPort) []byte {
	return []byte("M-SEARCH * HTTP/1.1\r\nHOST: " + to.String() + "\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n" +
		"ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n\r\n")
}

// ssdpGroup is where devices listen for searches.
var ssdpGroup = netip.MustParseAddrPort("239.255.255.250:1900")

// ssdpLocation reads where the device describes itself. It is followed only to the router itself.
func ssdpLocation(b []byte, router netip.Addr) (*url.URL, error) {
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), nil)
	if err != nil {
		return nil, fmt.Errorf("the answer to the search is no HTTP: %w", err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer to the search is %s", r.Status)
	}
	return upnpURL(&url.URL{}, r.Header.Get("Location"), router)
}

// upnpURL reads an address in a document of the router, and refuses any host but the router.
func upnpURL(base *url.URL, text string, router netip.Addr) (*url.URL, error) {
	u, err := base.Parse(strings.TrimSpace(text))
	if err != nil {
		return nil, errors.New("the router names an address that cannot be read")
	}
	host, err := netip.ParseAddr(u.Hostname())
	if u.Scheme != "http" || err != nil || host.Unmap() != router {
		return nil, fmt.Errorf("the router leads to %q, which is not itself by http", u.Redacted())
	}
	return u, nil
}

// upnpService is a service of a device that tells an outside address.
type upnpService struct {
	kind    string // "urn:schemas-upnp-org:service:WANIPConnection:1"
	control *url.URL
}

// upnpServices reads a device's description; services of devices within devices are found as well.
func upnpServices(b []byte, at *url.URL, router netip.Addr) ([]upnpService, error) {
	type service struct {
		Kind    string `xml:"serviceType"`
		Control string `xml:"controlURL"`
	}
	var services []upnpService
	base := at
	for d := lenient(b); ; {
		token, err := d.Token()
		if err != nil { // its end, or where it cannot be read any more
			break
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "URLBase":
			var text string
			if d.DecodeElement(&text, &start) == nil {
				if u, err := upnpURL(at, text, router); err == nil {
					base = u
				}
			}
		case "service":
			var s service
			if d.DecodeElement(&s, &start) != nil || !strings.Contains(s.Kind, ":service:WANIPConnection:") && !strings.Contains(s.Kind, ":service:WANPPPConnection:") {
				continue
			}
			if u, err := upnpURL(base, s.Control, router); err == nil {
				services = append(services, upnpService{strings.TrimSpace(s.Kind), u})
			}
		}
	}
	if len(services) == 0 {
		return nil, errors.New("the router's description names no service that tells its outside address")
	}
	return services, nil
}

// upnpName is how long a name in a description may be.
const upnpName = 64

// upnpDevice reads what the device itself, not one of those within it, says of its maker and model. What it says is
// kept short and printable, and goes nowhere but into sentences.
func upnpDevice(b []byte) facts.Device {
	var found facts.Device
	depth := 0
	for d := lenient(b); ; {
		token, err := d.Token()
		if err != nil { // its end, or where it cannot be read any more
			return found
		}
		switch t := token.(type) {
		case xml.EndElement:
			if t.Name.Local == "device" {
				depth--
			}
		case xml.StartElement:
			var to *string
			switch {
			case t.Name.Local == "device":
				depth++
			case depth == 1 && t.Name.Local == "manufacturer":
				to = &found.Maker
			case depth == 1 && t.Name.Local == "modelName":
				to = &found.Model
			}
			var text string
			if to != nil && *to == "" && d.DecodeElement(&text, &t) == nil {
				*to = printable(text, upnpName)
			}
		}
	}
}

// printable keeps what a person can read of a text, on one line and at most so many characters long.
func printable(text string, most int) string {
	line := strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) || unicode.IsSpace(r) }), " ")
	if runes := []rune(line); len(runes) > most {
		return strings.TrimSpace(string(runes[:most]))
	}
	return line
}

// lenient reads XML as routers write it.
func lenient(b []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // what is read is ASCII in all of them
	return d
}

// upnpAddress reads the answer to GetExternalIPAddress.
func upnpAddress(b []byte) (netip.Addr, error) {
	for d := lenient(b); ; {
		token, err := d.Token()
		if err != nil {
			return netip.Addr{}, errors.New("the router's answer holds no outside address")
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "NewExternalIPAddress" {
			continue
		}
		var text string
		if err := d.DecodeElement(&text, &start); err != nil {
			return netip.Addr{}, errors.New("the router's answer cannot be read")
		}
		if text = strings.TrimSpace(text); text == "" {
			return netip.Addr{}, errNoOutside
		}
		a, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Addr{}, fmt.Errorf("the router's outside address %.40q cannot be read", text)
		}
		return outsideAddress(a.Unmap())
	}
}

// upnpLimit is how much of a document is read; descriptions have a few kilobytes.
const upnpLimit = 64 << 10

// upnp speaks HTTP with one router.
type upnp struct {
	client *http.Client
	router netip.Addr
}

func newUPnP(i via.Interface, router netip.Addr) upnp {
	return upnp{router: router, client: &http.Client{
		Transport:     &http.Transport{DialContext: i.Dialer().DialContext, DisableKeepAlives: true, Proxy: nil},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// describe reads the device's description.
func (u upnp) describe(ctx context.Context, at *url.URL) ([]byte, error) {
	return u.exchange(ctx, http.MethodGet, at, nil, "")
}

// outside asks every service that the description names until one tells.
func (u upnp) outside(ctx context.Context, description []byte, at *url.URL) (netip.Addr, error) {
	services, err := upnpServices(description, at, u.router)
	if err != nil {
		return netip.Addr{}, err
	}
	var errs []error
	for _, s := range services[:min(len(services), 3)] {
		body := `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">` +
			`<s:Body><u:GetExternalIPAddress xmlns:u="` + s.kind + `"/></s:Body></s:Envelope>`
		answer, err := u.exchange(ctx, http.MethodPost, s.control, []byte(body), `"`+s.kind+`#GetExternalIPAddress"`)
		if err == nil {
			var a netip.Addr
			if a, err = upnpAddress(answer); err == nil {
				return a, nil
			}
		}
		errs = append(errs, err)
	}
	return netip.Addr{}, errors.Join(errs...)
}

func (u upnp) exchange(ctx context.Context, method string, at *url.URL, body []byte, action string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if action != "" {
		r.Header.Set("Content-Type", `text/xml; charset="utf-8"`)
		r.Header["SOAPACTION"] = []string{action} // some routers want it written so
	}
	answer, err := u.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("the router does not answer: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the router answers %s", answer.Status)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, upnpLimit))
	if err != nil {
		return nil, fmt.Errorf("the router's answer broke off: %w", err)
	}
	return text, nil
}
