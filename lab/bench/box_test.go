package bench

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is how long the box may take to say something before the measurement is given up.
const patience = 30 * time.Second

// until reads what the lights say, up to a line that begins so, and tells when it came. Every line is told
// from when it was read, which is when it was printed: the reader waits for it.
func until(lines <-chan spoken, beginning string) (time.Time, error) {
	late := time.After(patience)
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				return time.Time{}, fmt.Errorf("the box ended before its lights said %q", beginning)
			}
			if strings.HasPrefix(l.text, beginning) {
				return l.at, nil
			}
		case <-late:
			return time.Time{}, fmt.Errorf("the lights did not say %q within %s", beginning, patience)
		}
	}
}

type spoken struct {
	text string
	at   time.Time
}

// live is the appliance at work.
type live struct {
	pid   int
	began time.Time
	lines <-chan spoken
	stop  func()
}

func (x box) live(b *testing.B, state string) live {
	began := time.Now()
	out, pid, stop := x.appliance(b, state)
	lines := make(chan spoken, 1000) // more than it ever says, so that the reader never waits
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- spoken{s.Text(), time.Now()}
		}
	}()
	return live{pid, began, lines, func() {
		stop()
		for range lines {
		}
	}}
}

// BenchmarkLampTest measures the time from the start of the program to the first thing its lights say.
func BenchmarkLampTest(b *testing.B) {
	x := beginIn(b, "no-link")
	var took []time.Duration
	for b.Loop() {
		l := x.live(b, fmt.Sprint("state", len(took)))
		at, err := until(l.lines, "all lights: lamp test")
		l.stop()
		if err != nil {
			b.Fatal(err)
		}
		took = append(took, at.Sub(l.began))
	}
	m := median(took)
	sheet.against(fmt.Sprintf("Start of the program to the lamp test (median of %d)", len(took)), ms(m), ms(lampTarget), ratio(m, lampTarget))
	b.ReportMetric(ratio(m, lampTarget), "lamp/target")
}

// BenchmarkCarrier measures the time from the cable going in to light 1 being green, lights settled.
func BenchmarkCarrier(b *testing.B) {
	const times = 3
	var took []time.Duration
	for b.Loop() {
		for n := len(took); n < times; n++ {
			took = append(took, plug(b, fmt.Sprint("state", n)))
		}
	}
	m := median(took)
	sheet.against(fmt.Sprintf("Carrier to light 1 green (median of %d)", times), ms(m), ms(carrierTarget), ratio(m, carrierTarget))
	b.ReportMetric(ratio(m, carrierTarget), "carrier/target")
}

func plug(b *testing.B, state string) time.Duration {
	x := beginIn(b, "healthy")
	defer x.Close()
	if err := x.PullCable(); err != nil {
		b.Fatal(err)
	}
	l := x.live(b, state)
	defer l.stop()
	if _, err := until(l.lines, "LINE testing"); err != nil {
		b.Fatal(err)
	}
	plugged := time.Now()
	if err := x.PlugCable(); err != nil {
		b.Fatal(err)
	}
	green, err := until(l.lines, "LINE green")
	if err != nil {
		b.Fatal(err)
	}
	return green.Sub(plugged)
}

// BenchmarkMemoryOfOneRun measures the resident memory of the appliance, page and packet recording included,
// when its first run has ended.
func BenchmarkMemoryOfOneRun(b *testing.B) {
	var rss, peak int64
	for b.Loop() {
		x := beginIn(b, "healthy")
		l := x.live(b, "state")
		_, err := until(l.lines, "LINE green; INTERNET green; SIP PATH green; LOGIN green; PBX green")
		if err == nil {
			rss, peak, err = resident(l.pid)
		}
		l.stop()
		x.Close()
		if err != nil {
			b.Fatal(err)
		}
	}
	sheet.against("Resident memory of the appliance after a run (highest: "+mib(peak)+")", mib(rss), mib(memoryTarget), ratio(rss, memoryTarget))
	b.ReportMetric(ratio(rss, memoryTarget), "rss/target")
}

// resident is the resident memory of a process now, and at its highest, in bytes (proc(5), status).
func resident(pid int) (now, highest int64, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for name, to := range map[string]*int64{"VmRSS": &now, "VmHWM": &highest} {
		m := regexp.MustCompile(`(?m)^` + name + `:\s+(\d+) kB$`).FindSubmatch(status)
		if m == nil {
			return 0, 0, fmt.Errorf("no %s of process %d", name, pid)
		}
		kib, err := strconv.ParseInt(string(m[1]), 10, 64)
		if err != nil {
			return 0, 0, err
		}
		*to = kib << 10
	}
	return now, highest, nil
}

// BenchmarkSize compares the program's file with its target.
func BenchmarkSize(b *testing.B) {
	var size int64
	for b.Loop() {
		info, err := os.Stat(*program)
		if err != nil {
			b.Fatal(err)
		}
		size = info.Size()
	}
	sheet.against("Size of the program", mib(size), mib(sizeTarget), ratio(size, sizeTarget))
	b.ReportMetric(ratio(size, sizeTarget), "size/target")
}
