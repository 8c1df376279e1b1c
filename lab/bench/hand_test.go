package bench

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/icholy/digest"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	"github.com/vishvananda/netlink"

	"trunktester/lab"
	"trunktester/probes/sip"
)

// The same checks by hand: what an engineer with a laptop types, one tool after another, each with its usual
// settings. Typing and reading cost nothing here. What has no usual tool (the search for an ALG, a second
// holder of the address, a second DHCP server) is not done by hand at all, and costs nothing either.

// hand is one thing done by hand.
type hand struct {
	what string
	tool string // first word: the program; "own" for a few lines here where no tool is usual
	do   func(context.Context, box) (string, error)
}

func run(what, command string, args ...string) hand {
	return hand{what, command + " " + strings.Join(args, " "), func(ctx context.Context, x box) (string, error) {
		return x.tool(ctx, command, args...)
	}}
}

// tool runs a program on the box and gives what it printed.
func (x box) tool(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	wait, err := x.StartBox(cmd)
	if err == nil {
		err = wait()
	}
	if err != nil {
		return out.String(), fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, &out)
	}
	return out.String(), nil
}

const (
	quality = "line quality"

	localDNS  = "@" + lab.RouterLAN
	publicDNS = "@1.1.1.1"
)

func byHand() []hand {
	all := []hand{
		{"an address", "own DHCP client (nclient4)", lease},
		run("the router", "ping", "-c", "4", lab.RouterLAN),
	}
	for _, target := range []string{"1.1.1.1", "8.8.8.8", "9.9.9.9"} {
		all = append(all, run("the outside world", "ping", "-c", "4", target))
	}
	for _, server := range []string{localDNS, publicDNS} {
		all = append(all,
			run("the provider's name", "dig", server, lab.Domain, "NAPTR"),
			run("the provider's name", "dig", server, "_sip._udp."+lab.Domain, "SRV"),
			run("the provider's name", "dig", server, lab.Domain, "A"))
	}
	all = append(all,
		run("the public address", "stun", lab.STUN1),
		run("the time", "ntpdate", "-q", lab.TimeAddr),
		run("the provider by ping", "ping", "-c", "4", lab.Provider1))
	if _, err := exec.LookPath("sipsak"); err == nil {
		all = append(all, run("SIP over UDP", "sipsak", "-vv", "-s", "sip:"+lab.Provider1))
	} else {
		all = append(all, hand{"SIP over UDP", "own OPTIONS (sipsak is not installed)", options})
	}
	return append(all,
		run("SIP over TCP", "bash", "-c", "exec 3<>/dev/tcp/"+lab.Provider1+"/5060"),
		run("SIP over TLS", "bash", "-c", "openssl s_client -brief -connect "+lab.Provider1+":5061 </dev/null"),
		hand{"the login", "own REGISTER, answered as a telephone does", register},
		run(quality, "ping", "-c", "100", "-i", "0.2", lab.Provider1))
}

// lease takes an address, as the laptop's own DHCP client does when the cable is plugged in.
func lease(ctx context.Context, x box) (string, error) {
	return "", x.Box.Do(func() error {
		client, err := nclient4.New("eth0")
		if err != nil {
			return err
		}
		defer client.Close()
		lease, err := client.Request(ctx)
		if err != nil {
			return err
		}
		link, err := netlink.LinkByName("eth0")
		if err != nil {
			return err
		}
		ack := lease.ACK
		own := &netlink.Addr{IPNet: &net.IPNet{IP: ack.YourIPAddr, Mask: ack.SubnetMask()}}
		if len(ack.Router()) == 0 {
			return errors.New("the lease names no router")
		}
		return errors.Join(netlink.AddrAdd(link, own), netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: ack.Router()[0]}))
	})
}

