package words

import "testing"

func TestPrefer(t *testing.T) {
	for accepted, want := range map[string]string{
		"":                              "en",
		"*":                             "en",
		"en-GB,en;q=0.9":                "en",
		"de-AT,de;q=0.9,en;q=0.8":       "de",
		"en;q=0.5, DE":                  "de",
		"fr, en;q=0.4, de;q=0.3":        "en",
		"fr-CH, fr;q=0.9":               "en",
		"tlh;q=1, en;q=0.1":             "en",
		"EN":                            "en",
		"en;q=0":                        "en",
		"en;q=2, en;q=x, en;level=1, ;": "en",
	} {
		if got := Prefer(accepted).Tag; got != want {
			t.Errorf("%q: %s, want %s", accepted, got, want)
		}
	}
}

func FuzzPrefer(f *testing.F) {
	f.Add("de-AT,de;q=0.9,en;q=0.8,*;q=0.5")
	f.Fuzz(func(t *testing.T, accepted string) {
		l := Prefer(accepted)
		if again, ok := Find(l.Tag); !ok || again != l {
			t.Errorf("%q gives %q, which is none of ours", accepted, l.Tag)
		}
	})
}
