package main

import (
	"fmt"
	"io"

	"trunktester/appliance/catalogue"
)

// explain prints the catalogue's entry for a code or slug, or the whole list.
func explain(args []string, stdout, stderr io.Writer) int {
	switch len(args) {
	case 0:
		fmt.Fprint(stdout, catalogue.List(catalogue.All()))
		return exitGreen
	case 1:
		cause, ok := catalogue.Find(args[0])
		if !ok {
			fmt.Fprintf(stderr, "trunktester explain: there is no code %q. A code is the light, a dash and the number of flashes, as in 3-2. \"trunktester explain\" lists all.\n", args[0])
			return exitUsage
		}
		fmt.Fprint(stdout, catalogue.Explain(cause))
		return exitGreen
	}
	fmt.Fprintln(stderr, "trunktester explain: one code at a time, as in \"trunktester explain 3-2\".")
	return exitUsage
}
