package appliance

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

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
		"The card's storage is full: new reports and logins are forgotten at power off. Tests are not affected. Download the reports and wipe the box (button for 10 s), or write the card again."},
	{lasting(store.ErrHangs),
		"The card does not answer: reports and settings are not kept, and the box does not log in by itself until it does; \"Run again\" still does. Power off and on; if this stays, use another card."},
	{func(p store.Problem) bool { return p.Lasting && p.What == "directory" },
		"The card's storage is missing or cannot be used: reports, logins and settings are forgotten at power off. Tests are not affected. Write the card again when there is time."},
	{lasting(unix.EROFS),
		"The card's storage cannot be written: reports and logins are forgotten at power off. Tests are not affected. Power off and on; if this stays, the card is worn out: use another one."},
	{func(p store.Problem) bool { return p.Lasting && !p.Damaged && !errors.Is(p.Err, os.ErrNotExist) },
		"The card's storage does not work: reports and logins may be forgotten at power off. Tests are not affected. Power off and on; if this stays, use another card."},
	{func(p store.Problem) bool { return p.Damaged && p.What == "ledger" },
		"What was remembered of earlier logins is damaged: the box does not log in by itself until somebody presses \"Run again\"."},
	{func(p store.Problem) bool { return p.Damaged },
		"A file in the card's storage is damaged and left out. Tests are not affected."},
	{func(p store.Problem) bool { return !p.Lasting },
		"The box cannot write to its working memory: what it did is forgotten when the program starts again."},
}

func lasting(why error) func(store.Problem) bool {
	return func(p store.Problem) bool { return p.Lasting && errors.Is(p.Err, why) }
}
