package main

import (
	"context"
	"fmt"
	"io"
)

const imageHelp = `  trunkkit image -base trunktester.img.gz -profile trunk.toml -o kit.img
`

// image personalises one card image.
func image(_ context.Context, _ []string, _, stderr io.Writer) int {
	fmt.Fprintln(stderr, "trunkkit image: not in this version.")
	return exitFailed
}
