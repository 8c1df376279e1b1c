package program_test

import (
	"errors"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"trunktester/appliance/report"
	"trunktester/lab"
	"trunktester/lab/witness"
)

// atBox is a port of the box.
func atBox(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(lab.PoolFirst), port)
}

// Telephones that we did not write are pointed at the box, each set up rightly and with each mistake.
func TestPBXCheckWithRealPhones(t *testing.T) {
	t.Parallel()
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
		{"right over TLS", "30s", func(o *witness.PhoneOptions) { o.Transport, o.Server = "tls", atBox(5061) }, green, "ok", "were the trunk's", "baresip"},
		{"TLS to the port of TCP", "30s", func(o *witness.PhoneOptions) { o.Transport = "tls" }, green, "ok", "were the trunk's", "baresip"},
		{"TCP to the port of TLS", "30s", func(o *witness.PhoneOptions) { o.Transport, o.Server = "tcp", atBox(5061) }, green, "ok", "were the trunk's", "baresip"},
		{"another password over TLS", "6s", func(o *witness.PhoneOptions) {
			o.Transport, o.Server, o.Password = "tls", atBox(5061), "not-the-password"
		}, red, "5-8", "another one, and not by a usual slip", "baresip"},
		{"it answers no challenge", "6s", func(o *witness.PhoneOptions) { o.Mute = true }, red, "5-6", "never answered", "sipp"},
	} {
		for _, program := range strings.Fields(c.programs) {
			t.Run(program+" "+c.name, func(t *testing.T) {
				t.Parallel()
				b := boxIn(t, "healthy", withoutPBX)
				b.change("[trunk]\n", "[trunk]\nrealm = \""+lab.Domain+"\"\n")
				o := witness.PhoneOptions{Program: program, Server: atBox(5060), Transport: "udp",
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
				if overTLS := o.Transport == "tls" && len(r.Facts.PBXCheck.Devices) > 0; overTLS != strings.Contains(got.stderr, "over TLS, without checking the certificate") {
					t.Errorf("over TLS %v: %s", overTLS, got.stderr)
				}
				if !strings.Contains(got.stderr, "TLS (port 5061) works only with a PBX that trusts any certificate.") {
					t.Errorf("no warning about TLS: %s", got.stderr)
				}
				if found := (report.Secrets{lab.Password, o.Password}).In([]byte(got.stdout + got.stderr)); len(found) > 0 {
					t.Errorf("it tells %v", found)
				}
			})
		}
	}
}

// A PBX that checks certificates breaks off, as OpenSSL does here: that proves the way to the box, and nothing of
// its settings. The port does not matter.
func TestPBXCheckCertificateRefused(t *testing.T) {
	t.Parallel()
	for _, port := range []uint16{5061, 5060} {
		t.Run(atBox(port).String(), func(t *testing.T) {
			t.Parallel()
			program, err := exec.LookPath("openssl")
			if err != nil {
				skip(t, err.Error())
			}
			b := boxIn(t, "healthy", withoutPBX)
			p := b.start(b.usual("pbx-check", "-json", "-for", "3s")...)
			until(t, "an address to enter", func() bool { return strings.Contains(p.err.String(), "Enter "+lab.PoolFirst) })
			client := b.startOn(b.PBX, exec.Command(program, "s_client", "-connect", atBox(port).String(), "-verify_return_error", "-no-CAstore", "-no-CApath", "-no-CAfile"))
			if tried := client.wait(); tried.exit == 0 {
				t.Errorf("OpenSSL trusts the box: %s", tried.stdout)
			}
			got := p.wait()
			r, err := report.Decode([]byte(got.stdout))
			if err != nil {
				t.Fatalf("%v in %q, %s", err, got.stdout, got.stderr)
			}
			const says = "did not trust the box's certificate, which nobody has signed. So the way from it to the box is open, and its settings are not known"
			if v := r.Verdict; got.exit != untested || v.Code != "box" || !strings.Contains(v.Text, says) {
				t.Errorf("exit %d, %s: %s", got.exit, v.Code, v.Text)
			}
			if r.Facts.PBXCheck.TLSRefused != 1 || !strings.Contains(got.stderr, "did not trust the box's certificate") {
				t.Errorf("%d refused; live: %s", r.Facts.PBXCheck.TLSRefused, got.stderr)
			}
		})
	}
}
