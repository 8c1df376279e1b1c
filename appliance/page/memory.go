package page

import (
	"fmt"
	"os"
)

// memory gives the memory of this program that is not swapped out, under the name that Prometheus' own process
// collector has for it; where it cannot be known it gives nothing.
func (e *exposition) memory() {
	if pages, ok := residentPages("/proc/self/statm"); ok {
		e.gauge("process_resident_memory_bytes", "Resident memory size in bytes.", float64(pages)*float64(os.Getpagesize()))
	}
}

// residentPages reads the second number of a statm file (proc_pid_statm(5)).
func residentPages(statm string) (pages int64, ok bool) {
	text, err := os.ReadFile(statm)
	if err != nil {
		return 0, false
	}
	var size int64
	n, _ := fmt.Sscan(string(text), &size, &pages)
	return pages, n == 2
}
