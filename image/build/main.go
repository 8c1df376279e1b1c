// Build makes the card image: gokrazy with trunktester in it.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// cardSize fits every card from 2 GB on, in bytes.
const cardSize = 1258299392

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	out := flag.String("out", "out", "`folder`, below the current one, for the image and all that is made on the way")
	r := recipe{words: map[string][]string{}}
	flag.StringVar(&r.ldflags, "ldflags", "", "linker `flags` of trunktester: the version")
	flag.Int64Var(&r.stamp, "stamp", 0, "`seconds` since 1970 of every file on the card: the commit's time")
	flag.StringVar(&r.version, "version", "dev", "`version` that the box says it runs")
	flag.StringVar(&r.key, "update-key", "", "public key `file` whose updates the box takes; none: it takes no updates")
	flag.Func("program", "`words` that the program is started with instead of the card's own: a version that does not run, to try updates with", func(words string) error {
		r.words[program] = strings.Fields(words)
		return nil
	})
	flag.Func("trial", "how long a `time` this version may be on trial instead of trialguard's own", func(limit string) error {
		_, err := time.ParseDuration(limit)
		r.words[guard] = []string{"-limit", limit}
		return err
	})
	twice := flag.Bool("twice", false, "build once more in another folder, and compare")
	flag.Parse()
	if err := r.builds(ctx, *out, *twice); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// recipe is what an image depends on besides the source.
type recipe struct {
	ldflags, version, key string
	stamp                 int64
	words                 map[string][]string // that our programs are started with, where they are not the card's own
}

// builds makes the image once, or twice to see that both are the same, byte for byte.
func (r recipe) builds(ctx context.Context, out string, twice bool) error {
	first, err := r.build(ctx, out)
	if err != nil || !twice {
		return err
	}
	other := filepath.Join(out, "again")
	second, err := r.build(ctx, other)
	if err != nil {
		return err
	}
	if !bytes.Equal(first, second) {
		return fmt.Errorf("two builds of the same differ: compare %s with the image in %s", filepath.Join(out, "trunktester.img"), other)
	}
	fmt.Println("two builds, in two folders, are the same to the byte")
	return os.RemoveAll(other)
}

// build makes the image step by step, and returns its sha256.
func (r recipe) build(ctx context.Context, out string) (sum []byte, err error) {
	work := filepath.Join(out, "work")
	if err := os.MkdirAll(work, 0o755); err != nil {
		return nil, err
	}
	work, err = filepath.Abs(work)
	if err != nil {
		return nil, err
	}
	card := filepath.Join(out, "trunktester.img")
	log, err := os.Create(filepath.Join(work, "gok.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	var gok string
	var size int64
	var large sizes
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{"instance", func() error {
			files, err := releaseFiles(ctx, r.version, r.stamp, r.key)
			if err != nil {
				return err
			}
			return makeInstance(filepath.Join(out, "instance"), r.ldflags, files, r.words)
		}},
		{"packer", func() (err error) { gok, err = buildGok(ctx, work, r.stamp); return err }},
		{"gokrazy, kernel, program", func() error {
			return pack(ctx, gok, filepath.Dir(work), "instance", filepath.Join(filepath.Dir(work), filepath.Base(card)), cardSize, log)
		}},
		{"boot partition", func() error { return rebuildBoot(card, time.Unix(r.stamp, 0)) }},
		{"lasting partition", func() error { return formatPerm(ctx, card, work, r.stamp) }},
		{"sizes", func() (err error) {
			if large, err = measure(card); err != nil {
				return err
			}
			return large.check()
		}},
		{"trunktester.img.gz, hash", func() (err error) { size, sum, err = compress(card); return err }},
	} {
		began := time.Now()
		fmt.Printf("%-28s", s.what)
		if err := s.do(); err != nil {
			fmt.Println("failed")
			return nil, err
		}
		fmt.Printf("%6.1f s\n", time.Since(began).Seconds())
	}
	zipped, err := os.Stat(card + ".gz")
	if err != nil {
		return nil, err
	}
	line := fmt.Sprintf("%x  trunktester.img\n", sum)
	fmt.Printf("\n%s, %.0f MB; %s.gz, %.0f MB\n%s\nsha256 %s", card, float64(size)/1e6, card, float64(zipped.Size())/1e6, large, line)
	return sum, os.WriteFile(card+".sha256", []byte(line), 0o644)
}
