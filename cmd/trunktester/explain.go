package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
)

// explain prints the catalogue's entry for a code, a slug or the text of a QR code, or the whole list.
func explain(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stdout, catalogue.List(catalogue.All()))
		return exitGreen
	}
	word := args[0]
	slip, err := report.ParseSlip(strings.Join(args, " "))
	switch {
	case err == nil:
		word = slip.Code
	case !errors.Is(err, report.ErrNoSlip):
		fmt.Fprintf(stderr, "trunktester explain: %v.\n", err)
		return exitUsage
	case len(args) > 1:
		fmt.Fprintln(stderr, "trunktester explain: one code at a time, as in \"trunktester explain 3-2\".")
		return exitUsage
	}
	cause, ok := catalogue.Find(word)
	if !ok {
		fmt.Fprintf(stderr, "trunktester explain: there is no code %q. A code is the light, a dash and the number of flashes, as in 3-2. \"trunktester explain\" lists all.\n", word)
		return exitUsage
	}
	if err == nil {
		fmt.Fprintf(stdout, "Run %s of %s, trunktester %s, %s; the check digits fit.\n\n", slip.Run, kitWords(slip.Kit), slip.Version, slip.Severity)
	}
	fmt.Fprint(stdout, catalogue.Explain(cause))
	return exitGreen
}

func kitWords(kit string) string {
	if kit == "" {
		return "a kit without a name"
	}
	return "kit " + kit
}
