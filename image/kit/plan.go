package kit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"trunktester/appliance/profile"
)

// planned is one kit of a list, ready to be written, or what is wrong with its row.
type planned struct {
	line int
	kit  string
	file string // without its ending
	text []byte
	err  error
}

// plan puts the profiles of all kits together. It writes nothing; read gives the profiles that rows name.
func plan(list *List, common *profile.File, read func(name string) (*profile.File, error)) []planned {
	all := make([]planned, len(list.Rows))
	for i, row := range list.Rows {
		all[i] = planOne(list, row, common, read)
	}
	for _, check := range []struct {
		of   func(planned) string
		same string
	}{
		{func(p planned) string { return p.kit }, "kit.name is the same as in line %s: give each kit a name of its own"},
		{func(p planned) string { return p.file }, "kit.name makes the same file name as in line %s: give the kits names that differ in letters or digits"},
	} {
		lines := map[string][]string{}
		for _, p := range all {
			lines[check.of(p)] = append(lines[check.of(p)], strconv.Itoa(p.line))
		}
		for i := range all {
			p := &all[i]
			if others := without(lines[check.of(*p)], strconv.Itoa(p.line)); p.err == nil && len(others) > 0 {
				p.err = list.fault(p.line, "kit.name", check.same, strings.Join(others, " and line "))
			}
		}
	}
	return all
}

func without(all []string, one string) []string {
	var rest []string
	for _, s := range all {
		if s != one {
			rest = append(rest, s)
		}
	}
	return rest
}

func planOne(list *List, row Row, common *profile.File, read func(name string) (*profile.File, error)) planned {
	p := planned{line: row.Line}
	for _, c := range row.Cells { // so that a bad row has a name as well
		if name, ok := c.Value.(string); ok && c.Column == "kit.name" {
			p.kit, p.file = name, FileName(name)
		}
	}
	if len(row.Faults) > 0 {
		p.err = row.Faults
		return p
	}
	d := draft{}
	if common != nil {
		if p.err = d.addFile(common); p.err != nil {
			return p
		}
	}
	if row.Profile != "" {
		own, err := read(row.Profile)
		if err == nil {
			err = d.addFile(own)
		}
		if err != nil {
			p.err = Fault{list.Name, row.Line, profileColumn, err.Error()}
			return p
		}
	}
	d.addRow(list.Name, row)
	made, text, err := d.parse(fmt.Sprintf("%s line %d", list.Name, row.Line))
	if err != nil {
		p.err = err
		return p
	}
	p.kit, p.file, p.text = made.Kit.Name, FileName(made.Kit.Name), text
	if p.file == "" {
		p.err = list.fault(row.Line, "kit.name", "each kit needs a name with letters or digits: its file is called by it")
	}
	return p
}

// ReadProfile reads a profile without checking it. Windows hides the ending of trunk.toml.txt, so that name
// does as well. An error that a person can put right is an InputError or profile.Problems.
func ReadProfile(name string) (*profile.File, error) {
	f, err := OpenProfile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return profile.Read(f, filepath.Base(f.Name()))
}

// OpenProfile opens a profile, by its name or with the .txt that Windows hides.
func OpenProfile(name string) (*os.File, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) && !strings.HasSuffix(name, ".txt") {
		if hidden, also := os.Open(name + ".txt"); also == nil {
			return hidden, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, inputf("there is no file %s: write one from trunk.toml.example", name)
	}
	return f, err
}
