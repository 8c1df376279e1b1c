package kit

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"trunktester/appliance/profile"
)

// List is a table of kits: a header with keys of trunk.toml in dotted form, and one kit in each line below it.
type List struct {
	Name  string // what faults call it
	Comma rune   // between its cells
	Rows  []Row
}

// Row is one kit.
type Row struct {
	Line    int    // in the file, from 1
	Profile string // the file to begin with, or ""
	Cells   []Cell // those that are not empty, but Profile
	Faults  Faults
}

// Cell is a value that a row sets.
type Cell struct {
	Column string // as in the header: "trunk.username"
	Value  any    // string, int64, bool or []any, as the TOML package has them
}

// Fault is what is wrong with a list. It quotes no cell, since a password may stand in the wrong one.
type Fault struct {
	File   string
	Line   int    // 0: the whole file
	Column string // "": the whole line
	Text   string // with the remedy
}

func (f Fault) Error() string {
	place := f.File
	if f.Line > 0 {
		place += fmt.Sprintf(" line %d", f.Line)
	}
	if f.Column != "" {
		place += ", column " + f.Column
	}
	return place + ": " + f.Text
}

// Faults are all that is wrong with one row.
type Faults []error

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

const (
	profileColumn = "profile"
	mostList      = 16 << 20 // bytes of a list
)

