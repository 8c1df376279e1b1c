package main

import (
	"context"
	"fmt"
	"io"
)

const inspectHelp = `  trunkkit inspect kit.img
`

// inspect says what is on a card image.
func inspect(_ context.Context, _ []string, _, stderr io.Writer) int {
	fmt.Fprintln(stderr, "trunkkit inspect: not in this version.")
	return exitFailed
}
