package facts

import "slices"

// Witness is how the provider's name leads to servers for the public resolvers, and whether SIP is answered
// there. (light 2)
type Witness struct {
	UDP Name `json:"udp"` // as they answered over UDP, which devices on the way often answer in their place
	TCP Name `json:"tcp"` // as they answered over TCP
	// HTTPS is as they answered over HTTPS (RFC 8484), each with its own certificate: nothing on the way can say it in
	// their place.
	HTTPS Name `json:"https"`
	// Server is the first server that only they lead to; nil while the given resolvers lead there as well.
	Server *Attempt `json:"server"`
}

// Told is what to believe: the answers over HTTPS, over TCP where those brought none, and else those over UDP.
func (w Witness) Told() Name {
	for _, n := range []Name{w.HTTPS, w.TCP} {
		if slices.ContainsFunc(n.Answers, NameAnswer.Usable) {
			return n
		}
	}
	return w.UDP
}
