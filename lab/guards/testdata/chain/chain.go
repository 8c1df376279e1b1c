// Package chain is a small judge beside a file that is none, for trying guards out.
package chain

// Hold counts the links that hold: those that are thick, or short and not rusty.
func Hold(links []Link) (n int) {
	for _, l := range links {
		if l.Thick || l.Short && !l.Rusty {
			n++
		}
	}
	return n
}
