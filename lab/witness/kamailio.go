package witness

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"crypto/tls"
	_ "embed"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"time"

	"trunktester/lab/serve"
)

// Kamailio is the provider's registrar over UDP, TCP and TLS.
type Kamailio struct{ *Process }

// KamailioOptions are the sockets and the settings of a Kamailio.
type KamailioOptions struct {
	Listen   []netip.Addr
	Ports    []uint16                // of UDP and TCP; nil: 5060
	Leaf     *tls.Certificate        // for port 5061; nil: no TLS
	Settings serve.RegistrarSettings // Realm is needed; account names of letters, digits and .+_- only; see KamailioPlays
}

//go:embed kamailio.cfg
var kamailioConfig string

var kamailioTemplate = template.Must(template.New("kamailio.cfg").Parse(kamailioConfig))

const tlsConfig = `[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
private_key = key.pem
certificate = cert.pem
[client:default]
verify_certificate = no
`

// plain are the words that need no quoting in Kamailio's configuration.
var plain = regexp.MustCompile(`^[A-Za-z0-9.+_-]+$`)

// StartKamailio starts a registrar and waits until it serves.
func StartKamailio(ctx context.Context, launch Launcher, o KamailioOptions) (*Kamailio, error) {
	files, err := o.files()
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, launch, "kamailio", files, func(folder string) []string {
		// Neither -u nor -g: in a user namespace there is no other user to become.
		return []string{"/usr/sbin/kamailio", "-DD", "-E", "-f", filepath.Join(folder, "kamailio.cfg"), "-w", folder, "-Y", folder,
			"-P", filepath.Join(folder, "pid"), "-m", "32", "-M", "4"}
	}, readiness{check: func(ctx context.Context, folder string) error {
		// The control process is forked after all sockets are bound.
		return rpc(ctx, folder, "core.uptime")
	}})
	if err != nil {
		return nil, err
	}
	return &Kamailio{p}, nil
}

func (o KamailioOptions) files() (map[string][]byte, error) {
	if err := KamailioPlays(o.Settings); err != nil {
		return nil, err
	}
	type user struct{ Name, AuthUser, HA1 string }
	values := struct {
		KamailioOptions
		S         serve.RegistrarSettings
		Algorithm string
		Method    string // prefix of the functions that authenticate
		Users     []user
		Hosts     []string // to listen on, IPv6 ones in brackets
	}{KamailioOptions: o, S: o.Settings, Algorithm: "MD5", Method: "www"}
	for _, a := range o.Listen {
		if values.Hosts = append(values.Hosts, a.String()); a.Is6() {
			values.Hosts[len(values.Hosts)-1] = "[" + a.String() + "]"
		}
	}
	if len(o.Settings.Algorithms) == 1 {
		values.Algorithm = o.Settings.Algorithms[0]
	}
	if o.Settings.ProxyChallenge {
		values.Method = "proxy"
	}
	if o.Ports == nil {
		values.Ports = []uint16{5060}
	}
	again := func(code int) int { // 0 and 407 are another challenge, as 401
		if code == 0 || code == 407 {
			return 401
		}
		return code
	}
	values.S.WrongPasswordCode = again(o.Settings.WrongPasswordCode)
	if values.S.UnknownUserCode == 0 {
		values.S.UnknownUserCode = o.Settings.WrongPasswordCode
	}
	values.S.UnknownUserCode = again(values.S.UnknownUserCode)
	realm := o.Settings.Realm
	if !plain.MatchString(realm) {
		return nil, fmt.Errorf("kamailio: realm %q cannot be written into its configuration", realm)
	}
	for _, a := range o.Settings.Accounts {
		if a.AuthUser == "" {
			a.AuthUser = a.User
		}
		if !plain.MatchString(a.User) || !plain.MatchString(a.AuthUser) {
			return nil, fmt.Errorf("kamailio: account %q cannot be written into its configuration", a.User)
		}
		a1 := []byte(a.AuthUser + ":" + realm + ":" + a.Password)
		ha1 := fmt.Sprintf("%x", md5.Sum(a1))
		if values.Algorithm == "SHA-256" {
			ha1 = fmt.Sprintf("%x", sha256.Sum256(a1))
		}
		values.Users = append(values.Users, user{a.User, a.AuthUser, ha1})
	}
	var config strings.Builder
	if err := kamailioTemplate.Execute(&config, values); err != nil {
		return nil, fmt.Errorf("kamailio: configuration: %w", err)
	}
	files := map[string][]byte{"kamailio.cfg": []byte(config.String())}
	if o.Leaf != nil {
		cert, key, err := serve.LeafPEM(*o.Leaf)
		if err != nil {
			return nil, fmt.Errorf("kamailio: %w", err)
		}
		files["cert.pem"], files["key.pem"], files["tls.cfg"] = cert, key, []byte(tlsConfig)
	}
	return files, nil
}

