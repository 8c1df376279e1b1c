package page

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"trunktester/appliance/report"
)

// stored is the box after a run of the lab, whose report testdata keeps: "healthy" or "sip-alg".
func stored(t *testing.T, name string) State {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.Decode(body(t, z))
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Steps {
		r.Steps[i].Done = true
	}
	st := algState()
	st.Row, st.Report, st.Places, st.Position = r.Row(), r, nil, r.Position
	st.PBX.Can = true
	st.At = []string{"http://trunktester-lab.local/", "http://trunktester.local/", "http://192.168.50.100/"}
	return st
}
