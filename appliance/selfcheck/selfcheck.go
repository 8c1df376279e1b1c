// Package selfcheck asks what of the box itself is out of order, so that no fault of the box is told as one of
// the line. A directory goes in, sentences for the page come out; the run loop shows them.
package selfcheck

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"trunktester/appliance/catalogue/words"
)

// leastMemory is what a run needs: half of what the program may use in all (design section 13).
const leastMemory = 16 << 20

// Fault is one thing of the box itself that is out of order.
type Fault struct {
	Topic    string // one word, the same for the same question
	Sentence string // for people: what is wrong, what follows, what to do
	Err      error
}

// looked is what was seen of the box; a nil error is in order.
type looked struct {
	packets error  // a raw socket on the wire
	files   error  // one more open file
	scratch error  // a small file in the volatile directory
	memory  uint64 // bytes that are left
}

// Look asks the kernel for what every run needs. It only makes calls that end at once; scratch is the volatile
// directory. An empty list is a box in order.
func Look(scratch string) []Fault {
	return judge(looked{packets: packets(), files: files(), scratch: writable(scratch), memory: memory()})
}

// judge tells what was seen as sentences.
func judge(l looked) (faults []Fault) {
	tell := func(topic, sentence string, err error) {
		faults = append(faults, Fault{Topic: topic, Sentence: sentence, Err: err})
	}
	if l.memory < leastMemory {
		tell("memory", words.Said("notice.no-memory", "n", l.memory>>20),
			fmt.Errorf("%d bytes of memory are left", l.memory))
	}
	if l.files != nil {
		tell("files", words.Said("notice.no-files"), l.files)
	}
	switch {
	case l.files != nil: // the reason for the others
	case errors.Is(l.packets, unix.EPERM), errors.Is(l.packets, unix.EACCES):
		tell("packets", words.Said("notice.no-packets-root"), l.packets)
	case l.packets != nil:
		tell("packets", words.Said("notice.no-packets-kernel"), l.packets)
	}
	if l.files == nil && l.scratch != nil {
		tell("scratch", words.Said("notice.no-scratch"), l.scratch)
	}
	return faults
}
