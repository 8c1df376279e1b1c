package bench

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// step is one line of the program's log.
type step struct {
	id      string
	outcome string
	after   string // what it waited for last, "" for nothing
	ended   time.Time
	took    time.Duration
}

func (s step) began() time.Time { return s.ended.Add(-s.took) }

var logLine = regexp.MustCompile(`(?m)^time=(\S+) level=INFO msg=step id=(\S+) outcome=(\S+) after=(\S+) took=(\S+) `)

// readLog reads the steps out of what "check -v" logs. Lines that are none are passed over.
func readLog(log string) map[string]step {
	steps := map[string]step{}
	for _, m := range logLine.FindAllStringSubmatch(log, -1) {
		ended, err := time.Parse(time.RFC3339Nano, m[1])
		took, err2 := time.ParseDuration(m[5])
		if err != nil || err2 != nil {
			continue
		}
		steps[m[2]] = step{id: m[2], outcome: m[3], after: strings.Trim(m[4], `"`), ended: ended, took: took}
	}
	return steps
}

// chain is the critical path to a step: it, what it waited for last, and so on; the first one first.
func chain(steps map[string]step, id string) []step {
	var path []step
	for s, ok := steps[id]; ok && len(path) < len(steps); s, ok = steps[s.after] {
		path = append([]step{s}, path...)
	}
	return path
}

// chainTable says where the time to the last step of the path went.
func chainTable(path []step, began time.Time) string {
	var b strings.Builder
	b.WriteString("| Step | Began after | Took | Waited for |\n|---|---|---|---|\n")
	for _, s := range path {
		waited := s.after
		if waited == "" {
			waited = "the start of the program"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", s.id, ms(s.began().Sub(began)), ms(s.took), waited)
	}
	return b.String()
}

func TestChain(t *testing.T) {
	const log = `time=2026-05-04T10:00:00.001Z level=INFO msg=step id=link outcome=passed after="" took=1ms saw="carrier on eth0"
1  OK       Cable                  carrier on eth0
time=2026-05-04T10:00:00.101Z level=INFO msg=step id=address outcome=passed after=link took=100ms saw="192.168.50.100/24"
time=2026-05-04T10:00:00.131Z level=INFO msg=step id=name outcome=passed after=address took=30ms saw="x"
time=2026-05-04T10:00:00.201Z level=INFO msg=step id=gateway outcome=passed after=address took=100ms saw="took=7ms"
time=2026-05-04T10:00:00.531Z level=INFO msg=step id=login outcome=failed after=name took=400.5ms saw="no"
`
	path := chain(readLog(log), "login")
	var got []string
	for _, s := range path {
		got = append(got, s.id)
	}
	if fmt.Sprint(got) != "[link address name login]" {
		t.Fatalf("chain %v", got)
	}
	last := path[3]
	if last.outcome != "failed" || last.took != 400500*time.Microsecond || !last.began().Equal(path[2].ended.Add(-500*time.Microsecond)) {
		t.Errorf("%+v", last)
	}
	if table := chainTable(path, path[0].began()); !strings.Contains(table, "| address | 1 ms | 100 ms | link |") {
		t.Error(table)
	}
	if path := chain(readLog(log), "sip-udp"); path != nil {
		t.Errorf("a step that is not there: %v", path)
	}
}
