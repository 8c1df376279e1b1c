package importer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/report"
)

// mostAlike bounds the search for a free name.
const mostAlike = 99

// WriteReport puts a report on the stick as text, HTML and JSON, under a name that sorts by kit and time,
// unless it is there already. It never overwrites another one, and returns the name without its ending, ""
// when nothing was written. Nobody knows who will read it: it is English. pages are the addresses of the box's own page, if known. The volume must be writable.
func WriteReport(root *os.Root, r report.Report, pages ...string) (name string, err error) {
	encoded, err := r.JSON()
	if err != nil {
		return "", err
	}
	var page bytes.Buffer
	if err := r.HTML(&page, words.InEnglish(), pages...); err != nil {
		return "", err
	}
	name, err = freeName(root, r.FileName(), encoded)
	if name == "" || err != nil {
		return "", err
	}
	text := strings.ReplaceAll(r.TextReport(words.InEnglish(), pages...), "\n", "\r\n") // for Windows
	for _, file := range []struct {
		ending string
		data   []byte
	}{{".txt", []byte(text)}, {".html", page.Bytes()}, {".json", encoded}} { // JSON last: it says that all are there
		if err := WriteFile(root, name+file.ending, file.data); err != nil {
			for _, ending := range []string{".txt", ".html"} { // of this name we wrote them ourselves
				root.Remove(name + ending)
			}
			return "", fmt.Errorf("the report %s: %w", name, err)
		}
	}
	return name, nil
}

// Wanted is how many bytes WriteReport would write, at most; 0 when the report is on the volume already.
func Wanted(root *os.Root, r report.Report) (int, error) {
	encoded, err := r.JSON()
	if err != nil {
		return 0, err
	}
	if name, err := freeName(root, r.FileName(), encoded); name == "" || err != nil {
		return 0, err
	}
	return 3 * len(encoded), nil // text and HTML say the same in fewer bytes
}

// freeName is base, or base with a number, that no file has; "" when the report stands under one of them.
// A name whose JSON is missing was cut off, and is not written again.
func freeName(root *os.Root, base string, encoded []byte) (string, error) {
	for n := 1; n <= mostAlike; n++ {
		name := base
		if n > 1 {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		taken := false
		for _, ending := range []string{".txt", ".html", ".json"} {
			info, err := root.Lstat(name + ending)
			switch {
			case errors.Is(err, os.ErrNotExist):
				continue
			case err != nil:
				return "", err
			}
			taken = true
			if ending == ".json" && info.Size() == int64(len(encoded)) && info.Mode().IsRegular() {
				if there, err := root.ReadFile(name + ending); err == nil && bytes.Equal(there, encoded) {
					return "", nil
				}
			}
		}
		if !taken {
			return name, nil
		}
	}
	return "", fmt.Errorf("there are %d reports called %s on the stick: move them to a computer", mostAlike, base)
}
