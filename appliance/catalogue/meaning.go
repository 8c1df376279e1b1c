package catalogue

// Meaning says in a few words what a light means that shows this: the card's words, for a client.
func (l Light) Meaning() string {
	switch {
	case l.State == LightGreen:
		return "Tested, fine."
	case l.State == LightTesting:
		return "Being tested now. Wait."
	case l.State == LightRed && l.Counting:
		return "Does not work. Count the flashes: they are the code."
	case l.State == LightAmber && l.Counting:
		return "Works, but has a weakness. Count the flashes: they are the code."
	case l.State == LightRed || l.State == LightAmber:
		return "Something else was noticed here as well. The box's page tells."
	}
	return "Not tested: something before it is broken, or no trunk is set up."
}

// Meaning says what a pattern of the whole row means, and what to do: the card's words, for a client. It is ""
// for no pattern.
func (w Whole) Meaning() string {
	switch w {
	case WholeStarting:
		return "The box is starting. Wait a minute."
	case WholeLampTest:
		return "Lamp test: every light works."
	case WholeDone:
		return "Done: a file was read, or the box was updated or emptied."
	case WholeRefused:
		return "Refused: the file is wrong. The page and trunk-ERROR.txt say why."
	case WholeWriting:
		return "Writing. Do not unplug the box or the stick."
	case WholeBoxFault:
		return "The box itself has a fault, never the line. Tell the helpdesk."
	}
	return ""
}
