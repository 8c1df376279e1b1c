// Build makes the card image: gokrazy with trunktester in it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

// cardSize fits every card from 2 GB on, in bytes.
const cardSize = 1258299392

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	out := flag.String("out", "out", "`folder`, below the current one, for the image and all that is made on the way")
	ldflags := flag.String("ldflags", "", "linker `flags` of trunktester: the version")
	stamp := flag.Int64("stamp", 0, "`seconds` since 1970 of every file on the card: the commit's time")
	version := flag.String("version", "dev", "`version` that the box says it runs")
	key := flag.String("update-key", "", "public key `file` whose updates the box takes; none: it takes no updates")
	flag.Parse()
	if err := build(ctx, *out, *ldflags, *stamp, *version, *key); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// build makes the image step by step.
func build(ctx context.Context, out, ldflags string, stamp int64, version, key string) error {
	work := filepath.Join(out, "work")
	if err := os.MkdirAll(work, 0o755); err != nil {
		return err
	}
	work, err := filepath.Abs(work)
	if err != nil {
		return err
	}
	card := filepath.Join(out, "trunktester.img")
	log, err := os.Create(filepath.Join(work, "gok.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	var gok string
	var size int64
	var sum []byte
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{"instance", func() error {
			files, err := releaseFiles(ctx, version, stamp, key)
			if err != nil {
				return err
			}
			return makeInstance(filepath.Join(out, "instance"), ldflags, files)
		}},
		{"packer", func() (err error) { gok, err = buildGok(ctx, work, stamp); return err }},
		{"gokrazy, kernel, program", func() error {
			return pack(ctx, gok, filepath.Dir(work), "instance", filepath.Join(filepath.Dir(work), filepath.Base(card)), cardSize, log)
		}},
		{"boot partition", func() error { return rebuildBoot(card, time.Unix(stamp, 0)) }},
		{"lasting partition", func() error { return formatPerm(ctx, card, work, stamp) }},
		{"trunktester.img.gz, hash", func() (err error) { size, sum, err = compress(card); return err }},
	} {
		began := time.Now()
		fmt.Printf("%-28s", s.what)
		if err := s.do(); err != nil {
			fmt.Println("failed")
			return err
		}
		fmt.Printf("%6.1f s\n", time.Since(began).Seconds())
	}
	zipped, err := os.Stat(card + ".gz")
	if err != nil {
		return err
	}
	line := fmt.Sprintf("%x  trunktester.img\n", sum)
	fmt.Printf("\n%s, %.0f MB; %s.gz, %.0f MB\nsha256 %s", card, float64(size)/1e6, card, float64(zipped.Size())/1e6, line)
	return os.WriteFile(card+".sha256", []byte(line), 0o644)
}
