package kit

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"strconv"
	"strings"
)

// ResultName is the table that a batch leaves beside its cards.
const ResultName = "kits-result.csv"

// WriteResults writes that table: line, kit, file, sha256, result. It holds no secrets, and the file is there
// as a whole or not at all.
func WriteResults(name string, comma rune, results []Result) error {
	var b bytes.Buffer
	table := csv.NewWriter(&b)
	table.Comma, table.UseCRLF = comma, true // RFC 4180, section 2
	rows := [][]string{{"line", "kit", "file", "sha256", "result"}}
	for _, r := range results {
		rows = append(rows, []string{strconv.Itoa(r.Line), harmless(r.Kit), r.File, r.Sum, r.sentence()})
	}
	if err := table.WriteAll(rows); err != nil {
		return err
	}
	part := name + ".part"
	f, err := os.Create(part)
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return errors.Join(err, gone(part))
	}
	return nil
}

func (r Result) sentence() string {
	if r.Err == nil {
		return string(r.Outcome)
	}
	return string(r.Outcome) + ": " + strings.ReplaceAll(r.Err.Error(), "\n", "; ")
}

// harmless keeps a spreadsheet from taking a name for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}
