package capture

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The packets of a request and of its answer say which test they belong to, also where a server writes the header in
// its short form; others say nothing. Wireshark's own reader sees it so, where it is installed.
func TestPacketsSayWhatTheyAreFor(t *testing.T) {
	asked := "OPTIONS sip:sip.example.net SIP/2.0\r\nCall-ID: f65a5f07b5cda636dbc2\r\nContent-Length: 0\r\n\r\n"
	frames := [][]byte{
		udpFrame(t, asked),
		udpFrame(t, "SIP/2.0 200 OK\r\ni : f65a5f07b5cda636dbc2\r\nContent-Length: 0\r\n\r\n"),
		udpFrame(t, strings.Replace(asked, "f65a", "0000", 1)),
		udpFrame(t, "no SIP"),
	}
	c := &Capture{name: "eth0", ring: ring{limit: 1 << 20}}
	for i, f := range frames {
		c.ring.add(record{at: time.Unix(int64(i), 0), data: f})
	}
	const caption = "SIP ALG, probe: A1: the answer says received=192.168.1.20."
	var file bytes.Buffer
	if err := c.Write(&file, "trunktester run 7, verdict 3-2", map[string]string{"f65a5f07b5cda636dbc2": caption}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(file.String(), caption); n != 2 {
		t.Errorf("%d packets say what they are for, want 2", n)
	}
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Log("not read by tshark:", err)
		return
	}
	path := filepath.Join(t.TempDir(), "run.pcapng")
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := exec.Command(tshark, "-n", "-r", path, "-T", "fields", "-e", "frame.comment").CombinedOutput()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, read)
	}
	lines := strings.Split(strings.TrimSuffix(string(read), "\n"), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "Running as user") })
	if want := []string{caption, caption, "", ""}; !slices.Equal(lines, want) {
		t.Errorf("tshark reads %q, want %q", lines, want)
	}
}
