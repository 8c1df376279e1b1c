package report

import (
	"strings"
	"testing"
	"time"
)

func TestFileNames(t *testing.T) {
	named := func(kit, clock string) Report {
		r := Build(sample())
		r.ID, r.Started, r.Kit, r.Clock, r.Verdict.Code = "ABCDEFGHIJ", time.Date(2026, 11, 25, 14, 2, 33, 0, time.UTC), Text(kit), clock, "4-2"
		return r
	}
	for want, r := range map[string]Report{
		"trunktester-Kit-0042-2026-11-25-1402-4-2":                         named("Kit 0042", "ntp"),
		"trunktester-2026-11-25-1402-4-2":                                  named("", "sip"),
		"trunktester-Kit-0042-run-ABCDEFGHIJ-4-2":                          named("Kit 0042", "none"),
		"trunktester-etc-passwd-2026-11-25-1402-4-2":                       named("../..\\etc/passwd:*?\x00", "ntp"),
		"trunktester-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-2026-11-25-1402-4-2": named(strings.Repeat("a", 300), "ntp"),
	} {
		if got := r.FileName(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
