package serve

import (
	"encoding/hex"
	"net"
	"net/netip"
	"testing"
)

func TestAdvertisement(t *testing.T) {
	b, err := Advertisement(netip.MustParsePrefix("2001:db8:50::1/64"), net.HardwareAddr{2, 0, 0, 0, 0, 1})
	if err != nil {
		t.Fatal(err)
	}
	want := "86000000" + "4000" + "0708" + "00000000" + "00000000" + // type 134; hop limit 64, 1800 s
		"0101" + "020000000001" + // the router's hardware address
		"0304" + "40c0" + "00015180" + "00003840" + "00000000" + "20010db8005000000000000000000000" // 64 bits, on-link, for own addresses
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
