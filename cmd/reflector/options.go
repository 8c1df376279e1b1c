package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"trunktester/reflector"
	"trunktester/reflector/wire"
)

const usage = `reflector shows a trunktester box what arrived of its SIP requests, and echoes its voice packets.

  reflector [options]

It runs until SIGTERM and needs no privileges. docs/reflector.md tells how to run it beside a trunk.

`

// options are the command line.
type options struct {
	config  reflector.Config
	watch   string
	version bool
}

// mostRTP is how many voice ports one process opens.
const mostRTP = 512

// shortestToken keeps a token from being guessed from one recorded proof.
const shortestToken = 16

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{config: reflector.Config{RTPAll: reflector.Rate{PerSecond: 50000, Burst: 50000}}}
	var udp, tcp, tlsOn, rtp, cert, key, tokenFile string
	var each, all, voice float64
	flags := flag.NewFlagSet("reflector", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage); flags.PrintDefaults() }
	flags.StringVar(&udp, "udp", ":5060,:5080", "SIP over UDP: `addresses`, the other port of each being the next; \"\" for none")
	flags.StringVar(&tcp, "tcp", ":5060", "SIP over TCP: `addresses`")
	flags.StringVar(&tlsOn, "tls", ":5061", "SIP over TLS: `addresses`; off without -tls-cert and -tls-key")
	flags.StringVar(&cert, "tls-cert", "", "PEM `file` of the certificate and its chain; read again when it changes")
	flags.StringVar(&key, "tls-key", "", "PEM `file` of its key")
	flags.StringVar(&rtp, "rtp", "10000-10031", "voice echo: UDP `ports`, as 10000-10031,19990; \"\" for none")
	flags.StringVar(&o.config.RTPHost, "rtp-host", "", "`address` of the voice ports; default: all")
	flags.StringVar(&tokenFile, "token-file", "", "`file` with the token that callers must know; without it everybody is answered")
	flags.StringVar(&o.watch, "metrics", "127.0.0.1:9506", "`address` of /metrics and /healthz; \"off\" for none")
	flags.DurationVar(&o.config.LongestDelay, "longest-delay", 330*time.Second, "longest delay of a reply that is granted")
	flags.Float64Var(&each, "rate", 10, "SIP replies a second to one address (IPv6: /64), with four seconds' worth at once")
	flags.Float64Var(&all, "rate-all", 5000, "SIP replies a second to all addresses together")
	flags.Float64Var(&voice, "rate-rtp", 250, "voice packets a second echoed to one address; a call has 50")
	flags.IntVar(&o.config.Workers, "workers", runtime.GOMAXPROCS(0), "sockets per SIP port over UDP")
	flags.BoolVar(&o.version, "version", false, "print the version")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected %q: try -h", flags.Arg(0))
	}
	o.config.UDP, o.config.TCP, o.config.TLS = list(udp), list(tcp), list(tlsOn)
	for name, rate := range map[string]float64{"-rate": each, "-rate-all": all, "-rate-rtp": voice} {
		if !(rate >= 0.1 && rate <= 1e6) {
			return o, fmt.Errorf("%s %g: must be from 0.1 to 1000000 a second", name, rate)
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
	if o.config.Token, err = token(tokenFile); err != nil {
		return o, err
	}
	if (cert == "") != (key == "") {
		return o, errors.New("-tls-cert and -tls-key go together")
	}
	if cert != "" {
		o.config.TLSConfig, err = reflector.Certificate(cert, key)
	}
	return o, err
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
