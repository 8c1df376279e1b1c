package lab

import (
	"strings"
	"testing"

	"trunktester/lab/serve"
)

// TestCast: what no outside program has a switch for is refused, and named.
func TestCast(t *testing.T) {
	for _, c := range []struct {
		name string
		turn func(*World)
		role Role
		want string // "": an outside program plays
	}{
		{"healthy", func(*World) {}, RoleRegistrar, ""},
		{"wrong password", registrar(func(s *serve.RegistrarSettings) { s.WrongPasswordCode = 403 }), RoleRegistrar, ""},
		{"two realms", registrar(func(s *serve.RegistrarSettings) { s.Realms = []string{"a", "b"} }), RoleRegistrar, "Kamailio has no switch like Realms"},
		{"two algorithms", registrar(func(s *serve.RegistrarSettings) { s.Algorithms = []string{"MD5", "SHA-256"} }), RoleRegistrar, "Kamailio has no switch like Algorithms"},
		{"redirect", answers(serve.Refusal{Code: 302, Contact: "sip:elsewhere"}), RoleRegistrar, "Kamailio has no switch like Refusal.Contact, Refusal.Reason"},
		{"no PBX to leave it", boundBefore(ownBinding()), RoleRegistrar, "a PBX that is gone has left a binding behind"},
		{"bound elsewhere", boundBefore(otherSite()), RoleRegistrar, ""},
		{"odd mask", dhcp(func(s *serve.DHCPSettings) { s.Mask = []byte{255, 0, 255, 0} }), RoleDHCP, "dnsmasq has no switch like Mask"},
		{"odd mask elsewhere", dhcp(func(s *serve.DHCPSettings) { s.Mask = []byte{255, 0, 255, 0} }), RoleNames, ""},
		{"liar", func(w *World) { w.Home.DNS = func(s *serve.DNSSettings) { s.DropSRV = true } }, RoleNames, "dnsmasq has no switch like DropSRV"},
		{"no STUN", func(w *World) { w.Outside.STUN = func(s *serve.STUNSettings) { s.Silent = true } }, RoleSTUN, "coturn has no fault switches"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := "not in the cast"
			for _, p := range good(c.name, c.name).with(c.turn).Cast() {
				if p.Role == c.role {
					if got = ""; p.Own != nil {
						got = p.Own.Error()
					}
				}
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestMissingWitnesses(t *testing.T) {
	err := &MissingWitnessesError{[]string{"kamailio", "coturn"}}
	if !strings.HasSuffix(err.Error(), "apt-get install --no-install-recommends kamailio coturn") {
		t.Error(err)
	}
}
