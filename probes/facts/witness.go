package facts

// Witness is how the provider's name leads to servers for the public resolvers, and whether SIP is answered
// there. (light 2)
type Witness struct {
	UDP Name `json:"udp"` // as they answered over UDP, which devices on the way often answer in their place
	TCP Name `json:"tcp"` // as they answered over TCP
	// Server is the first server that only they lead to; nil while the given resolvers lead there as well.
	Server *Attempt `json:"server"`
}

// Told is what to believe: the answers over TCP, and those over UDP where TCP brought none.
func (w Witness) Told() Name {
	for _, a := range w.TCP.Answers {
		if a.Answer == Answered {
			return w.TCP
		}
	}
	return w.UDP
}
