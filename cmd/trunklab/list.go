package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"trunktester/lab"
)

// list prints every world, and what this machine cannot simulate.
func list(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WORLD\tCODE\tSEVERITY\tWHAT IS THE CASE")
	algErr := lab.ProbeALG()
	for _, world := range append(lab.Worlds(), lab.PBXChecks()...) {
		about := world.About
		if world.Home.ALG() && algErr != nil {
			about += " (not here: " + algErr.Error() + ")"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", world.Name, world.Code, world.Severity, about)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nWhat a lab of virtual cables never has:")
	for _, limit := range lab.Limits() {
		fmt.Fprintln(w, "  "+limit)
	}
	return nil
}
