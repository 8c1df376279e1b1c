package appliance

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"trunktester/appliance/store"
)

func TestStorageThatDoesNotWorkIsSaidPlainly(t *testing.T) {
	damage := errors.New("file is damaged")
	ran := func(what string, err error) store.Problem {
		return store.Problem{Dir: "/run/trunktester", What: what, Err: err}
	}
	card := func(what string, err error) store.Problem {
		return store.Problem{Dir: "/perm/trunktester", Lasting: true, What: what, Damaged: err == damage, Err: err}
	}
	for name, c := range map[string]struct {
		problems []store.Problem
		want     string
	}{
		"all is well":          {nil, ""},
		"/perm is not there":   {[]store.Problem{card("directory", os.ErrNotExist)}, "The card's storage is missing"},
		"/perm is not mounted": {[]store.Problem{card("directory", unix.EROFS)}, "The card's storage is missing"},
		"read-only":            {[]store.Problem{card("ledger", unix.EROFS), card("reports", unix.EROFS)}, "The card's storage cannot be written"},
		"full":                 {[]store.Problem{card("reports", unix.ENOSPC)}, "The card's storage is full"},
		"full from the start":  {[]store.Problem{card("directory", unix.ENOSPC)}, "The card's storage is full"},
		"dead":                 {[]store.Problem{card("directory", store.ErrHangs), card("reports", unix.EIO)}, "The card does not answer"},
		"worn out":             {[]store.Problem{card("report", damage), card("reports", unix.EIO)}, "The card's storage does not work"},
		"a damaged ledger":     {[]store.Problem{card("report", damage), card("ledger", damage)}, "What was remembered of earlier logins is damaged"},
		"a damaged report":     {[]store.Problem{card("report", damage)}, "A file in the card's storage is damaged"},
		"/run is full":         {[]store.Problem{ran("ledger", unix.ENOSPC)}, "The box cannot write to its working memory"},
		"nothing works":        {[]store.Problem{ran("ledger", unix.EROFS), card("ledger", unix.EROFS)}, "The card's storage cannot be written"},
		"something unheard of": {[]store.Problem{card("time", errors.New("?"))}, "The card's storage does not work"},
	} {
		if got := storageNotice(c.problems); !strings.HasPrefix(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
