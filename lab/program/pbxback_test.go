package program_test

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"trunktester/appliance/report"
	"trunktester/lab"
	"trunktester/lab/witness"
)

// baresip points a telephone that we did not write at a server of its choice.
func (b *box) baresip(server string) *witness.Process {
	b.t.Helper()
	p, err := b.Phone(b.t.Context(), witness.PhoneOptions{Program: "baresip", Server: netip.MustParseAddrPort(server), Transport: "udp",
		Domain: lab.Domain, User: lab.Username, AuthUser: lab.Username, Password: lab.Password})
	var missing *lab.MissingWitnessesError
	if errors.As(err, &missing) {
		skip(b.t, err.Error())
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

// The engineer sits at a laptop: the PBX's settings are right, he points it back and presses Enter. Either it
// registers at the provider, or two minutes later the program says that something keeps it from there.
func TestPBXPointsBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		back       bool // it reaches the provider again
		exit       int
		code, says string
		looks      int
	}{
		{"and registers", true, green, "ok", "the provider has a registration for this trunk", 1},
		{"in vain", false, red, "5-7", "after the PBX was pointed back, the provider's list of registrations is still empty", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := boxIn(t, "healthy", withoutPBX)
			in, keys, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			defer keys.Close()
			cmd := exec.Command(trunktester, b.usual("pbx-check", "-back", "-json", "-for", "60s")...)
			cmd.Stdin = in
			p := b.startCommand(cmd)
			says := func(text string) func() bool {
				return func() bool { return strings.Contains(p.err.String(), text) }
			}
			until(t, "an address to enter", says("Enter "+lab.PoolFirst))
			phone := b.baresip(lab.PoolFirst + ":5060")
			until(t, "the right settings", says("Now point it back at the provider."))
			if far := b.FarEnd(); far.Requests != 0 {
				t.Errorf("%d requests reached the provider before Enter", far.Requests)
			}
			if err := phone.Stop(); err != nil {
				t.Error(err)
			}
			if c.back {
				phone = b.baresip(lab.Provider1 + ":5060")
				defer func() {
					if err := phone.Stop(); err != nil {
						t.Error(err)
					}
				}()
			}
			if _, err := keys.WriteString("\n"); err != nil {
				t.Fatal(err)
			}
			until(t, "the first look", says("The box looks in 45s."))
			if c.looks == 2 {
				until(t, "the second look", says("It is not registered yet. The box looks once more in "))
			}
			got := p.waitFor(3 * patience) // the second look comes after two minutes
			r, err := report.Decode([]byte(got.stdout))
			if err != nil {
				t.Fatalf("%v in %q, %s", err, got.stdout, got.stderr)
			}
			if v := r.Verdict; got.exit != c.exit || v.Code != c.code || !strings.Contains(v.Text, c.says) {
				t.Errorf("exit %d, %s: %s, want exit %d, %s: %s", got.exit, v.Code, v.Text, c.exit, c.code, c.says)
			}
			if r.Facts.PBXCheck == nil || r.Facts.PBXCheck.Back == nil {
				t.Errorf("the report does not tell the PBX check: %+v", r.Facts.PBXCheck)
			}
			if n := strings.Count(got.stderr, "The box looks"); n != c.looks {
				t.Errorf("%d looks, want %d: %s", n, c.looks, got.stderr)
			}
			if found := (report.Secrets{lab.Password}).In([]byte(got.stdout + got.stderr)); len(found) > 0 {
				t.Errorf("it tells %v", found)
			}
		})
	}
}
