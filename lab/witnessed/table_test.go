package witnessed

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"trunktester/lab"
	"trunktester/lab/witness"
)

var table = filepath.Join("..", "..", "docs", "witnesses.md")

const heading = `# Who witnesses each verdict

Our lab and our box could agree with each other and both be wrong. So the real program also runs in every world with programs
that we did not write in the parts of the servers; the verdict, the exit status and the conduct must be the same. Made by ` + "`make tables`" + `.

An answer that is forced (403, 503) is ordered by our configuration (lab/witness/kamailio.cfg); the message is Kamailio's. Always
our own are the PBX, the relay that plays the line, and the NTP, web and control SIP servers.

`

// TestTable: the table is that of the worlds as they are.
func TestTable(t *testing.T) {
	if *update {
		return // TestWitnessedWorlds has just written it
	}
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(string(text), "\n| ")
	if d := gocmp.Diff(tableRows(), "| "+rows); d != "" {
		t.Errorf("docs/witnesses.md is not up to date (make tables):\n%s", d)
	}
}

func writeTable(t *testing.T) {
	t.Helper()
	programs, err := witness.Versions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var kernel unix.Utsname
	if err := unix.Uname(&kernel); err != nil {
		t.Fatal(err)
	}
	release := regexp.MustCompile(`^[0-9.]+`).FindString(unix.ByteSliceToString(kernel.Release[:]))
	text := heading + "Last run with " + strings.Join(append(programs, "Linux "+release), ", ") + ".\n\n" + tableRows()
	if err := os.WriteFile(table, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tableRows has a row for each world, in the order of the codes.
func tableRows() string {
	worlds := lab.Worlds()
	slices.SortStableFunc(worlds, func(a, b lab.World) int { return cmp.Compare(a.Code, b.Code) })
	var b strings.Builder
	b.WriteString("| Code | World | What makes the case | Outside programs in the same run |\n|---|---|---|---|\n")
	for _, w := range worlds {
		maker := madeBy(w)
		what := maker.Program
		if maker.Own != nil {
			what = "own fixture only: " + maker.Own.Error()
		}
		var others []string
		for _, p := range w.Cast() {
			if p.Own == nil && p.Program != maker.Program && !slices.Contains(others, p.Program) {
				others = append(others, p.Program)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", w.Code, w.Name, what, strings.Join(others, ", "))
	}
	return b.String()
}

// madeBy is who makes the case of a world what it is: a role that an outside program plays, or the
// kernel by a packet filter, a link or a neighbour of its own.
func madeBy(w lab.World) lab.Part {
	kernel := func(what string) lab.Part { return lab.Part{Program: "Linux " + what} }
	role := func(role lab.Role) lab.Part {
		cast := w.Cast()
		return cast[slices.IndexFunc(cast, func(p lab.Part) bool { return p.Role == role })]
	}
	switch h := w.Home; {
	case w.Line.Up.Loss > 0:
		return lab.Part{Own: errors.New("the lab's relay loses the packets")}
	case h.Copper != nil && h.Copper.VLAN != 0:
		return lab.Part{Own: errors.New("the lab's relay is the socket of a VLAN")}
	case h.Socket != (lab.Socket{}):
		return lab.Part{Own: errors.New("the lab says what a switch would; the reading is tested with frames of lldpd")}
	case h.Copper != nil && h.Copper.Jitter > 0:
		return lab.Part{Own: errors.New("the lab's relay delays the frames")}
	case h.Copper != nil:
		return kernel("TAP, whose driver tells what the two ends agreed on")
	case h.Unplug, h.UnplugWAN, h.Flap > 0:
		return kernel("link state")
	case h.Frozen, h.Squat > 0:
		return kernel("ARP")
	case h.NoPieces, w.Provider.NoPieces:
		return kernel("packet filter")
	case h.Forgets > 0:
		return kernel("connection tracking")
	case h.Intercept != nil:
		return kernel("NAT")
	case w.Line.SIP != lab.MeddlerNone:
		return lab.Part{Own: errors.New("the lab's relay rewrites the messages, as devices do that cannot be had here")}
	case h.ALG():
		return role(lab.RoleALG)
	case h.MTU > 0:
		return kernel("path MTU")
	case w.Outside.EdgeMute:
		return kernel("packet filter")
	case h.Catch != nil:
		return kernel("NAT")
	case h.Lossy > 0, h.DeafARP > 0, h.Forward != nil, w.Provider.Input != nil, w.Outside.Dead, h.NoPing:
		return kernel("packet filter")
	case h.NAT != lab.NATPlain, h.Carrier, h.Second:
		return kernel("NAT")
	case h.Rogue != nil:
		return role(lab.RoleRogue)
	case h.DHCP != nil:
		return role(lab.RoleDHCP)
	case h.DNS != nil:
		return role(lab.RoleNames)
	case w.Code == "2-3", w.Provider.Zone != "":
		return role(lab.RoleResolvers)
	case w.Outside.STUN != nil:
		return role(lab.RoleSTUN)
	}
	return role(lab.RoleRegistrar)
}