// message is a request as a telephone sends it.
func message(method, from, cseq, authorization string) string {
	m := method + " sip:" + lab.Domain + " SIP/2.0\nVia: SIP/2.0/UDP " + from + ";rport;branch=z9hG4bK-hand-" + method + cseq +
		"\nFrom: <sip:" + lab.Username + "@" + lab.Domain + ">;tag=1\nTo: <sip:" + lab.Username + "@" + lab.Domain + ">\nCall-ID: hand-" + method +
		"\nCSeq: " + cseq + " " + method + "\nMax-Forwards: 70\nUser-Agent: hand\n" + authorization + "Content-Length: 0\n\n"
	return strings.ReplaceAll(m, "\n", "\r\n")
}

func (x box) dial() (conn net.Conn, err error) {
	err = x.Box.Do(func() error {
		conn, err = net.Dial("udp4", lab.Provider1+":5060")
		return err
	})
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(5 * time.Second))
}

func ask(conn net.Conn, request string, want int) (*sip.Message, error) {
	if _, err := conn.Write([]byte(request)); err != nil {
		return nil, err
	}
	answer := make([]byte, 4096)
	n, err := conn.Read(answer)
	if err != nil {
		return nil, err
	}
	reply := sip.Split(answer[:n])
	if reply.Code != want {
		return nil, fmt.Errorf("the provider answered %d, not %d", reply.Code, want)
	}
	return reply, nil
}

func options(_ context.Context, x box) (string, error) {
	conn, err := x.dial()
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_, err = ask(conn, message("OPTIONS", conn.LocalAddr().String(), "1", ""), 200)
	return "", err
}

func register(_ context.Context, x box) (string, error) {
	conn, err := x.dial()
	if err != nil {
		return "", err
	}
	defer conn.Close()
	from := conn.LocalAddr().String()
	reply, err := ask(conn, message("REGISTER", from, "1", ""), 401)
	if err != nil {
		return "", err
	}
	challenge, err := digest.ParseChallenge(reply.Get("WWW-Authenticate"))
	if err != nil {
		return "", err
	}
	credentials, err := digest.Digest(challenge, digest.Options{Method: "REGISTER", URI: "sip:" + lab.Domain, Username: lab.Username, Password: lab.Password, Count: 1})
	if err != nil {
		return "", err
	}
	_, err = ask(conn, message("REGISTER", from, "2", "Authorization: "+credentials.String()+"\n"), 200)
	return "", err
}

// done is what was done by hand, and what it took.
type done struct {
	total    time.Duration
	rows     []string
	missing  []string
	quality  time.Duration // of the total: the 100 pings
	lan, far time.Duration // round trips to the router and to the provider, by ping
}

// all does everything, one after another.
func all(ctx context.Context, x box) (d done, err error) {
	for _, h := range byHand() {
		program, _, _ := strings.Cut(h.tool, " ")
		if _, missing := exec.LookPath(program); program != "own" && missing != nil {
			d.missing = append(d.missing, program+" ("+h.what+")")
			continue
		}
		began := time.Now()
		out, err := h.do(ctx, x)
		took := time.Since(began)
		if err != nil {
			return d, fmt.Errorf("by hand, %s: %w", h.what, err)
		}
		d.total += took
		d.rows = append(d.rows, fmt.Sprintf("| %s | `%s` | %.2f |", h.what, h.tool, took.Seconds()))
		if h.what == quality {
			d.quality = took
		}
		if rtt := pinged(out); rtt > 0 {
			switch {
			case strings.HasSuffix(h.tool, " "+lab.RouterLAN):
				d.lan = rtt
			case strings.HasSuffix(h.tool, " "+lab.Provider1):
				d.far = rtt
			}
		}
	}
	if cmp.Or(min(d.lan, d.far), 0) == 0 {
		return d, errors.New("ping told no round trip")
	}
	return d, nil
}

var rttLine = regexp.MustCompile(`min/avg/max\S* = [\d.]+/([\d.]+)/`)

// pinged is the mean round trip that ping tells, 0 for none.
func pinged(out string) time.Duration {
	m := rttLine.FindStringSubmatch(out)
	if m == nil {
		return 0
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0
	}
	return time.Duration(v * float64(time.Millisecond))
}
