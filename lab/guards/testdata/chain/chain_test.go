package chain

import "testing"

func TestHold(t *testing.T) {
	for _, c := range []struct {
		name string
		link Link
		want int
	}{
		{"thick", Link{Thick: true}, 1},
		{"long", Link{}, 0},
		{"short", Link{Short: true}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Hold([]Link{c.link}); got != c.want {
				t.Errorf("%d hold", got)
			}
		})
	}
}
