// Reflector is the far end that a provider may run beside its trunk: it shows the box what arrived of a SIP
// request, and echoes voice packets.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"trunktester/reflector"
)

// Set by the linker.
var (
	version = "dev"
	commit  = "unknown"
)

// Exit statuses: sysexits.h.
const (
	exitUsage  = 64
	exitCannot = 69 // a port or a file cannot be opened
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run serves until the context ends and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "reflector:", err)
		return exitUsage
	case o.version:
		fmt.Fprintf(stdout, "reflector %s, commit %s\n", version, commit)
		return 0
	}
	log := slog.New(slog.NewJSONHandler(stderr, nil))
	if err := o.load(); err != nil {
		log.Error("cannot serve", "error", err)
		return exitCannot
	}
	if o.config.TLSConfig == nil {
		log.Info("TLS is off: no -tls-cert and -tls-key were given")
	}
	if o.config.Token == "" {
		log.Warn("no token: every sender is answered, within the limits; -token-file sets one")
	}
	o.config.Log = log
	s, err := reflector.Open(o.config)
	if err != nil {
		log.Error("cannot serve", "error", err, "remedy", remedy(err))
		return exitCannot
	}
	if err := watch(o.watch, s.Watch(), log); err != nil {
		log.Error("cannot serve metrics", "error", err, "remedy", remedy(err))
		return exitCannot
	}
	s.Run(ctx)
	return 0
}

// remedy is what to do about a port that cannot be opened.
func remedy(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program has the port: stop it, or name another address or port (-udp, -tcp, -tls, -rtp, -metrics; -h tells more)"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine does not have the address: \"ip address\" lists those that it has"
	case errors.Is(err, syscall.EACCES):
		return "ports below 1024 need CAP_NET_BIND_SERVICE"
	}
	return "check the address"
}

// watch serves metrics and health until the program ends, through the stop as well.
func watch(address string, h http.Handler, log *slog.Logger) error {
	if address == "off" {
		return nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	log.Info("metrics", "address", l.Addr().String())
	server := &http.Server{Handler: h, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 8 << 10,
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
	go server.Serve(l)
	return nil
}
