package visit

import (
	"testing"

	"trunktester/lab"
)

// Conduct holds what the provider's registrar counted, retransmissions included, against the box's conduct on
// a line: at most 40 requests in a run, 4 within 200 ms, 2 with credentials, 4 to addresses where nothing lives, never an INVITE.
func Conduct(t *testing.T, f lab.FarEnd) {
	t.Helper()
	if f.Requests > 40 || f.WithCredentials > 2 || f.MaxIn200ms > 4 || f.Invites > 0 || f.Nowhere.Requests > 4 {
		t.Errorf("conduct: %d requests, %d with credentials, %d within 200 ms, %d INVITEs, %d to nowhere", f.Requests, f.WithCredentials, f.MaxIn200ms, f.Invites, f.Nowhere.Requests)
	}
}
