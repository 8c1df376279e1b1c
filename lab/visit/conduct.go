package visit

import (
	"testing"

	"trunktester/lab"
	"trunktester/lab/serve"
)

// Conduct holds what the provider's registrar counted, retransmissions included, against the box's conduct on
// a line: at most 40 requests in a run, 4 within 200 ms, 2 with credentials, 4 to addresses where nothing lives, never an
// INVITE. A reflector that the provider runs is another server: it gets a few more, INVITE among them.
func Conduct(t *testing.T, w lab.World, f lab.FarEnd) {
	t.Helper()
	if f.Requests > 40 || f.WithCredentials > 2 || Bunched(w, f.Count) || f.Invites > 0 || f.Nowhere.Requests > 4 {
		t.Errorf("conduct: %d requests, %d with credentials, %d within 200 ms, %d INVITEs, %d to nowhere", f.Requests, f.WithCredentials, f.MaxIn200ms, f.Invites, f.Nowhere.Requests)
	}
	if n := f.Controls.Methods["INVITE"]; n > 0 {
		t.Errorf("conduct: %d INVITEs to a SIP host that is no reflector", n)
	}
	most := reflectorMost
	if w.Full {
		most += reflectorFull
	}
	if f.Reflector.Requests > most || f.Reflector.WithCredentials > 0 {
		t.Errorf("conduct: %d requests to the reflector, %d with credentials", f.Reflector.Requests, f.Reflector.WithCredentials)
	}
}

// Bunched says whether more than 4 requests came within 200 ms. On a line or cable that loses packets the kernel sends
// what went over TCP and TLS again, in bunches that the box does not choose: there it says nothing.
func Bunched(w lab.World, c serve.Count) bool {
	return c.MaxIn200ms > 4 && w.Line.Up.Loss == 0 && w.Home.Lossy == 0
}

// reflectorMost is what the search for an ALG may send there, 12, the comparison of SIP hosts, 5, long messages, 5, and
// long answers, 5, the control of the voice ports, 3, marks, 3, and what the router lets in, 4.
// reflectorFull is what the lifetime of a mapping adds: two for each silence, and three.
const (
	reflectorMost = 37
	reflectorFull = 17
)
