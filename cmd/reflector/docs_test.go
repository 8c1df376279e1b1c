package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"trunktester/reflector"
)

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile("../../" + file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The unit's command line is one that the program takes.
func TestTheUnitStartsTheProgram(t *testing.T) {
	m := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/reflector (.+) \$OPTIONS$`).FindStringSubmatch(read(t, "dist/reflector.service"))
	if m == nil {
		t.Fatal("no ExecStart")
	}
	example := regexp.MustCompile(`OPTIONS="(.+)"`).FindStringSubmatch(read(t, "dist/reflector.service"))
	if example == nil {
		t.Fatal("no example of options")
	}
	if _, err := parse(strings.Fields(m[1]+" "+example[1]), io.Discard); err != nil {
		t.Error(err)
	}
}

func TestTheManualNamesEveryMetric(t *testing.T) {
	manual := read(t, "docs/reflector.md")
	s, err := reflector.Open(reflector.Config{
		Log: slog.New(slog.DiscardHandler), SIP: reflector.Rate{PerSecond: 1, Burst: 1}, SIPAll: reflector.Rate{PerSecond: 1, Burst: 1},
		RTPEach: reflector.Rate{PerSecond: 1, Burst: 1}, RTPAll: reflector.Rate{PerSecond: 1, Burst: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.Watch().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	found := regexp.MustCompile(`(?m)^(reflector_\w+)(?:{\w+="(\w+)"})?`).FindAllStringSubmatch(w.Body.String(), -1)
	if len(found) < 20 {
		t.Fatalf("only %d metrics were found", len(found))
	}
	for _, m := range found {
		if !strings.Contains(manual, "`"+m[1]) || m[2] != "" && !strings.Contains(manual, "`"+m[2]+"`") && !strings.Contains(manual, "{"+m[2]) {
			t.Errorf("docs/reflector.md does not tell of %s", m[0])
		}
	}
}

func TestTheManualNamesThePortsAndLimitsThatAreBuiltIn(t *testing.T) {
	manual := read(t, "docs/reflector.md")
	var help bytes.Buffer
	parse([]string{"-h"}, &help)
	for option, told := range map[string]string{
		`":5060,:5080"`: "UDP 5080", `":5061"`: "TCP 5061", `"10000-10031"`: "UDP 10000 to 10031", `"127.0.0.1:9506"`: "TCP 9506",
		"default 5m30s": "(330)", "default 10)": "10 replies a second", "default 250)": "250 voice packets", "default 5000)": "5,000 replies a second",
	} {
		if !strings.Contains(help.String(), option) || !strings.Contains(manual, told) {
			t.Errorf("the help says %s: %t, docs/reflector.md %s: %t", option, strings.Contains(help.String(), option), told, strings.Contains(manual, told))
		}
	}
}