// ReadList reads a list; name is what faults call it. It takes what Excel writes: a byte order mark, UTF-16,
// semicolons or tabs, CRLF, quotes, lines without their last cells, empty lines. What is wrong with one row
// stands in that row; an error is one of the whole list, a Fault unless r itself fails.
func ReadList(r io.Reader, name string) (*List, error) {
	b, err := io.ReadAll(io.LimitReader(r, mostList+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	l := &List{Name: name}
	if b, err = plain(b); err != nil {
		return nil, l.fault(0, "", "%v", err)
	}
	if line := badLine(b); line > 0 {
		return nil, l.fault(line, "", "there is a character that is not UTF-8: save the list again, in Excel as \"CSV UTF-8\"")
	}
	first, rest, _ := bytes.Cut(b, []byte("\n"))
	skipped := 0
	if sep := strings.ToLower(strings.TrimSpace(string(first))); len(sep) == 5 && strings.HasPrefix(sep, "sep=") { // for Excel alone
		b, skipped = rest, 1
	}
	l.Comma = comma(b)
	table := csv.NewReader(bytes.NewReader(b))
	table.Comma, table.FieldsPerRecord, table.ReuseRecord = l.Comma, -1, true
	header, err := table.Read()
	if err != nil {
		return nil, l.fault(1+skipped, "", "there is no header: write the names of the columns into the first line, such as kit.name%[1]ctrunk.username%[1]ctrunk.password", l.Comma)
	}
	header = slices.Clone(header)
	if err := l.checkHeader(header, 1+skipped); err != nil {
		return nil, err
	}
	for {
		cells, err := table.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if bad := (*csv.ParseError)(nil); errors.As(err, &bad) {
			line := bad.StartLine + skipped
			l.Rows = append(l.Rows, Row{Line: line, Faults: Faults{l.fault(line, "", "%s", quotes(bad))}})
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		line, _ := table.FieldPos(0)
		if row, ok := l.row(line+skipped, header, cells); ok {
			l.Rows = append(l.Rows, row)
		}
	}
	if len(l.Rows) == 0 {
		return nil, l.fault(0, "", "there are no kits in the list: write one into each line below the header")
	}
	return l, nil
}

func (l *List) fault(line int, column, format string, args ...any) Fault {
	return Fault{l.Name, line, column, fmt.Sprintf(format, args...)}
}

// plain turns what Windows writes into UTF-8 with bare line feeds.
func plain(b []byte) ([]byte, error) {
	if len(b) > mostList {
		return nil, errors.New("the file is larger than 16 MiB, so it is no list of kits: save the table as CSV")
	}
	if bytes.HasPrefix(b, []byte("PK\x03\x04")) || bytes.HasPrefix(b, []byte{0xd0, 0xcf, 0x11, 0xe0}) {
		return nil, errors.New("this is a workbook, not a list: save it in Excel as \"CSV UTF-8\"")
	}
	b, err := profile.Decoded(b)
	if err != nil {
		return nil, err
	}
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(b, []byte("\r"), []byte("\n")), nil
}

// badLine is the first line that is not UTF-8 or has a zero byte, or 0.
func badLine(b []byte) int {
	n := 0
	for line := range bytes.Lines(b) {
		if n++; !utf8.Valid(line) || bytes.IndexByte(line, 0) >= 0 {
			return n
		}
	}
	return 0
}

// comma is what stands between the cells of the header: Excel writes a semicolon where a comma is in numbers.
func comma(b []byte) rune {
	header, _, _ := bytes.Cut(b, []byte("\n"))
	best, most := ',', 0
	for _, r := range []rune{',', ';', '\t'} {
		if n := strings.Count(string(header), string(r)); n > most {
			best, most = r, n
		}
	}
	return best
}

// quotes words what the reader says about quotes, without the cell.
func quotes(err *csv.ParseError) string {
	if errors.Is(err.Err, csv.ErrBareQuote) {
		return "a quote stands in the middle of a cell: put the whole cell in quotes and write the quote twice"
	}
	return "a quote is not closed, or something stands behind the closing one: a cell in quotes ends with a quote, and a quote inside it is written twice"
}

// checkHeader makes the names of the columns plain, and refuses those that mean nothing.
func (l *List) checkHeader(header []string, line int) error {
	keys, seen := profile.Keys(), map[string]bool{}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		header[i] = name
		switch {
		case name == "" || strings.HasPrefix(name, "#"): // a remark, or what Excel leaves behind the table
			continue
		case seen[name]:
			return l.fault(line, "", "the column %q stands twice: keep one of them", name)
		case name != profileColumn && keys[name] == 0:
			return l.fault(line, "", "%s", unknownColumn(name, keys))
		}
		seen[name] = true
	}
	if !seen["kit.name"] && !seen[profileColumn] {
		return l.fault(line, "", "there is no column kit.name: each kit needs a name, which its file is called by")
	}
	return nil
}

// unknownColumn names the column only where it looks like a name: a list without a header has a kit there.
func unknownColumn(name string, keys map[string]profile.Kind) string {
	var near []string
	for key := range keys {
		if last := key[strings.LastIndex(key, ".")+1:]; last == name[strings.LastIndex(name, ".")+1:] {
			near = append(near, key)
		}
	}
	slices.Sort(near)
	if len(near) > 0 {
		return fmt.Sprintf("unknown column %q: write %s", name, strings.Join(near, " or "))
	}
	return "a column is not known: the first line has the keys of trunk.toml with their tables, such as trunk.username; put # before the name of a column with remarks"
}

// row turns cells into values; ok is false for an empty line.
func (l *List) row(line int, header, cells []string) (row Row, ok bool) {
	row.Line = line
	for i, text := range cells {
		if strings.TrimSpace(text) == "" {
			continue
		}
		ok = true
		switch {
		case i >= len(header) || header[i] == "":
			row.Faults = append(row.Faults, l.fault(line, "", "there is a cell without a column: a value with a %q in it goes in quotes", l.Comma))
			return row, true
		case strings.HasPrefix(header[i], "#"):
		case header[i] == profileColumn:
			row.Profile = strings.TrimSpace(text)
		default:
			value, fault := cellValue(header[i], text)
			if fault != "" {
				row.Faults = append(row.Faults, l.fault(line, header[i], "%s", fault))
				continue
			}
			row.Cells = append(row.Cells, Cell{header[i], value})
		}
	}
	return row, ok
}
