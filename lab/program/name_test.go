package program_test

import "testing"

// "Look for trunktester-lab in the router's list of devices" says the label of the kit called Lab: the router
// must have been told that name.
func TestTheRouterIsToldTheNameOnTheLabel(t *testing.T) {
	t.Parallel()
	b := boxIn(t, "healthy")
	b.start(b.usual("appliance")...)
	until(t, "a DHCP request", func() bool { return len(b.DHCP.Seen.All()) > 0 })
	for _, m := range b.DHCP.Seen.All() {
		if m.HostName != "trunktester-lab" {
			t.Errorf("%v calls the box %q", m.Type, m.HostName)
		}
	}
}
