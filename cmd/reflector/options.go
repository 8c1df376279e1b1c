package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"

	"trunktester/reflector"
	"trunktester/reflector/wire"
)

const usage = `reflector shows a trunktester box what arrived of its SIP requests, and echoes its voice packets.
A provider runs it beside its trunk. It needs no privileges and keeps nothing.

  reflector -token-file token                                        SIP on UDP 5060 and 5080 and on TCP 5060, voice on UDP 10000 to 10031
  reflector -token-file token -tls-cert cert.pem -tls-key key.pem    and SIP over TLS on 5061

It runs until SIGTERM, finishes what is in flight and exits 0; 64 is a wrong option, 69 a port or file that cannot be
opened. docs/reflector.md tells how to run one or many, and what it says on the wire.

`

// options are the command line.
type options struct {
	config                       reflector.Config // without what load reads
	watch                        string
	version                      bool
	tokenFile, certFile, keyFile string
}

// mostRTP is how many voice ports one process opens.
const mostRTP = 512

// shortestToken keeps a token from being guessed from one recorded proof.
const shortestToken = 16

// parse reads the command line; with -h it writes the help and gives flag.ErrHelp.
func parse(args []string, stdout io.Writer) (options, error) {
	usual := reflector.Usual()
	o := options{config: usual}
	var udp, tcp, tlsOn, rtp, cert, key, tokenFile string
	var each, all, voice float64
	flags := flag.NewFlagSet("reflector", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // an error is told once, by the caller
	flags.Usage = func() {}
	flags.StringVar(&udp, "udp", ":5060,:5080", "SIP over UDP: `addresses`; a reply \"from the other port\" comes from the next one; \"\" for none")
	flags.StringVar(&tcp, "tcp", ":5060", "SIP over TCP: `addresses`")
	flags.StringVar(&tlsOn, "tls", ":5061", "SIP over TLS: `addresses`; off without -tls-cert and -tls-key")
	flags.StringVar(&cert, "tls-cert", "", "PEM `file` of the certificate and its chain; read again when it changes")
	flags.StringVar(&key, "tls-key", "", "PEM `file` of its key")
	flags.StringVar(&rtp, "rtp", "10000-10031", "voice echo: UDP `ports`, as 10000-10031,19990; \"\" for none")
	flags.StringVar(&o.config.RTPHost, "rtp-host", "", "`address` of the voice ports; default: all")
	flags.StringVar(&tokenFile, "token-file", "", "`file` with the token that callers must know; without it everybody is answered")
	flags.StringVar(&o.watch, "metrics", "127.0.0.1:9506", "`address` of /metrics and /healthz; \"off\" for none")
	flags.DurationVar(&o.config.LongestDelay, "longest-delay", usual.LongestDelay, "longest delay of a reply that is granted")
	flags.Float64Var(&each, "rate", usual.SIP.PerSecond, "SIP replies, and connections, a second for one address (IPv6: /64); four seconds' worth may come at once")
	flags.Float64Var(&all, "rate-all", usual.SIPAll.PerSecond, "the same for all addresses together; one second's worth may come at once")
	flags.Float64Var(&voice, "rate-rtp", usual.RTPEach.PerSecond, "voice packets a second echoed to one address; a call has 50")
	flags.IntVar(&o.config.Workers, "workers", runtime.GOMAXPROCS(0), "sockets per SIP port over UDP")
	flags.BoolVar(&o.version, "version", false, "print the version")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return o, err
	case err != nil:
		return o, fmt.Errorf("%w; -h lists the options", err)
	case flags.NArg() > 0:
		return o, fmt.Errorf("unexpected %q; -h lists the options", flags.Arg(0))
	}
	for _, a := range []struct {
		name, value string
		to          *[]string
	}{{"-udp", udp, &o.config.UDP}, {"-tcp", tcp, &o.config.TCP}, {"-tls", tlsOn, &o.config.TLS}} {
		*a.to = list(a.value)
		for _, address := range *a.to {
			if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
				return o, fmt.Errorf("%s %s: write an address as :5060, 192.0.2.1:5060 or [2001:db8::1]:5060", a.name, address)
			}
		}
	}
	for _, r := range []struct {
		name  string
		value float64
	}{{"-rate", each}, {"-rate-all", all}, {"-rate-rtp", voice}} {
		if !(r.value >= 0.1 && r.value <= 1e6) {
			return o, fmt.Errorf("%s %g: must be from 0.1 to 1000000 a second", r.name, r.value)
		}
	}
	o.config.SIP = reflector.Rate{PerSecond: each, Burst: max(1, int(4*each))}
	o.config.SIPAll = reflector.Rate{PerSecond: all, Burst: max(1, int(all))}
	o.config.RTPEach = reflector.Rate{PerSecond: voice, Burst: max(1, int(voice))}
	if o.config.Workers < 1 || o.config.Workers > 64 {
		return o, fmt.Errorf("-workers %d: must be from 1 to 64", o.config.Workers)
	}
	if d := o.config.LongestDelay; d < 0 || d > wire.LongestDelay {
		return o, fmt.Errorf("-longest-delay %s: must be from 0 to %s", d, wire.LongestDelay)
	}
	var err error
	if o.config.RTP, err = ports(rtp); err != nil {
		return o, err
	}
	if (cert == "") != (key == "") {
		return o, errors.New("-tls-cert and -tls-key go together: give both, or none for no TLS")
	}
	o.tokenFile, o.certFile, o.keyFile = tokenFile, cert, key
	return o, nil
}

// load reads the files that the options name.
func (o *options) load() (err error) {
	if o.config.Token, err = token(o.tokenFile); err == nil && o.certFile != "" {
		o.config.TLSConfig, err = reflector.Certificate(o.certFile, o.keyFile)
	}
	return err
}

// list takes a comma list apart.
func list(s string) (all []string) {
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// ports reads "10000-10031,19990".
func ports(s string) (all []uint16, err error) {
	for _, part := range list(s) {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		from, err1 := strconv.ParseUint(low, 10, 16)
		to, err2 := strconv.ParseUint(high, 10, 16)
		if err1 != nil || err2 != nil || from == 0 || to < from {
			return nil, fmt.Errorf("-rtp %s: write ports as 10000-10031", part)
		}
		if len(all)+int(to-from)+1 > mostRTP {
			return nil, fmt.Errorf("-rtp: more than %d ports; docs/reflector.md shows how a few serve a wide range", mostRTP)
		}
		for p := from; p <= to; p++ {
			all = append(all, uint16(p))
		}
	}
	return all, nil
}

// token reads the token's file. No error tells anything of what is in it.
func token(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("-token-file: %w", err)
	}
	t := strings.TrimSpace(string(b))
	if len(t) < shortestToken {
		return "", fmt.Errorf("-token-file %s: the token must have at least %d characters; \"openssl rand -hex 16\" makes one", file, shortestToken)
	}
	return t, nil
}
