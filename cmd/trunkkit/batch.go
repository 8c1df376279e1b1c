package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"trunktester/appliance/profile"
	"trunktester/image/kit"
)

const batchHelp = `  trunkkit batch -base trunktester.img.gz -list kits.csv -out kits -common common.toml

  -base FILE     the card image as it was built, .img or .img.gz
  -list FILE     the table of kits
  -out FOLDER    where the cards go, each called by its kit.name
  -common FILE   a trunk.toml with what all kits share
  -gz            write packed cards (.img.gz): slower and a tenth of the size
  -force         replace cards that are there and differ
  -j N           so many cards at once (2)

An example of kits.csv:

  kit.name,trunk.domain,trunk.username,trunk.password,network.dns
  Kit 0042,sip.example.net,441632960042,"quotes, where a comma is in it",
  Kit 0043,sip.example.net,441632960043,another,192.0.2.1 192.0.2.2

The columns are keys of trunk.toml with their tables in front. A column "profile"
names a trunk.toml to begin with, relative to the list; a column whose name begins
with # is a remark. A later value replaces an earlier one: -common, then profile,
then the cells. An empty cell sets nothing; lists have spaces between.

Excel: format the columns of numbers as Text before typing (Format Cells, Number,
Text), else 441632960042 becomes 4.42E+11. Save as "CSV UTF-8". Semicolons are
fine.

Cards that are there with the same profile and base are passed over, so the same
command goes on after a stop. A row that is wrong does not stop the others and is
told with its line. kits-result.csv in the folder lists line, kit, file, sha256
and result, and no secrets. The exit status is 65 if a row was refused, 1 if a
card could not be written or the work was stopped.

Keep the cards like passwords, and the list too.
`

// batch makes the card images of a list.
func batch(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("batch", flag.ContinueOnError)
	base := flags.String("base", "", "the card image as it was built, .img or .img.gz: a `file`")
	from := flags.String("list", "", "the table of kits: a `file`")
	shared := flags.String("common", "", "a trunk.toml with what all kits share: a `file`")
	out := flags.String("out", "", "where the cards go: a `folder`")
	b := kit.Batch{}
	flags.BoolVar(&b.Packed, "gz", false, "write packed cards (.img.gz)")
	flags.BoolVar(&b.Force, "force", false, "replace cards that are there and differ")
	flags.IntVar(&b.AtOnce, "j", 2, "so many cards at once: a `number`")
	if _, status, ok := parse(flags, args, 0, stderr); !ok {
		return status
	}
	for _, f := range []struct{ name, value, example string }{
		{"base", *base, "-base trunktester.img.gz"}, {"list", *from, "-list kits.csv"}, {"out", *out, "-out kits"},
	} {
		if f.value == "" {
			return missing("batch", f.name, f.example, stderr)
		}
	}
	if b.AtOnce < 1 || b.AtOnce > 64 {
		fmt.Fprintln(stderr, "trunkkit batch: -j takes 1 to 64.")
		return exitUsage
	}
	var err error
	if b.List, err = readList(*from); err != nil {
		return failed(err, stderr)
	}
	if b.Common, err = sharedProfile(*shared); err != nil {
		return failed(err, stderr)
	}
	if b.Base, err = kit.Open(*base); err != nil {
		return failed(err, stderr)
	}
	defer b.Base.Close()
	b.Beside, b.Out = filepath.Dir(*from), *out
	progress := newProgress(stdout, stderr, os.Getenv)
	b.Report = progress.report
	results, err := b.Run(ctx)
	if err != nil {
		return failed(err, stderr)
	}
	table := filepath.Join(*out, kit.ResultName)
	if err := kit.WriteResults(table, b.List.Comma, results); err != nil {
		return failed(err, stderr)
	}
	return progress.summary(results, table)
}

func readList(name string) (*kit.List, error) {
	f, err := os.Open(name)
	if err != nil {
		if os.IsNotExist(err) {
			return nil, kit.InputError("there is no file " + name + ": \"trunkkit help batch\" shows an example")
		}
		return nil, err
	}
	defer f.Close()
	return kit.ReadList(f, filepath.Base(name))
}

func sharedProfile(name string) (*profile.File, error) {
	if name == "" {
		return nil, nil
	}
	return kit.ReadProfile(name)
}
