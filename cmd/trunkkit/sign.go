package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"trunktester/appliance/update"
	"trunktester/image/kit"
)

const signHelp = `  trunkkit sign -key update.key -image out/trunktester.img.gz -o trunktester.update

  -key FILE       the secret key that "trunkkit keygen" made
  -image FILE     a card image of the new version, .img or .img.gz
  -o FILE         the update to write; on the stick it must be called trunktester.update

The update holds the root file system of the image and nothing of its other
partitions. A box takes it from a USB stick if it trusts the key, is of the same
model, has the same kernel and no newer version. What the update says of itself is
printed as JSON. A file that is there already is not overwritten, and an image that
was made without a key is refused: it would be a box's last update.
`

// sign makes an update out of a card image.
func sign(_ context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("sign", flag.ContinueOnError)
	keyFile := flags.String("key", "", "the secret key: a `file`")
	image := flags.String("image", "", "a card image of the new version, .img or .img.gz: a `file`")
	out := flags.String("o", "", "the update to write: a `file`")
	if _, status, ok := parse(flags, args, 0, stderr); !ok {
		return status
	}
	for _, f := range []struct{ name, value, example string }{
		{"key", *keyFile, "-key update.key"}, {"image", *image, "-image out/trunktester.img.gz"}, {"o", *out, "-o " + update.FileName},
	} {
		if f.value == "" {
			return missing("sign", f.name, f.example, stderr)
		}
	}
	m, last, err := signImage(*keyFile, *image, *out)
	if err != nil {
		return failed(err, stderr)
	}
	if last {
		fmt.Fprintf(stderr, "Note: the image holds another key than %s. Boxes with this update take further ones of that key only.\n", *keyFile)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return failed(err, stderr)
	}
	fmt.Fprintf(stdout, "%s\n", text)
	return exitOK
}

// signImage makes the update; last is that of kit.Card.Sign.
func signImage(keyFile, image, out string) (m update.Manifest, last bool, err error) {
	text, err := os.ReadFile(keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, kit.InputError(fmt.Sprintf("there is no file %s: give the secret key that \"trunkkit keygen\" made", keyFile))
	}
	if err != nil {
		return m, false, err
	}
	key, err := update.DecodeKey(text)
	if err != nil {
		return m, false, kit.InputError(fmt.Sprintf("%s: %v", keyFile, err))
	}
	card, err := kit.Open(image)
	if err != nil {
		return m, false, err
	}
	defer card.Close()
	return card.Sign(key, out)
}
