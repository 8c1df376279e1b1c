package update

import "errors"

// Why an update is refused. Each text is a sentence for the page: what is wrong and what to do.
var (
	ErrNoUpdate  = errors.New("the file is no update for this box: take the file that the maker gave, as it is")
	ErrCutShort  = errors.New("the update file is cut short: copy it to the stick again, and wait until the computer lets the stick go")
	ErrDamaged   = errors.New("the update file is damaged: copy it to the stick again, from where the maker gave it")
	ErrNoKey     = errors.New("this box takes no updates, because its card was made without an update key: write a new card instead")
	ErrSignature = errors.New("the update is not signed with the key that this box trusts: ask the maker of the box for the file")
	ErrModel     = errors.New("the update is for another model of the box: ask the maker for the one that fits")
	ErrKernel    = errors.New("the update needs another kernel, and the kernel is never changed in the field: write a new card instead")
	ErrSame      = errors.New("this version runs already: there is nothing to do")
	ErrOlder     = errors.New("the update is older than what this box runs or has run: an older version is never put back")
)
