package probes

import (
	"testing"
	"time"

	"trunktester/netsetup/netnstest"
	"trunktester/probes/facts"
)

func TestWayToTheRouter(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	router, deaf := lan.Host("10.7.0.1/24"), lan.Host("10.7.0.2/24")
	deaf.Deaf(7)
	known := connect(t, "10.7.0.20/24", "10.7.0.1")
	expect(t, look(t, Gateway{}, &known), facts.Passed, router.MAC.String())
	expect(t, look(t, LAN{}, &known), facts.Passed, "0 of 50 ARP requests to the router 10.7.0.1 stayed without an answer")
	if e := known.LAN; e == nil || e.Sent != 50 || e.Back != 50 || e.Avg <= 0 {
		t.Errorf("%+v", e)
	}

	known.Address.Gateway = addr("10.7.0.2")
	expect(t, look(t, Gateway{}, &known), facts.Passed, deaf.MAC.String())
	expect(t, look(t, LAN{}, &known), facts.Failed, "of 50 ARP requests to the router 10.7.0.2 stayed without an answer")
	if known.LAN == nil {
		t.FailNow() // told above
	}
	if lost := known.LAN.Sent - known.LAN.Back; lost < 6 || lost > 8 { // every seventh, of which the kernel's own requests may be some
		t.Errorf("%d of 50 lost", lost)
	}

	if r := (LAN{}).Look(within(t, 300*time.Millisecond), known); r.Outcome != facts.Broken || r.File != nil {
		t.Errorf("a look cut short is %s: %s", r.Outcome, r.Saw)
	}
	netnstest.Unprivileged(t, func() {
		expect(t, (LAN{}).Look(within(t, time.Second), known), facts.Broken, "no permission to send ARP on eth0")
	})
}
