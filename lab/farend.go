package lab

import (
	"trunktester/lab/serve"
)

// FarEnd is what the other side counted of the box's conduct, retransmissions included (design,
// section 7). The lab's own PBX is left out.
type FarEnd struct {
	serve.Count
	Invites  int         `json:"invites"`
	Controls serve.Count `json:"controls"` // at the SIP hosts that are not the provider's
}

// FarEnd is the count until now.
func (l *Lab) FarEnd() FarEnd {
	notPBX := func(m serve.Message) bool { return m.UserAgent != PBXAgent }
	count := serve.CountOf(l.Registrar.Seen.All(), notPBX)
	return FarEnd{Count: count, Invites: count.Methods["INVITE"], Controls: serve.CountOf(l.Control.Seen.All(), notPBX)}
}
