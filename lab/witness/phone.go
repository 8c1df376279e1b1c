package witness

import (
	"context"
	"fmt"
	"net/netip"
)

// PhoneOptions are the settings of a telephone system that we did not write.
type PhoneOptions struct {
	Program   string         // "baresip" or "sipp"
	Listen    netip.AddrPort // its own address
	Server    netip.AddrPort // where it sends its REGISTER: registrar or outbound proxy
	Transport string         // "udp", "tcp" or "tls", with any certificate; Debian's sipp has no TLS
	Domain    string         // of the address that it registers
	User      string
	AuthUser  string
	Password  string
	Mute      bool // it never answers a challenge; sipp only
}

// StartPhone starts a telephone that registers until it is stopped.
func StartPhone(ctx context.Context, launch Launcher, o PhoneOptions) (*Process, error) {
	switch o.Program {
	case "baresip":
		return startBaresip(ctx, launch, o)
	case "sipp":
		return startSIPp(ctx, launch, o)
	}
	return nil, fmt.Errorf("there is no telephone %q", o.Program)
}

// startBaresip starts Baresip, a telephone.
func startBaresip(ctx context.Context, launch Launcher, o PhoneOptions) (*Process, error) {
	account := fmt.Sprintf(`<sip:%s@%s;transport=%s>;auth_user=%s;auth_pass="%s";outbound="sip:%s;transport=%s";regint=60`+"\n",
		o.User, o.Domain, o.Transport, o.AuthUser, o.Password, o.Server, o.Transport)
	config := fmt.Sprintf("module_path /usr/lib/baresip/modules\nmodule_tmp account.so\nmodule_app menu.so\nsip_listen %s\n", o.Listen)
	return start(ctx, launch, "baresip", map[string][]byte{"config": []byte(config), "accounts": []byte(account)}, func(folder string) []string {
		return []string{"/usr/bin/baresip", "-4", "-f", folder}
	}, readiness{line: "baresip is ready", abrupt: true})
}

// startSIPp starts SIPp, which plays a scenario: here a PBX that registers every second.
func startSIPp(ctx context.Context, launch Launcher, o PhoneOptions) (*Process, error) {
	register := func(n int, more string) string {
		return fmt.Sprintf(`<send retrans="500"><![CDATA[

REGISTER sip:%[1]s SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
From: <sip:%[2]s@%[1]s>;tag=[call_number]
To: <sip:%[2]s@%[1]s>
Call-ID: [call_id]
CSeq: %[3]d REGISTER
Contact: <sip:%[2]s@[local_ip]:[local_port]>
Expires: 120
Max-Forwards: 70
User-Agent: SIPp
%[4]sContent-Length: 0

]]></send>
`, o.Domain, o.User, n, more)
	}
	scenario := register(1, "") + `<recv response="401" auth="true"/>` + "\n"
	if !o.Mute {
		scenario += register(2, "[authentication]\n") + `<recv response="401" optional="true"/><recv response="403" optional="true"/><recv response="200" timeout="2000"/>` + "\n"
	}
	scenario = `<?xml version="1.0" encoding="UTF-8"?><scenario name="register">` + "\n" + scenario + "</scenario>\n"
	return start(ctx, launch, "sipp", map[string][]byte{"register.xml": []byte(scenario)}, func(string) []string {
		return []string{"/usr/bin/sipp", o.Server.String(), "-sf", "register.xml", "-i", o.Listen.Addr().String(), "-p", fmt.Sprint(o.Listen.Port()),
			"-t", map[string]string{"udp": "u1", "tcp": "t1"}[o.Transport], "-r", "1", "-rp", "1000", "-m", "1000", "-l", "3", "-nostdin",
			"-max_reconnect", "1000", "-reconnect_close", "false", "-reconnect_sleep", "1000",
			"-au", o.AuthUser, "-ap", o.Password}
	}, readiness{abrupt: true})
}
