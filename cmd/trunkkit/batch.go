package main

import (
	"context"
	"fmt"
	"io"
)

const batchHelp = `  trunkkit batch -base trunktester.img.gz -list kits.csv -out kits
`

// batch makes the card images of a list.
func batch(_ context.Context, _ []string, _, stderr io.Writer) int {
	fmt.Fprintln(stderr, "trunkkit batch: not in this version.")
	return exitFailed
}
