package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"

	"trunktester/appliance/profile"
	"trunktester/image/kit"
)

const imageHelp = `  trunkkit image -base trunktester.img.gz -profile trunk.toml -o kit.img

  -base FILE      the card image as it was built, .img or .img.gz
  -profile FILE   the kit's trunk.toml; the password stands in it, not in a password_file
  -o FILE         the card to write; packed where the name ends in .gz
  -force          replace that file if it is there

The profile is checked first, and what is wrong with it is told with its line. The
card is then the base with its lasting partition (/perm) formatted anew and the
profile in it; boot and root partitions stay byte for byte. It is written to
FILE.part, read back, and only then gets its name.

Keep the card image like a password: who has it can read the trunk's password.
Two cards from the same profile differ in the lasting partition, in the identity
of its file system and in the times of its files; that is harmless.
`

// image personalises one card image.
func image(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	base := flags.String("base", "", "the card image as it was built, .img or .img.gz: a `file`")
	from := flags.String("profile", "", "the kit's trunk.toml: a `file`")
	out := flags.String("o", "", "the card to write, .img or .img.gz: a `file`")
	force := flags.Bool("force", false, "replace that file if it is there")
	if _, status, ok := parse(flags, args, 0, stderr); !ok {
		return status
	}
	for _, f := range []struct{ name, value, example string }{
		{"base", *base, "-base trunktester.img.gz"}, {"profile", *from, "-profile trunk.toml"}, {"o", *out, "-o kit.img"},
	} {
		if f.value == "" {
			return missing("image", f.name, f.example, stderr)
		}
	}
	p, text, err := wholeProfile(*from)
	if err != nil {
		return failed(err, stderr)
	}
	card, err := kit.Open(*base)
	if err != nil {
		return failed(err, stderr)
	}
	defer card.Close()
	sum, err := kit.Personalise(ctx, card, text, *out, *force)
	if err != nil {
		return failed(err, stderr)
	}
	name := p.Kit.Name
	if name == "" {
		name = "a kit without a name"
	}
	fmt.Fprintf(stdout, "%s is ready: %s, trunk %s.\nsha256 %s\n", *out, name, p.Trunk.Domain, sum)
	return exitOK
}

// wholeProfile reads and checks a profile that must stand on its own feet.
func wholeProfile(name string) (*profile.Profile, []byte, error) {
	f, err := kit.OpenProfile(name)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	var text bytes.Buffer
	p, err := profile.Parse(io.TeeReader(f, &text), filepath.Base(f.Name()), nil)
	return p, text.Bytes(), err
}

// failed tells an error and returns its exit status.
func failed(err error, stderr io.Writer) int {
	fmt.Fprintln(stderr, err)
	var input kit.InputError
	var problems profile.Problems
	var fault kit.Fault
	if errors.As(err, &input) || errors.As(err, &problems) || errors.As(err, &fault) {
		return exitInput
	}
	return exitFailed
}
