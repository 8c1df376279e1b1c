package worlds

import (
	"testing"

	"trunktester/lab"
	"trunktester/lab/visit"
)

// pbxCheck runs a world in which the PBX is pointed at the box: nothing reaches the provider.
func pbxCheck(t *testing.T, trunklab string, w lab.World) {
	t.Helper()
	got := visit.Run(t, trunklab, t.TempDir(), w)
	if w.Code == "ok" { // a PBX check alone lights LINE and PBX
		if v := got.Report.Verdict; v.Code != "ok" || got.Exit != 0 {
			t.Errorf("verdict %s, exit status %d: %s", v.Code, got.Exit, v.Text)
		}
	} else {
		visit.Judge(t, w, got)
	}
	if got.FarEnd.Provider.Requests > 0 {
		t.Errorf("%d requests reached the provider", got.FarEnd.Provider.Requests)
	}
}
