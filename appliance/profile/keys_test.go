package profile

import "testing"

func TestKeys(t *testing.T) {
	keys := Keys()
	for key, want := range map[string]Kind{"trunk.domain": Text, "trunk.port": Number, "trunk.settings_changed": Switch,
		"provider.shows_bindings": Switch, "network.dns": List, "leds.light1.red": Number, "leds.button": Number} {
		if keys[key] != want {
			t.Errorf("%s is of kind %d instead of %d", key, keys[key], want)
		}
	}
	for key, kind := range keys {
		if kind == 0 {
			t.Errorf("%s has no kind", key)
		}
	}
	if len(keys) < 50 {
		t.Errorf("only %d keys", len(keys))
	}
}
