package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"trunktester/appliance/selftest"
)

// program is a self-test that does as the script says; $2 is where its result goes.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "selftest")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTestItself(t *testing.T) {
	const right = `echo '{"worlds":[{"name":"healthy","wanted":"ok green","given":"ok green","right":true}]}' >$2`
	const wrong = `echo '{"worlds":[{"name":"sip-alg","wanted":"3-2 amber","given":"ok green","right":false}]}' >$2; exit 1`
	for _, c := range []struct{ name, script, words, err string }{
		{"all right", right, "the right answer in 1", ""},
		{"a wrong answer is a result", wrong, "wrong in: sip-alg", ""},
		{"the kernel forbids it", "echo 'selftest: this kernel does not let the lab make its own network' >&2; exit 3", "", "this kernel does not let"},
		{"half a result", `printf '{"wor' >$2`, "", "result of the self-test"},
	} {
		t.Run(c.name, func(t *testing.T) {
			result, err := testItself(t.Context(), program(t, c.script))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || !strings.Contains(result.Words(), c.words) {
				t.Errorf("%v: %s", err, result.Words())
			}
		})
	}
	if _, err := testItself(t.Context(), filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a program that is not there tested the box")
	}
}

func TestSelftestIsToldOnTheStick(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	result := selftest.Result{Worlds: []selftest.World{{Name: "healthy", Right: true, Given: "ok green"}, {Name: "sip-alg", Wanted: "3-2 amber", Given: "ok green", Lights: "ggggg"}}}
	if err := tell(root, "Self-test: "+result.Words()+".", result); err != nil {
		t.Fatal(err)
	}
	text, err := root.ReadFile(selftestTold)
	if err != nil {
		t.Fatal(err)
	}
	for _, piece := range []string{"the right answer in 1; wrong in: sip-alg", "right      healthy", "WRONG      sip-alg", "wanted 3-2 amber", "\r\n"} {
		if !strings.Contains(string(text), piece) {
			t.Errorf("the stick does not say %q: %q", piece, text)
		}
	}
}
