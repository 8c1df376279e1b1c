package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	"github.com/vishvananda/netlink"
)

// asTrunklab makes the test binary be trunklab; trunklab then starts the same binary as the box's program.
const asTrunklab = "TRUNKLAB_TEST_MAIN"

func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && (os.Args[1] == "check" || os.Args[1] == "appliance"):
		if err := boxProgram(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(9)
		}
		os.Exit(2)
	case os.Getenv(asTrunklab) != "":
		main()
	}
	os.Exit(m.Run())
}

// boxProgram stands for trunktester: it tells what it was given, and as an appliance takes a lease and
// serves a page.
func boxProgram(args []string) error {
	link, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	if args[0] == "check" {
		file, _ := os.ReadFile(args[slices.Index(args, "-profile")+1])
		resolver := os.WriteFile("/etc/resolv.conf", []byte("nameserver 192.0.2.1\n"), 0o644)
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"args": args, "file": string(file), "resolver": resolver == nil})
	}
	client, err := nclient4.New("eth0")
	if err != nil {
		return err
	}
	lease, err := client.Request(context.Background())
	if err != nil {
		return err
	}
	addr := &netlink.Addr{IPNet: &net.IPNet{IP: lease.ACK.YourIPAddr, Mask: lease.ACK.SubnetMask()}}
	if err := netlink.AddrAdd(link, addr); err != nil {
		return err
	}
	return http.ListenAndServe(":80", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "page for %s, %q", r.Host, args)
	}))
}

func trunklab(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, append(args[:2:2], append([]string{"-program", self}, args[2:]...)...)...)
	cmd.Env = append(os.Environ(), asTrunklab+"=1")
	return cmd
}

func TestCheckPrintsOneObject(t *testing.T) {
	before, _ := os.ReadFile("/etc/resolv.conf")
	cmd := trunklab(t, "-world", "4-2", "-check", "-json", "--", "-position", "lan")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var got struct {
		World  string
		Wanted struct{ Code, Severity string }
		Report struct {
			Args     []string
			File     string
			Resolver bool
		}
		Exit   int
		FarEnd map[string]any `json:"far_end"`
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if got.World != "wrong-login" || got.Wanted.Code != "4-2" || got.Wanted.Severity != "red" || got.Exit != 2 {
		t.Errorf("%+v", got)
	}
	if args := strings.Join(got.Report.Args, " "); !regexp.MustCompile(`^check -profile \S+/trunk.toml -interface eth0 -json -state \S+ -position lan$`).MatchString(args) {
		t.Errorf("arguments %q", args)
	}
	if !strings.Contains(got.Report.File, `password = "not-the-password"`) {
		t.Errorf("trunk.toml:\n%s", got.Report.File)
	}
	if got.FarEnd["requests"] != 0.0 || got.FarEnd["invites"] != 0.0 {
		t.Errorf("far end %v", got.FarEnd)
	}
	if after, _ := os.ReadFile("/etc/resolv.conf"); !bytes.Equal(before, after) || !got.Report.Resolver {
		t.Errorf("the machine's resolver file: %q, written inside: %v", after, got.Report.Resolver)
	}
}

func TestLivePageOnLoopback(t *testing.T) {
	cmd := trunklab(t, "-fault", "healthy")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stderr)
	address := ""
	for address == "" {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`http://127\.0\.0\.1:\d+/`).FindString(line); found != "" {
			address = found
		}
	}
	page := ""
	for until := time.Now().Add(20 * time.Second); !strings.HasPrefix(page, "page for 127.0.0.1:"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("no page, but %q", page)
		}
		if reply, err := http.Get(address); err == nil {
			body, _ := io.ReadAll(reply.Body)
			reply.Body.Close()
			page = string(body)
		}
	}
	host := strings.Trim(strings.TrimPrefix(address, "http://"), "/")
	if !strings.Contains(page, `"-page-host" "`+host+`"`) {
		t.Errorf("%s", page)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, lines)
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestUsage(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string // "" for a good command line
	}{
		{[]string{"-list"}, ""},
		{[]string{"-fault", "sip-alg", "-program", self}, ""},
		{[]string{"-fault", "3-2", "-program", self}, ""},
		{[]string{}, "flag: help requested"},
		{[]string{"-nonsense"}, "flag: help requested"},
		{[]string{"-fault", "9-9", "-program", self}, `there is no world "9-9": trunklab -list shows them all`},
		{[]string{"-fault", "healthy", "-program", "/nowhere"}, "no trunktester to run: stat /nowhere: no such file or directory; name one with -program"},
		{[]string{"-world", "healthy", "-check", "-witness", "-program", self}, ""},
		{[]string{"-fault", "healthy", "-witness", "-program", self}, "-witness goes with -check only: live, the lab shows its own servers"},
		{[]string{"-fault", "healthy", "-program", self, "-page", "0.0.0.0:80"}, "-page 0.0.0.0:80: not a loopback address with a port"},
	} {
		_, err := parse(c.args, io.Discard)
		if got := fmt.Sprint(err); err == nil && c.want != "" || err != nil && got != c.want {
			t.Errorf("%q: %v, want %q", c.args, err, c.want)
		}
	}
}

func TestList(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-list")
	cmd.Env = append(os.Environ(), asTrunklab+"=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"sip-alg ", "4-9", "poor-link"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}
