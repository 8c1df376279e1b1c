package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"path/filepath"

	"trunktester/appliance/profile"
	"trunktester/image/kit"
	"trunktester/image/paper"
	"trunktester/image/prints"
)

const labelHelp = `  trunkkit label -profile trunk.toml -o label.pdf
  trunkkit label -list kits.csv -common common.toml -o labels.pdf

  -profile FILE   the trunk.toml of one kit
  -list FILE      a table of kits, as for "trunkkit batch"
  -common FILE    a trunk.toml with what all kits of the list share
  -o FILE         the PDF to write; one that is there is replaced
  -place N        the first free place on the first sheet, 1 to 8 (1)
  -single         a page for each label, in the label's size, for label printers

The sheet is A4 with eight labels of 99.1 by 67.7 mm (Avery L7165 and the like).
Print it at 100 %, not "fit to page". A label has the kit's name, the address of
the box's page with its QR code, how to read the lights, the helpdesk's number,
the reseller and the support date. Nothing of the account is on it.

A row that is wrong is told with its line and gets no label; the exit status is
65 then.
`

// label prints the labels of one kit or of a list.
func label(_ context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("label", flag.ContinueOnError)
	one := flags.String("profile", "", "the trunk.toml of one kit: a `file`")
	list := flags.String("list", "", "a table of kits: a `file`")
	shared := flags.String("common", "", "a trunk.toml with what all kits share: a `file`")
	out := flags.String("o", "", "the PDF to write: a `file`")
	place := flags.Int("place", 1, "the first free place on the first sheet: a `number`")
	single := flags.Bool("single", false, "a page for each label")
	if _, status, ok := parse(flags, args, 0, stderr); !ok {
		return status
	}
	switch {
	case *one == "" && *list == "":
		return missing("label", "profile", "-profile trunk.toml (or -list kits.csv)", stderr)
	case *one != "" && *list != "":
		return misused("label", "-profile and -list are both there: keep one of them", stderr)
	case *list == "" && *shared != "":
		return misused("label", "-common goes with -list", stderr)
	case *place < 1 || *place > prints.PlacesOnASheet:
		return misused("label", fmt.Sprintf("-place takes 1 to %d", prints.PlacesOnASheet), stderr)
	}
	if status, ok := pdfName("label", *out, stderr); !ok {
		return status
	}
	profiles, faults, err := kitsOf(*one, *list, *shared)
	if err != nil {
		return failed(err, stderr)
	}
	var labels []paper.Drawing
	for _, p := range profiles {
		d, err := prints.LabelOf(*p).Draw()
		if err != nil {
			faults = append(faults, kit.InputError(fmt.Sprintf("no label for kit %q: %v", p.Kit.Name, err)))
			continue
		}
		labels = append(labels, d)
	}
	for _, fault := range faults {
		fmt.Fprintln(stderr, fault)
	}
	if len(labels) > 0 {
		pages := labels
		if !*single {
			if pages, err = prints.Sheets(labels, *place); err != nil {
				return failed(err, stderr)
			}
		}
		if err := writePDF(*out, "trunktester: labels", pages); err != nil {
			return failed(err, stderr)
		}
		fmt.Fprintf(stdout, "%s is ready: %s. Print it at 100 %%.\n", *out, count(len(labels), "label"))
	}
	if len(faults) > 0 {
		fmt.Fprintf(stderr, "%s had to be left out.\n", count(len(faults), "label"))
		return exitInput
	}
	return exitOK
}

// kitsOf reads one profile, or those of a list and what is wrong with its rows.
func kitsOf(one, list, shared string) (profiles []*profile.Profile, faults []error, err error) {
	if one != "" {
		p, _, err := wholeProfile(one)
		if err != nil {
			return nil, nil, err
		}
		return []*profile.Profile{p}, nil, nil
	}
	table, err := readList(list)
	if err != nil {
		return nil, nil, err
	}
	common, err := sharedProfile(shared)
	if err != nil {
		return nil, nil, err
	}
	profiles, faults = kit.Profiles(table, common, filepath.Dir(list))
	return profiles, faults, nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
