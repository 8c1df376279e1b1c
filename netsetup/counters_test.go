package netsetup

import (
	"testing"
	"time"

	"github.com/mdlayher/ethtool"

	"trunktester/netsetup/netnstest"
	"trunktester/probes/facts"
)

func TestLinkCounters(t *testing.T) {
	lan := netnstest.New(t, "eth0")
	lan.Host("10.7.0.1/24")
	plugIn(t, "10.7.0.1")
	before, err := LinkCounters("eth0")
	if err != nil || before.Received == 0 {
		t.Fatalf("%+v, %v", before, err)
	}
	for range 2 {
		lan.Pull()
		lan.Plug()
	}
	if ok, err := WaitCarrier(within(t, 5*time.Second), "eth0"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	after, err := LinkCounters("eth0")
	if err != nil || after.Losses-before.Losses != 2 || after.Damaged != 0 {
		t.Errorf("%+v after %+v, %v", after, before, err)
	}
	if _, err := LinkCounters("eth9"); err == nil {
		t.Error("an interface that is not there counts")
	}
}

func TestAbility(t *testing.T) {
	list := func(names ...string) (modes []ethtool.AdvertisedLinkMode) {
		for _, n := range names {
			modes = append(modes, ethtool.AdvertisedLinkMode{Name: n})
		}
		return modes
	}
	for _, c := range []struct {
		modes []ethtool.AdvertisedLinkMode
		want  *facts.Ability
	}{
		{list("Autoneg", "TP", "10baseT/Half", "10baseT/Full", "100baseT/Half", "Pause"), &facts.Ability{SpeedMbit: 100, FullDuplex: true}},
		{list("10baseT/Half", "100baseT/Half"), &facts.Ability{SpeedMbit: 100}},
		{list("1000baseT/Full"), &facts.Ability{SpeedMbit: 1000, FullDuplex: true}},
		{list("Autoneg", "Pause", "baseT"), nil},
		{nil, nil},
	} {
		got := ability(c.modes)
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%v: %+v", c.modes, got)
		}
	}
}
