package update

import "trunktester/appliance/catalogue/words"

// Why an update is refused. Each text is a sentence for the page: what is wrong and what to do.
var (
	ErrNoUpdate  error = words.Error("update.no-update")
	ErrCutShort  error = words.Error("update.cut-short")
	ErrDamaged   error = words.Error("update.damaged")
	ErrNoKey     error = words.Error("update.no-key")
	ErrSignature error = words.Error("update.signature")
	ErrModel     error = words.Error("update.model")
	ErrKernel    error = words.Error("update.kernel")
	ErrSame      error = words.Error("update.same")
	ErrOlder     error = words.Error("update.older")
)
