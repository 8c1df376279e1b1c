package door

import "testing"

func TestDoor(t *testing.T) {
	for _, c := range []struct {
		name  string
		v     *Visitor
		night bool
		want  bool
	}{
		{"nobody", nil, false, false},
		{"a grown-up", &Visitor{30}, true, true},
		{"a child by day", &Visitor{8}, false, true},
		{"a child by night", &Visitor{8}, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Opens(c.v, c.night, nil); got != c.want {
				t.Errorf("opens: %v", got)
			}
		})
	}
}
