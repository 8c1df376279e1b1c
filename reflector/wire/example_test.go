package wire_test

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"trunktester/reflector/wire"
)

func Example() {
	// Fresh random letters for every request; Body frames the message should its Content-Length be damaged.
	ask := wire.Wish{ID: "1f0c9a3b", Delay: 45 * time.Second, Body: 0}
	sent := strings.Join([]string{
		"OPTIONS sip:reflect@reflector.example.net SIP/2.0",
		"Via: SIP/2.0/UDP 192.168.1.20:40001;rport;branch=z9hG4bK776asdhds",
		wire.Header + ": " + ask.Value("the shared token"),
		"Content-Length: 0", "", "",
	}, "\r\n")

	// What a reflector behind a SIP ALG answers 45 seconds later.
	arrived := strings.Replace(sent, "192.168.1.20", "203.0.113.2", 1)
	body := wire.Reflection{
		Source: netip.MustParseAddrPort("203.0.113.2:40001"), Transport: "udp", TOS: -1,
		Length: len(arrived), Message: []byte(arrived),
	}.Encoded()

	r, err := wire.ParseReflection(body)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("from", r.Source, "refused", r.Refused)
	for _, d := range wire.Compare([]byte(sent), r.Message) {
		fmt.Printf("%s\n  sent     %s\n  received %s\n", d.Place, d.Sent, d.Received)
	}
	// Output:
	// from 203.0.113.2:40001 refused []
	// Via
	//   sent     Via: SIP/2.0/UDP 192.168.1.20:40001;rport;branch=z9hG4bK776asdhds
	//   received Via: SIP/2.0/UDP 203.0.113.2:40001;rport;branch=z9hG4bK776asdhds
}
