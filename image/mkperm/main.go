// Mkperm formats the lasting partition of a card image. It is a program of its own so that the image can be
// made with a library whose clock stands still.
package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/google/uuid"

	"trunktester/image/perm"
)

// stillness gives the same bytes to everybody: the file system's seeds need not be secret.
type stillness struct{}

func (stillness) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(i + 1)
	}
	return len(p), nil
}

func main() {
	uuid.SetRand(stillness{})
	if err := format(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mkperm:", err)
		os.Exit(1)
	}
}

func format(args []string) error {
	if len(args) != 4 {
		return fmt.Errorf("wanted: IMAGE OFFSET SIZE SEED")
	}
	var n [3]int64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseInt(args[i+1], 10, 64); err != nil {
			return err
		}
	}
	return perm.Format(args[0], n[0], n[1], uint64(n[2]), nil)
}
