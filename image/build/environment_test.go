package main

import (
	"encoding/json"
	"testing"
)

// Somebody's own settings of Go, in the environment or by "go env -w", must not change the card.
func TestOwnSettingsOfGoDoNotReachTheCard(t *testing.T) {
	t.Chdir("../..")
	clean, err := goTool(t.Context(), ".", "env", "-json")
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"GOARM64": "v9.0", "GOEXPERIMENT": "noregabi", "GOFLAGS": "-tags=mine", "GOAMD64": "v3",
		"GODEBUG": "asynctimerchan=1", "CGO_CFLAGS": "-O3", "GOOS": "plan9", "GOTOOLCHAIN": "local"} {
		t.Setenv(name, value)
	}
	own, err := goTool(t.Context(), ".", "env", "-json")
	if err != nil {
		t.Fatal(err)
	}
	var a, b map[string]string
	if json.Unmarshal([]byte(clean), &a) != nil || json.Unmarshal([]byte(own), &b) != nil {
		t.Fatal("go env says no JSON")
	}
	for name := range a {
		if name != "GOGCCFLAGS" && a[name] != b[name] { // with the name of a temporary folder
			t.Errorf("%s is %q, and with somebody's own settings %q", name, a[name], b[name])
		}
	}
	if a["GOFLAGS"] != "-buildvcs=false" || a["GOENV"] != "" || a["GOTOOLCHAIN"] != "go"+a["GOVERSION"][2:] {
		t.Errorf("GOFLAGS %q, GOENV %q, GOTOOLCHAIN %q of %q", a["GOFLAGS"], a["GOENV"], a["GOTOOLCHAIN"], a["GOVERSION"])
	}
}
