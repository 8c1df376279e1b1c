package appliance

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/store"
)

// storageNotice says what does not work about the box's memory, in one sentence for the page; "" when all
// does. None of it is a fault: the box tests all the same.
func storageNotice(problems []store.Problem) string {
	worst := ""
	rank := len(storageNotices)
	for _, p := range problems {
		for i, n := range storageNotices {
			if i < rank && n.is(p) {
				worst, rank = n.sentence, i
			}
		}
	}
	return worst
}

// storageNotices are in the order of how much is lost.
var storageNotices = []struct {
	is       func(store.Problem) bool
	sentence string
}{
	{lasting(unix.ENOSPC),
		words.Said("notice.card-full")},
	{lasting(store.ErrHangs),
		words.Said("notice.card-hangs")},
	{func(p store.Problem) bool { return p.Lasting && p.What == "directory" },
		words.Said("notice.card-missing")},
	{lasting(unix.EROFS),
		words.Said("notice.card-read-only")},
	{func(p store.Problem) bool { return p.Lasting && !p.Damaged && !errors.Is(p.Err, os.ErrNotExist) },
		words.Said("notice.card-broken")},
	{func(p store.Problem) bool { return p.Damaged && p.What == "ledger" },
		words.Said("notice.ledger-damaged")},
	{func(p store.Problem) bool { return p.Damaged },
		words.Said("notice.file-damaged")},
	{func(p store.Problem) bool { return !p.Lasting },
		words.Said("notice.memory-lost")},
}

func lasting(why error) func(store.Problem) bool {
	return func(p store.Problem) bool { return p.Lasting && errors.Is(p.Err, why) }
}
