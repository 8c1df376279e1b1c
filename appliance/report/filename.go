package report

import "strings"

// FileName is what the report's files are called, without ending: trunktester-KIT-2026-11-25-1402-CODE (UTC), with
// the run's own ID where nobody told the box the time. The names sort by kit, then by time.
func (r Report) FileName() string {
	parts := []string{"trunktester"}
	if kit := plainName(string(r.Kit)); kit != "" {
		parts = append(parts, kit)
	}
	if r.Clock == "none" || r.Clock == "" || r.Started.IsZero() {
		parts = append(parts, "run-"+plainName(r.ID))
	} else {
		parts = append(parts, r.Started.UTC().Format("2006-01-02-1504"))
	}
	if code := plainName(r.Verdict.Code); code != "" {
		parts = append(parts, code)
	}
	return strings.Join(parts, "-")
}

// plainName keeps what every file system takes, 32 characters at most.
func plainName(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	})
	s = strings.Join(words, "-")
	return strings.Trim(s[:min(len(s), 32)], "-")
}
