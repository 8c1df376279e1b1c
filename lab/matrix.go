package lab

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"trunktester/appliance/catalogue"
)

// Cell is one fault in a world that differs from the usual one in one way: a persona of router, transport, names or
// provider. Where the fault cannot be a fault there, it says why.
type Cell struct {
	World
	Fault, Persona string // their short names
	Row            string // the code that the fault has in the usual world
	Why            string // in one word why there is no such world; "" where there is one
}

// cellName starts the name of a cell's world: cell-dns-silent-tls.
const cellName = "cell-"

// Persona is a column of the matrix.
type Persona struct{ Name, Words string }

// Personas are the columns, the usual world first.
func Personas() []Persona {
	var all []Persona
	for _, p := range personas() {
		all = append(all, Persona{p.name, p.words})
	}
	return all
}

// Fault is a row of the matrix.
type Fault struct{ Name, Code, Words string }

// Faults are the rows, in the order of their codes; the first is that nothing is wrong.
func Faults() []Fault {
	var all []Fault
	for _, f := range matrixFaults() {
		all = append(all, Fault{f.name, f.code, f.words})
	}
	return all
}

// Matrix is every fault with every persona: row by row, and column by column.
func Matrix() []Cell {
	var all []Cell
	for _, f := range matrixFaults() {
		for _, p := range personas() {
			all = append(all, cell(f, p))
		}
	}
	return all
}

// personas are all ways in which one thing differs from the usual world, and the usual world itself.
func personas() []variation {
	all := []variation{{name: "plain", words: "plain NAT, UDP, one server with an SRV record, a wrong password is answered 401"}}
	for _, kinds := range [][]variation{routerKinds(), transports(), nameShapes(), providerHabits()} {
		all = append(all, slices.DeleteFunc(kinds, func(v variation) bool { return v.apply == nil })...)
	}
	return append(all, variation{hides, "the provider lists no bindings, and nobody knows whether it ever does", hidesBindings})
}

// hides is the one persona that is a weakness by itself: 5-5.
const hides = "hides"

// matrixFaults are the drawn ones, after none.
func matrixFaults() []drawnFault {
	none := drawnFault{name: "nothing", code: "ok", severity: catalogue.Green, lights: "ggggg", words: "nothing is wrong", apply: func(*sketch) {}}
	all := append([]drawnFault{none}, drawnFaults()...)
	slices.SortStableFunc(all[1:], func(a, b drawnFault) int { return strings.Compare(a.code, b.code) })
	return all
}

func nameOf(f drawnFault, p variation) string { return cellName + f.name + "-" + p.name }

func cell(f drawnFault, p variation) Cell {
	s := plain(nameOf(f, p))
	s.vary(p)
	c := Cell{Fault: f.name, Persona: p.name, Row: f.code, Why: first(f.whyNot(s), f.nothingNew(p.name))}
	f.apply(&s)
	s.words = append(s.words, f.words)
	if p.name == hides && slices.Contains(s.settings, addressTrunk("")[0]) {
		c.Why = "unlisted"
	}
	w := f.expected().in(p.name)
	if f.onLine && s.Home.Carrier {
		w.acts = []catalogue.Actor{catalogue.ISP}
	}
	s.Code, s.Severity, s.Lights, s.Acts, s.Also, s.OrGreen = w.code, w.severity, w.lights, w.acts, w.also, f.orGreen
	c.World = s.drawn()
	return c
}

// nothingNew: with bindings hidden, a fault of the list itself is the same world once more, and what chance decides
// cannot be told from it.
func (f drawnFault) nothingNew(persona string) string {
	switch {
	case persona == hides && f.code == "5-5":
		return "same"
	case persona == hides && f.orGreen:
		return "chance"
	}
	return ""
}

// expected is what the box must say in a cell.
type expected struct {
	code     string
	severity catalogue.Severity
	lights   string
	acts     []catalogue.Actor
	also     []string
}

// expected is what it must say in the usual world.
func (f drawnFault) expected() expected {
	acts := f.acts
	if acts == nil {
		acts = contract(f.code)
	}
	if f.told {
		return expected{"ok", catalogue.Green, f.lights, contract("ok"), []string{f.code}}
	}
	return expected{f.code, f.severity, f.lights, acts, nil}
}

// in is what becomes of that with a persona. A list that is hidden is a weakness of light 5: the verdict where nothing
// else is wrong, told beside other weaknesses, unseen behind what is broken.
func (e expected) in(persona string) expected {
	switch {
	case persona != hides:
	case e.code == "ok" || e.code[0] == '5':
		return expected{"5-5", catalogue.Amber, "gggga", contract("5-5"), nil}
	case e.severity == catalogue.Amber:
		e.also = []string{"5-5"}
		e.lights = e.lights[:4] + strings.ReplaceAll(e.lights[4:], "g", "a")
	}
	return e
}

// findCell gives the world of a cell by its name.
func findCell(name string) (World, bool) {
	if !strings.HasPrefix(name, cellName) {
		return World{}, false
	}
	for _, f := range matrixFaults() {
		for _, p := range personas() {
			if name == nameOf(f, p) {
				c := cell(f, p)
				return c.World, c.Why == ""
			}
		}
	}
	return World{}, false
}

// Sample is so many cells of different codes, chosen by a number: the next number goes on with the next codes, and
// comes to other cells of the same codes later. Cells that take minutes are left out.
func Sample(number uint64, cells int) []Cell {
	byCode := map[string][]Cell{}
	for _, c := range Matrix() {
		if c.Why == "" && !c.Full {
			byCode[c.Row] = append(byCode[c.Row], c)
		}
	}
	codes := slices.Sorted(maps.Keys(byCode))
	chance := rand.New(rand.NewPCG(number, 0))
	var some []Cell
	start := number % uint64(len(codes)) * uint64(cells)
	for i := range uint64(min(cells, len(codes))) {
		of := byCode[codes[(start+i)%uint64(len(codes))]]
		some = append(some, of[chance.IntN(len(of))])
	}
	return some
}
