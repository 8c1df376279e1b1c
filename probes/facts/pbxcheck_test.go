package facts

import "testing"

// A check is judged by the device that got farthest; of several by the latest.
func TestTelling(t *testing.T) {
	right, login := PBXDevice{UserAgent: "right", Registers: 2, AuthUser: "u", Accepted: true}, PBXDevice{UserAgent: "login", Registers: 2, AuthUser: "u"}
	asks, other := PBXDevice{UserAgent: "asks", Registers: 1}, PBXDevice{UserAgent: "other"}
	for ticket, c := range map[string]struct {
		devices []PBXDevice
		want    string
	}{
		"nobody sent SIP":                  {nil, ""},
		"one with other SIP":               {[]PBXDevice{other}, "other"},
		"one registers, another does not":  {[]PBXDevice{asks, other}, "asks"},
		"one logs in, another asks":        {[]PBXDevice{login, asks}, "login"},
		"one is right, another is not":     {[]PBXDevice{right, login, asks, other}, "right"},
		"the right one came last":          {[]PBXDevice{other, asks, login, right}, "right"},
		"two are wrong: the latest counts": {[]PBXDevice{login, {UserAgent: "later", AuthUser: "v"}}, "later"},
	} {
		got := ""
		if d := (PBXCheck{Devices: c.devices}).Telling(); d != nil {
			got = d.UserAgent
		}
		if got != c.want {
			t.Errorf("%s: %q", ticket, got)
		}
	}
}
