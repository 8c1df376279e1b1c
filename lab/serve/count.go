package serve

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Message is one message that a SIP server received.
type Message struct {
	At          time.Time
	Transport   string // "udp", "tcp" or "tls"
	Source      netip.AddrPort
	Local       netip.AddrPort // the server's own socket
	Method      string         // "" for a response or for what is not SIP
	CallID      string
	UserAgent   string
	Credentials bool   // carried Authorization or Proxy-Authorization
	Malformed   bool   // not SIP, or without what an answer needs
	Bytes       []byte // as received; nil where a witness does not tell
}

// String leaves the bytes out: they may hold credentials.
func (m Message) String() string {
	return fmt.Sprintf("%s %s from %v", m.Transport, m.Method, m.Source)
}

// Count is the conduct of those who sent, as the far end saw it, retransmissions included (design,
// section 7).
type Count struct {
	Requests        int            `json:"requests"`
	WithCredentials int            `json:"with_credentials"`
	MaxIn200ms      int            `json:"max_in_200ms"` // most requests in any 200 ms
	Malformed       int            `json:"malformed"`
	Methods         map[string]int `json:"methods"`
	SourcePorts     map[uint16]int `json:"source_ports"`
	UserAgents      map[string]int `json:"user_agents"`
}

// CountOf counts what every keep function accepts.
func CountOf(seen []Message, keep ...func(Message) bool) Count {
	c := Count{Methods: map[string]int{}, SourcePorts: map[uint16]int{}, UserAgents: map[string]int{}}
	var at []time.Time
	for _, m := range seen {
		if slices.ContainsFunc(keep, func(k func(Message) bool) bool { return !k(m) }) {
			continue
		}
		if m.Malformed {
			c.Malformed++
		}
		if m.Method == "" {
			continue
		}
		c.Requests++
		if m.Credentials {
			c.WithCredentials++
		}
		c.Methods[m.Method]++
		c.SourcePorts[m.Source.Port()]++
		c.UserAgents[m.UserAgent]++
		at = append(at, m.At)
	}
	c.MaxIn200ms = densest(at, 200*time.Millisecond)
	return c
}

// densest is the largest number of moments within any window, both ends counted in.
func densest(at []time.Time, window time.Duration) int {
	slices.SortFunc(at, time.Time.Compare)
	most, from := 0, 0
	for to := range at {
		for at[to].Sub(at[from]) > window {
			from++
		}
		most = max(most, to-from+1)
	}
	return most
}
