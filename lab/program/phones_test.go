package program_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"trunktester/appliance/report"
	"trunktester/lab"
	"trunktester/lab/witness"
)

// Telephones that we did not write are pointed at the box, each set up rightly and with each mistake.
func TestPBXCheckWithRealPhones(t *testing.T) {
	for _, c := range []struct {
		name, window string
		phone        func(*witness.PhoneOptions)
		exit         int
		code, says   string
		programs     string
	}{
		{"right", "30s", nil, green, "ok", "were the trunk's", "baresip sipp"},
		{"right over TCP", "30s", func(o *witness.PhoneOptions) { o.Transport = "tcp" }, green, "ok", "were the trunk's", "baresip sipp"},
		{"the box as outbound proxy", "30s", func(o *witness.PhoneOptions) { o.Domain = lab.Domain }, green, "ok", "were the trunk's", "baresip sipp"},
		{"another password", "6s", func(o *witness.PhoneOptions) { o.Password = "not-the-password" }, red, "5-8", "another one, and not by a usual slip", "baresip sipp"},
		{"a space behind the password", "6s", func(o *witness.PhoneOptions) { o.Password += " " }, red, "5-8", "it has a space at its end", "baresip sipp"},
		{"caps lock", "6s", func(o *witness.PhoneOptions) { o.Password = strings.ToUpper(o.Password) }, red, "5-8", "capital letters", "baresip sipp"},
		{"another username", "6s", func(o *witness.PhoneOptions) { o.User, o.AuthUser = "441632960009", "441632960009" }, red, "5-6", `its login name is "441632960009"`, "baresip sipp"},
		{"the login name with the domain", "6s", func(o *witness.PhoneOptions) { o.AuthUser += "@" + lab.Domain }, red, "5-6", "has the domain behind it", "baresip sipp"},
		{"another domain", "6s", func(o *witness.PhoneOptions) { o.Domain = "sip.other.example" }, amber, "5-6", `its domain is "sip.other.example"`, "baresip sipp"},
		{"it answers no challenge", "6s", func(o *witness.PhoneOptions) { o.Mute = true }, red, "5-6", "never answered", "sipp"},
	} {
		for _, program := range strings.Fields(c.programs) {
			t.Run(program+" "+c.name, func(t *testing.T) {
				t.Parallel()
				b := boxIn(t, "healthy", withoutPBX)
				b.change("[trunk]\n", "[trunk]\nrealm = \""+lab.Domain+"\"\n")
				o := witness.PhoneOptions{Program: program, Server: netip.MustParseAddrPort(lab.PoolFirst + ":5060"), Transport: "udp",
					Domain: lab.PoolFirst, User: lab.Username, AuthUser: lab.Username, Password: lab.Password}
				if c.phone != nil {
					c.phone(&o)
				}
				p := b.start(b.usual("pbx-check", "-json", "-for", c.window)...)
				until(t, "an address to enter", func() bool { return strings.Contains(p.err.String(), "Enter "+lab.PoolFirst) })
				phone, err := b.Phone(t.Context(), o)
				var missing *lab.MissingWitnessesError
				if errors.As(err, &missing) {
					skip(t, err.Error())
				}
				if err != nil {
					t.Fatal(err)
				}
				got := p.wait()
				if err := phone.Stop(); err != nil {
					t.Error(err)
				}
				r, err := report.Decode([]byte(got.stdout))
				if err != nil {
					t.Fatalf("%v in %q, %s", err, got.stdout, got.stderr)
				}
				if v := r.Verdict; got.exit != c.exit || v.Code != c.code || !strings.Contains(v.Text, c.says) {
					t.Errorf("exit %d, %s: %s, want exit %d, %s: %s\n%s", got.exit, v.Code, v.Text, c.exit, c.code, c.says, got.stderr)
				}
				if found := (report.Secrets{lab.Password, o.Password}).In([]byte(got.stdout + got.stderr)); len(found) > 0 {
					t.Errorf("it tells %v", found)
				}
			})
		}
	}
}