// rpc calls Kamailio's control socket, which lies in its folder and so in no network namespace.
func rpc(ctx context.Context, folder string, call ...string) error {
	out, err := exec.CommandContext(ctx, "/usr/sbin/kamcmd", append([]string{"-s", "unix:" + filepath.Join(folder, "ctl.sock")}, call...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("kamcmd %s: %w: %s", strings.Join(call, " "), err, out)
	}
	if strings.HasPrefix(string(out), "error") { // kamcmd exits 0 all the same
		return fmt.Errorf("kamcmd %s: %s", strings.Join(call, " "), out)
	}
	return nil
}

// Fault makes every answer this code; 0 ends it.
func (k *Kamailio) Fault(ctx context.Context, code int) error {
	return rpc(ctx, k.folder, "htable.seti", "fault", "code", strconv.Itoa(code))
}

// Silence makes it hear everything and answer nothing, or ends that.
func (k *Kamailio) Silence(ctx context.Context, on bool) error {
	mode := "none"
	if on {
		mode = "drop"
	}
	return rpc(ctx, k.folder, "htable.sets", "fault", "mode", mode)
}

// Seen are the requests that it logged, without their bytes. The log comes through a pipe: it is
// complete after Stop.
func (k *Kamailio) Seen() []serve.Message { return kamailioSeen(k.log.all()) }

// Count is what it counted, retransmissions included; complete after Stop.
func (k *Kamailio) Count() serve.Count { return serve.CountOf(k.Seen()) }

// seenMark begins what kamailio.cfg logs of a request:
// time, transport, source, source port, own address, own port, method, 1 with credentials, Call-ID and User-Agent, with bars between them.
const seenMark = "SEEN|"

func kamailioSeen(lines []string) (seen []serve.Message) {
	for _, line := range lines {
		_, rest, ok := strings.Cut(line, seenMark)
		fields := strings.SplitN(rest, "|", 10)
		if !ok || len(fields) != 10 {
			continue
		}
		at, err := unixTime(fields[0])
		source, err2 := socket(fields[2], fields[3])
		local, err3 := socket(fields[4], fields[5])
		if err != nil || err2 != nil || err3 != nil {
			continue
		}
		agent := fields[9]
		if agent == "<null>" {
			agent = ""
		}
		seen = append(seen, serve.Message{At: at, Transport: fields[1], Source: source, Local: local, Method: fields[6],
			Credentials: fields[7] != "0", CallID: fields[8], UserAgent: agent})
	}
	return seen
}

// socket reads an address, which may stand in brackets, and a port.
func socket(address, port string) (netip.AddrPort, error) {
	return netip.ParseAddrPort(net.JoinHostPort(strings.Trim(address, "[]"), port))
}

// unixTime reads seconds.microseconds, as $TV(Sn) prints them.
func unixTime(s string) (time.Time, error) {
	sec, micro, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(sec, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("time %q: %w", s, err)
	}
	us, err := strconv.ParseInt((micro + "000000")[:6], 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("time %q: %w", s, err)
	}
	return time.Unix(n, us*1000), nil
}
