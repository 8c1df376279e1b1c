package selftest

import "testing"

func TestWhatWasNotTriedIsNotRight(t *testing.T) {
	right := World{Name: "healthy", Wanted: "ok green", Given: "ok green", Right: true, Seconds: 3.6}
	wrong := World{Name: "dns-dead", Wanted: "2-2 red", Given: "ok green", Lights: "ggggg"}
	untried := World{Name: "sip-alg", Wanted: "3-2 amber", Untried: "this kernel has no SIP helper"}
	for _, c := range []struct {
		worlds []World
		right  bool
		words  string
	}{
		{nil, false, "The box could not test itself."},
		{[]World{right}, true, "in 1 small networks inside the box, the right answer in 1"},
		{[]World{right, wrong}, false, "in 2 small networks inside the box, the right answer in 1; wrong in: dns-dead"},
		{[]World{right, untried}, false, "in 2 small networks inside the box, the right answer in 1; not tried: sip-alg"},
	} {
		r := Result{Worlds: c.worlds}
		if r.Right() != c.right || r.Words() != c.words {
			t.Errorf("%v: %v %q", c.worlds, r.Right(), r.Words())
		}
	}
	for w, words := range map[*World]string{&right: "right: ok green (4 s)", &wrong: "WRONG: ok green, wanted 2-2 red (lights ggggg)", &untried: "not tried: this kernel has no SIP helper"} {
		if got := w.Word() + ": " + w.Words(); got != words {
			t.Errorf("%q", got)
		}
	}
}

func TestResultIsKept(t *testing.T) {
	r := Result{Worlds: []World{{Name: "healthy", Right: true}, {Name: "sip-alg", Untried: "busy"}}}
	b, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Decode(b); err != nil || got.Words() != r.Words() {
		t.Errorf("%q, %v", got.Words(), err)
	}
	if _, err := Decode([]byte("{")); err == nil {
		t.Error("half a result was read")
	}
}
