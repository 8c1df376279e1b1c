package page

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"trunktester/appliance/report"
)

// expositionType is the Content-Type of Prometheus' text format
// (prometheus.io/docs/instrumenting/exposition_formats). It is written by hand because Prometheus' own library
// brings 2 MB of protocol buffers into a program that may have 16.
const expositionType = "text/plain; version=0.0.4; charset=utf-8"

// exposition is a set of gauges. The zero value is empty and ready.
type exposition struct{ families map[string]family }

// family is the gauges of one name.
type family struct {
	help    string
	samples []string
}

// gauge adds one; labels are name, value, name, value.
func (e *exposition) gauge(name, help string, value float64, labels ...string) {
	var pairs []string
	for i := 0; i+1 < len(labels); i += 2 {
		pairs = append(pairs, labels[i]+`="`+escapeLabel(report.Line(labels[i+1]))+`"`)
	}
	sample := name
	if pairs != nil {
		sample += "{" + strings.Join(pairs, ",") + "}"
	}
	if e.families == nil {
		e.families = map[string]family{}
	}
	f := e.families[name]
	f.help, f.samples = help, append(f.samples, sample+" "+strconv.FormatFloat(value, 'g', -1, 64))
	e.families[name] = f
}

// escapeLabel: backslash, quote and line feed have an escape, everything else stands for itself.
func escapeLabel(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s)
}

// WriteTo writes the families in the order of their names.
func (e *exposition) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(e.families)) {
		f := e.families[name]
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n", name, f.help, name)
		for _, sample := range f.samples {
			b.WriteString(sample + "\n")
		}
	}
	return b.WriteTo(w)
}
