// Package alglab tries the search for an ALG against the kernel's own SIP helper, in a router of the lab.
package alglab

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"trunktester/lab"
	"trunktester/lab/serve"
	"trunktester/netsetup/netnstest"
	"trunktester/probes"
	"trunktester/probes/facts"
	"trunktester/probes/sip"
)

// onBox names the trunk's transport in the copy of the test that runs on the lab's box.
const onBox = "TRUNKTESTER_ALG_ON_BOX"

const boxAddr = "192.168.50.150"

func TestMain(m *testing.M) {
	if transport := os.Getenv(onBox); transport != "" {
		if err := look(transport); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := lab.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// told is what the copy on the box prints.
type told struct {
	ALG      facts.ALG
	Outcome  facts.Outcome
	Requests int // without their repetitions
	Paths    [3]facts.Outcome
}

// look runs the path and ALG probes from the box.
func look(transport string) error {
	link, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	address := &netlink.Addr{IPNet: &net.IPNet{IP: net.ParseIP(boxAddr), Mask: net.CIDRMask(24, 32)}}
	if err := netlink.AddrAdd(link, address); err != nil {
		return err
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return err
	}
	if err := netlink.RouteAdd(&netlink.Route{Gw: net.ParseIP(lab.RouterLAN)}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conduct := sip.NewConduct(sip.Diagnosis)
	defer conduct.Close()
	dial := sip.Dialer{Conduct: conduct, Via: "eth0", Agent: "trunktester/test"}
	known := facts.Facts{
		Address: &facts.Address{Prefix: netip.MustParsePrefix(boxAddr + "/24")},
		Name:    &facts.Name{},
	}
	var out told
	for i, t := range []string{"udp", "tcp", "tls"} {
		port := uint16(5060)
		if t == "tls" {
			port = 5061
		}
		known.Name.Targets = append(known.Name.Targets, facts.Target{Addr: netip.AddrPortFrom(netip.MustParseAddr(lab.Provider1), port), Transport: t})
		r := probes.SIPPath{Transport: t, Dial: dial, Domain: lab.Domain, Username: lab.Username}.Look(ctx, known)
		if r.File != nil {
			r.File(&known)
		}
		out.Paths[i] = r.Outcome
	}
	r := probes.ALG{Dial: dial, Domain: lab.Domain, Username: lab.Username, Transport: transport}.Look(ctx, known)
	r.File(&known)
	out.ALG, out.Outcome = *known.ALG, r.Outcome
	out.Requests = len(conduct.Requests())
	return json.NewEncoder(os.Stdout).Encode(out)
}

// fromBox builds the world and runs look on its box.
func fromBox(t *testing.T, world lab.World, transport string) told {
	t.Helper()
	world.PBX.Absent = true
	l, err := lab.Start(t.Context(), world, lab.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), onBox+"="+transport)
	cmd.Stdout, cmd.Stderr = write, os.Stderr
	wait, err := l.StartBox(cmd)
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	var out told
	decoded := json.NewDecoder(read).Decode(&out)
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	if decoded != nil {
		t.Fatal(decoded)
	}
	return out
}

// results are the proofs in order: "A1 OPTIONS proof".
func results(alg facts.ALG) []string {
	var all []string
	for _, p := range alg.Proofs {
		all = append(all, p.ID+" "+p.Probe.Method+" "+p.Result)
	}
	return all
}

func TestKernelALG(t *testing.T) {
	alg := func(w *lab.World) { w.Home.SIPALG = true }
	symmetric := func(w *lab.World) { w.Home.NAT = lab.NATSymmetric }
	routed := func(w *lab.World) { w.Home.NAT = lab.NATNone }
	silentOptions := func(w *lab.World) {
		w.Provider.Registrar = func(s *serve.RegistrarSettings) { s.IgnoreOptions = true }
	}
	noReceived := func(w *lab.World) { w.Provider.Registrar = func(s *serve.RegistrarSettings) { s.NoReceived = true } }
	sparse := func(w *lab.World) {
		w.Provider.Registrar = func(s *serve.RegistrarSettings) { s.SparseReceived = true }
	}
	udp := func(results ...string) []string {
		return append(results, "A9 REGISTER clean")
	}
	walked := func(results []string) []string { return append(results, "A5 REGISTER proof") }
	noDrop := func(results []string) []string { return append(results, "A5 REGISTER inconclusive", "A4 UPDATE clean") }
	for _, c := range []struct {
		name      string
		transport string
		change    []func(*lab.World)
		word      string
		outcome   facts.Outcome
		results   []string
	}{
		{"router without ALG", "udp", nil, facts.ALGNotSeen, facts.Passed,
			udp("A1 OPTIONS clean", "A1 REGISTER clean", "A2 OPTIONS clean", "A6 OPTIONS clean", "A3 OPTIONS clean", "A2 REGISTER clean")},
		{"router with ALG", "udp", []func(*lab.World){alg}, facts.ALGProved, facts.Failed,
			walked(udp("A1 OPTIONS proof", "A1 REGISTER proof", "A2 OPTIONS proof", "A6 OPTIONS clean", "A3 OPTIONS proof"))},
		{"ALG, Kamailio's received", "udp", []func(*lab.World){alg, sparse}, facts.ALGProved, facts.Failed,
			walked(udp("A1 OPTIONS inconclusive", "A1 REGISTER inconclusive", "A2 OPTIONS proof", "A6 OPTIONS clean", "A3 OPTIONS proof"))},
		{"no ALG, Kamailio's received", "udp", []func(*lab.World){sparse}, facts.ALGNotSeen, facts.Passed,
			udp("A1 OPTIONS clean", "A1 REGISTER clean", "A2 OPTIONS clean", "A6 OPTIONS clean", "A3 OPTIONS clean", "A2 REGISTER clean")},
		{"no ALG, ports changed", "udp", []func(*lab.World){symmetric}, facts.ALGCouldNotTell, facts.NotRun,
			noDrop(udp("A1 OPTIONS clean", "A1 REGISTER clean", "A2 OPTIONS inconclusive", "A6 OPTIONS clean", "A3 OPTIONS clean"))},
		{"ALG, ports changed", "udp", []func(*lab.World){alg, symmetric}, facts.ALGProved, facts.Failed,
			walked(udp("A1 OPTIONS proof", "A1 REGISTER proof", "A2 OPTIONS inconclusive", "A6 OPTIONS clean", "A3 OPTIONS proof"))},
		{"no NAT", "udp", []func(*lab.World){routed}, facts.ALGCouldNotTell, facts.NotRun,
			noDrop(udp("A1 OPTIONS inconclusive", "A1 REGISTER inconclusive", "A2 OPTIONS inconclusive", "A6 OPTIONS clean", "A3 OPTIONS inconclusive"))},
		{"no NAT, and a router that reads SIP", "udp", []func(*lab.World){alg, routed}, facts.ALGLikely, facts.Failed,
			append(udp("A1 OPTIONS inconclusive", "A1 REGISTER inconclusive", "A2 OPTIONS inconclusive", "A6 OPTIONS clean", "A3 OPTIONS inconclusive"),
				"A5 REGISTER inconclusive", "A4 UPDATE proof")},
		{"server without received", "udp", []func(*lab.World){noReceived}, facts.ALGCouldNotTell, facts.NotRun,
			noDrop(udp("A1 OPTIONS inconclusive", "A1 REGISTER inconclusive", "A2 OPTIONS inconclusive", "A6 OPTIONS clean", "A3 OPTIONS inconclusive"))},
		{"ALG, only REGISTER is answered", "udp", []func(*lab.World){alg, silentOptions}, facts.ALGProved, facts.Failed,
			append(udp("A1 REGISTER proof", "A2 REGISTER proof", "A6 REGISTER clean", "A3 REGISTER proof"), "A5 REGISTER proof")},
		{"TCP trunk without ALG", "tcp", nil, facts.ALGNotSeen, facts.Passed,
			udp("A1 OPTIONS clean", "A2 OPTIONS clean", "A6 OPTIONS clean", "A1 OPTIONS clean", "A3 OPTIONS clean")},
		{"TCP trunk with ALG", "tcp", []func(*lab.World){alg}, facts.ALGProved, facts.Failed,
			append(udp("A1 OPTIONS proof", "A2 OPTIONS proof", "A6 OPTIONS clean", "A1 OPTIONS proof", "A3 OPTIONS proof"), "A5 OPTIONS proof")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			world, _ := lab.Find("healthy")
			for _, change := range c.change {
				change(&world)
			}
			if world.Home.SIPALG {
				needALG(t)
			}
			got := fromBox(t, world, c.transport)
			if got.ALG.Word != c.word || got.Outcome != c.outcome || !cmp.Equal(results(got.ALG), c.results) {
				t.Errorf("%s, %s: %s\n%s", got.ALG.Word, got.Outcome, got.ALG.Why, cmp.Diff(c.results, results(got.ALG)))
				for _, p := range got.ALG.Proofs {
					t.Log(p.ID, p.Why)
				}
			}
			if want := [3]facts.Outcome{facts.Passed, facts.Passed, facts.Passed}; got.Paths != want {
				t.Errorf("paths %v", got.Paths)
			}
			if got.Requests > 18 && c.word == facts.ALGNotSeen {
				t.Errorf("%d requests to the provider on a healthy line", got.Requests)
			}
		})
	}
}

// needALG skips where the kernel has no SIP helper; a CI must have one.
func needALG(t *testing.T) {
	t.Helper()
	if err := lab.ProbeALG(); err != nil {
		netnstest.Skip(t, err.Error())
	}
}
