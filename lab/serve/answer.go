package serve

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// answered is the last response of a server transaction.
type answered struct {
	at    time.Time
	reply []byte
}

// transactionLife is Timer J of RFC 3261: 64 × T1.
const transactionLife = 32 * time.Second

// receive remembers one message and gives the reply, nil for silence, and where it goes over UDP.
func (r *Registrar) receive(now time.Time, b []byte, transport string, from, local netip.AddrPort) ([]byte, netip.AddrPort) {
	m, err := parseSIP(b)
	method, _ := m.request()
	top, viaOK := parseVia(first(m.all("via")))
	seen := Message{
		At: now, Transport: transport, Source: from, Local: local, Bytes: bytes.Clone(b),
		Method: method, CallID: m.get("call-id"), UserAgent: m.get("user-agent"),
		Credentials: m.get("authorization") != "" || m.get("proxy-authorization") != "",
		Malformed:   err != nil && len(bytes.TrimSpace(b)) > 0 || err == nil && !viaOK,
	}
	r.Seen.add(seen)
	if err != nil || !viaOK || method == "" || method == "ACK" {
		return nil, from
	}
	set := r.Settings()
	if set.Silent || slices.Contains(set.IgnoreSource, from.Addr()) || set.PacketDropper != nil && set.PacketDropper(seen) {
		return nil, from
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if seen.Credentials && set.SilentAfterCredentials {
		r.banned[from.Addr()] = true
	}
	if r.banned[from.Addr()] && set.SilentAfterCredentials || seen.Credentials && set.SilentToCredentials ||
		method == "OPTIONS" && set.IgnoreOptions || method == "REGISTER" && set.IgnoreRegister && !seen.Credentials {
		return nil, from
	}
	key := strings.Join([]string{transport, from.String(), method, first(m.all("via"))}, " ")
	if done, ok := r.recent[key]; ok && now.Sub(done.at) < transactionLife {
		return done.reply, top.replyTo(from)
	}
	a := asked{set: set, now: now, m: m, method: method, seen: seen}
	reply := a.write(r.decide(a), top)
	r.forgetTransactions(now)
	r.recent[key] = answered{now, reply}
	return reply, top.replyTo(from)
}

func (r *Registrar) forgetTransactions(now time.Time) {
	for key, done := range r.recent {
		if now.Sub(done.at) >= transactionLife {
			delete(r.recent, key)
		}
	}
}

// asked is one request with the settings that it is answered by.
type asked struct {
	set    RegistrarSettings
	now    time.Time
	m      sipMessage
	method string
	seen   Message
}

// response is a status and the headers that it adds.
type response struct {
	code    int
	reason  string
	headers []sipHeader
}

func status(code int, headers ...sipHeader) response { return response{code: code, headers: headers} }

// decide gives the response to a request. r.mu is held.
func (r *Registrar) decide(a asked) response {
	if why := a.damage(); why != "" {
		return response{code: 400, reason: why}
	}
	if a.set.Longest > 0 && len(a.seen.Bytes) > a.set.Longest {
		return status(513)
	}
	switch a.method {
	case "OPTIONS":
		if a.set.ForceOptions.Code != 0 {
			return a.set.ForceOptions.response()
		}
		return status(200, allow, sipHeader{"Accept", "application/sdp"})
	case "REGISTER":
		return r.register(a)
	case "INVITE":
		return status(403)
	case "UPDATE", "BYE", "CANCEL", "PRACK", "INFO":
		return status(481)
	}
	return status(405, allow)
}

var allow = sipHeader{"Allow", "REGISTER, OPTIONS, INVITE, ACK, CANCEL, BYE, UPDATE"}

// damage is why a request cannot be understood (RFC 3261 section 8.1.1), "" when it can.
func (a asked) damage() string {
	for _, name := range []string{"From", "To", "Call-ID", "CSeq"} {
		if a.m.get(strings.ToLower(name)) == "" {
			return "Missing " + name
		}
	}
	if _, method := a.cseq(); method != a.method {
		return "Bad CSeq"
	}
	if length := a.m.get("content-length"); length != "" {
		n, err := strconv.Atoi(length)
		if err != nil || n < 0 || n > len(a.m.body) {
			return "Bad Content-Length"
		}
	}
	return ""
}

func (a asked) cseq() (uint32, string) {
	fields := strings.Fields(a.m.get("cseq"))
	if len(fields) != 2 {
		return 0, ""
	}
	n, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil {
		return 0, ""
	}
	return uint32(n), fields[1]
}

func (f Refusal) response() response {
	out := response{code: f.Code, reason: f.Reason}
	if f.RetryAfter > 0 {
		out.headers = append(out.headers, sipHeader{"Retry-After", seconds(f.RetryAfter)})
	}
	if f.Contact != "" {
		out.headers = append(out.headers, sipHeader{"Contact", "<" + f.Contact + ">"})
	}
	return out
}

// seconds rounds up, so that nobody comes back too early.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// write makes the bytes of a response (RFC 3261 section 8.2.6).
func (a asked) write(res response, top via) []byte {
	if res.reason == "" {
		res.reason = reasons[res.code]
	}
	var b bytes.Buffer
	line := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	fmt.Fprintf(&b, "SIP/2.0 %03d %s\r\n", res.code, res.reason)
	for i, v := range a.m.all("via") {
		if i == 0 {
			v = top.stamped(a.seen.Source, a.set)
		}
		line("Via", v)
	}
	for _, h := range []string{"From", "To", "Call-ID", "CSeq"} {
		v := a.m.get(strings.ToLower(h))
		if h == "To" && v != "" && parseNameAddr(v).params["tag"] == "" {
			v += ";tag=" + rand.Text()[:10]
		}
		if h == "From" && a.set.HideTopology {
			v = withoutPrivate(v, a.seen.Source)
		}
		if v != "" {
			line(h, v)
		}
	}
	for _, h := range res.headers {
		line(h.name, h.value)
	}
	if a.set.ServerHeader != "" {
		line("Server", a.set.ServerHeader)
	}
	if a.set.Date {
		line("Date", a.now.Add(a.set.DateOffset).UTC().Format(http.TimeFormat))
	}
	line("Content-Length", "0")
	b.WriteString("\r\n")
	return b.Bytes()
}

var ip4Port = regexp.MustCompile(`\d+\.\d+\.\d+\.\d+(?::\d+)?`)

// withoutPrivate puts the source in the place of every private address.
func withoutPrivate(value string, source netip.AddrPort) string {
	return ip4Port.ReplaceAllStringFunc(value, func(found string) string {
		host, _, _ := strings.Cut(found, ":")
		if a, err := netip.ParseAddr(host); err != nil || !a.IsPrivate() {
			return found
		}
		return source.String()
	})
}

// reasons of RFC 3261 section 21, as far as the registrar says them by itself or is forced to.
var reasons = map[int]string{
	200: "OK", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy",
	400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
	407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone", 416: "Unsupported URI Scheme",
	420: "Bad Extension", 421: "Extension Required", 423: "Interval Too Brief", 429: "Too Many Requests",
	480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 494: "Security Agreement Required",
	500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
	504: "Server Time-out", 513: "Message Too Large", 600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere",
	606: "Not Acceptable",
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
