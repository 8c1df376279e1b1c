package chain

// Link is a part of a chain.
type Link struct{ Thick, Short, Rusty bool }

// Bends says whether it bends.
func (l Link) Bends() bool { return l.Rusty && !l.Thick }
