package page

import (
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"trunktester/probes/facts"
)

func TestPBXCard(t *testing.T) {
	open := &facts.PBXCheck{Addr: netip.MustParseAddr("192.168.1.20"), Open: true}
	over := &facts.PBXCheck{Addr: open.Addr}
	for _, c := range []struct {
		name      string
		pbx       PBX
		has, lack []string
	}{
		{"no trunk with a login", PBX{}, nil, []string{"pbx-check", "own settings"}},
		{"never checked", PBX{Can: true}, []string{"The PBX&#39;s own settings were not checked.", ">Check the PBX<"}, []string{`value="end"`, `value="back"`, "http-equiv"}},
		{"it waits", PBX{Can: true, Check: open, Left: 272 * time.Second}, []string{"enter <b>192.168.1.20</b>", "4:30 minutes more", `value="end"`, `<noscript><meta http-equiv="refresh"`},
			[]string{`value="start"`, "Point the PBX back"}},
		{"it has seen something", PBX{Can: true, Check: open, Left: 3 * time.Second, Seen: []string{"A <b>PBX</b>\r\nof 1.2"}}, []string{"<li>A &lt;b&gt;PBX&lt;/b&gt; of 1.2</li>", "5 seconds more"}, nil},
		{"it was wrong", PBX{Can: true, Check: over, Saw: "Other settings."}, []string{"Other settings.", "<b>Point the PBX back at the provider</b>", ">Check the PBX again<"}, []string{`value="back"`, `value="end"`, "http-equiv"}},
		{"it was right", PBX{Can: true, Check: over, Right: true, Saw: "The trunk's settings."}, []string{"Point the PBX back at the provider now", `value="back"`, `value="start"`}, []string{`value="end"`}},
		{"it points back", PBX{Can: true, Check: over, Right: true, Saw: "The trunk's settings.", Look: 40 * time.Second}, []string{"In 40 seconds the box looks", `value="start"`, "http-equiv"}, []string{`value="back"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			st := algState()
			st.PBX = c.pbx
			b, err := io.ReadAll(request(handler(t, newFakeBox(st)), "GET", "/", nil).Body)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range c.has {
				if !strings.Contains(string(b), s) {
					t.Errorf("the page lacks %q", s)
				}
			}
			for _, s := range c.lack {
				if strings.Contains(string(b), s) {
					t.Errorf("the page has %q", s)
				}
			}
		})
	}
}

func TestPBXActions(t *testing.T) {
	box := newFakeBox(algState())
	h := handler(t, box)
	for _, body := range []string{"", "action=end", "action=back"} {
		request(h, "POST", "/pbx-check", strings.NewReader(body))
	}
	if got := box.pbx; len(got) != 3 || got[0] != PBXStart || got[1] != PBXEnd || got[2] != PBXBack {
		t.Errorf("asked for %v", got)
	}
	if r := request(h, "POST", "/pbx-check", strings.NewReader(""), "Sec-Fetch-Site", "cross-site"); r.StatusCode != 403 || len(box.pbx) != 3 {
		t.Errorf("from another site: %d", r.StatusCode)
	}
}
