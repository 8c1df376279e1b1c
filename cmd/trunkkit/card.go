package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"trunktester/image/kit"
	"trunktester/image/paper"
	"trunktester/image/prints"
)

const cardHelp = `  trunkkit card -profile trunk.toml -o card.pdf

  -profile FILE   a trunk.toml, for the provider's name and the helpdesk's number;
                  without it the card has neither
  -o FILE         the PDF to write; one that is there is replaced

The card is A5, two pages: how to read the lights, and what the flashes mean.
Print both sides of one sheet, turned over at the short edge. Nothing of the
account is on it.
`

// card prints the light card.
func card(_ context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("card", flag.ContinueOnError)
	from := flags.String("profile", "", "a trunk.toml, for the helpdesk: a `file`")
	out := flags.String("o", "", "the PDF to write: a `file`")
	if _, status, ok := parse(flags, args, 0, stderr); !ok {
		return status
	}
	if status, ok := pdfName("card", *out, stderr); !ok {
		return status
	}
	desk := prints.Helpdesk{}
	if *from != "" {
		p, _, err := wholeProfile(*from)
		if err != nil {
			return failed(err, stderr)
		}
		desk = prints.Helpdesk{Name: p.Provider.Name, Phone: p.Provider.Phone}
	}
	front, back, err := prints.Card(desk)
	if err != nil {
		return failed(kit.InputError(err.Error()), stderr)
	}
	if err := writePDF(*out, "trunktester: the light card", []paper.Drawing{front, back}); err != nil {
		return failed(err, stderr)
	}
	fmt.Fprintf(stdout, "%s is ready: two sides of A5.\n", *out)
	return exitOK
}

// pdfName checks the name of a PDF: another ending is a slip that could cost a profile.
func pdfName(command, name string, stderr io.Writer) (status int, ok bool) {
	if name == "" {
		return missing(command, "o", "-o "+command+".pdf", stderr), false
	}
	if !strings.HasSuffix(strings.ToLower(name), ".pdf") {
		return misused(command, "-o takes a name that ends in .pdf", stderr), false
	}
	return exitOK, true
}

func misused(command, why string, stderr io.Writer) int {
	fmt.Fprintf(stderr, "trunkkit %s: %s. Try \"trunkkit help %s\".\n", command, why, command)
	return exitUsage
}

func writePDF(name, title string, pages []paper.Drawing) error {
	pdf, err := paper.PDF(title, pages...)
	if err != nil {
		return err
	}
	return os.WriteFile(name, pdf, 0o644)
}
