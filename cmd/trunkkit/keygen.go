package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"trunktester/appliance/update"
	"trunktester/image/kit"
)

const keygenHelp = `  trunkkit keygen -o update

It writes update.key, which signs updates, and update.pub, which goes into the
card image: make image UPDATE_KEY=update.pub. Boxes take updates that are signed
with this key and no others, for as long as they live.

Keep update.key off the network and keep a copy of it in another place: who has it
can put any program on every box, and without it no box gets an update again.
Files that are there already are never overwritten.
`

// keygen makes a pair of keys.
func keygen(_ context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("keygen", flag.ContinueOnError)
	name := flags.String("o", "", "the `name` of the files, without .key and .pub")
	if _, status, ok := parse(flags, args, 0, stderr); !ok {
		return status
	}
	if *name == "" {
		return missing("keygen", "o", "-o update", stderr)
	}
	if err := writeKeys(*name+".key", *name+".pub"); err != nil {
		return failed(err, stderr)
	}
	fmt.Fprintf(stdout, "%s.key signs updates: keep it secret, and a copy of it in another place.\n%s.pub goes into the card image: make image UPDATE_KEY=%s.pub\n", *name, *name, *name)
	return exitOK
}

// writeKeys writes both files or none.
func writeKeys(secretFile, publicFile string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	secret, public, err := update.EncodeKey(key)
	if err != nil {
		return err
	}
	if err := writeNew(secretFile, secret, 0o600); err != nil {
		return err
	}
	if err := writeNew(publicFile, public, 0o644); err != nil {
		return errors.Join(err, os.Remove(secretFile))
	}
	return nil
}

// writeNew writes a file that is not there yet.
func writeNew(name string, content []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, os.ErrExist) {
		return kit.InputError(fmt.Sprintf("%s is there already, and a key is never overwritten: take another name", name))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return kit.InputError(fmt.Sprintf("%s cannot be written, as there is no folder %s: make it first", name, filepath.Dir(name)))
	}
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}
