package prints

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"trunktester/appliance/profile"
	"trunktester/image/paper"
)

func until() time.Time { return time.Date(2031, 12, 31, 0, 0, 0, 0, time.UTC) }

func plain() Label {
	return Label{Kit: "Kit 0042", Helpdesk: Helpdesk{"ST+", "0333 000 0000"}, Reseller: "Example Telecom Ltd", SupportUntil: until()}
}

func TestNoNameLeavesTheLabel(t *testing.T) {
	long := strings.Repeat("Telecommunications Partnership ", 5)
	for name, l := range map[string]Label{
		"plain":      plain(),
		"nothing":    {},
		"no kit":     {Helpdesk: Helpdesk{Phone: "0333 000 0000"}},
		"long words": {Kit: strings.Repeat("W", 70), Helpdesk: Helpdesk{strings.Repeat("M", 70), strings.Repeat("0", 35)}, Reseller: strings.Repeat("W", 70), SupportUntil: until()},
		"long names": {Kit: long, Helpdesk: Helpdesk{long, "+44 (0) 333 000 0000, extension 12345"}, Reseller: long, SupportUntil: until()},
		"umlauts":    {Kit: "Küche Nº 7 – «Œuvre»", Helpdesk: Helpdesk{"Ærø", "0333"}, Reseller: "Señor Ñandú €", SupportUntil: until()},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := l.Draw()
			if err != nil {
				t.Fatal(err)
			}
			checkLayout(t, d, labelMargin-1)
			for _, m := range d.Marks {
				code, isCode := m.(paper.QR)
				for _, other := range d.Marks {
					if text, ok := other.(paper.Text); ok && isCode && text.Bounds().Overlaps(code.Bounds()) {
						t.Errorf("%q lies on the QR code", text.Words)
					}
				}
			}
		})
	}
}

func TestALabelSaysWhoWhereAndUntilWhen(t *testing.T) {
	d, err := plain().Draw()
	if err != nil {
		t.Fatal(err)
	}
	words := spoken(d)
	for _, want := range []string{"Kit 0042", "trunktester for ST+", "Helpdesk: 0333 000 0000", "Example Telecom Ltd", "31 December 2031",
		"http://trunktester-kit-0042.local/", "look for trunktester-kit-0042 in the router's list of devices", "SIP PATH", Ask} {
		if !strings.Contains(words, want) {
			t.Errorf("the label does not say %q:\n%s", want, words)
		}
	}
}

// A QR code of a page that is switched off would be a false promise.
func TestABoxWithoutAPageHasNoAddressOnItsLabel(t *testing.T) {
	d, err := LabelOf(profile.Profile{Kit: profile.Kit{Name: "Kit 0042"}}).Draw()
	if err != nil {
		t.Fatal(err)
	}
	checkLayout(t, d, labelMargin-1)
	for _, m := range d.Marks {
		if _, ok := m.(paper.QR); ok {
			t.Error("there is a QR code")
		}
	}
	if words := spoken(d); strings.Contains(words, "http://") || !strings.Contains(words, "It has no page") {
		t.Errorf("the label says %q", words)
	}
}

// Half a telephone number is worse than none.
func TestATelephoneNumberIsNeverCut(t *testing.T) {
	l := plain()
	l.Helpdesk.Phone = strings.Repeat("0333 ", 40)
	if _, err := l.Draw(); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("the label says %v", err)
	}
	if _, _, err := Card(l.Helpdesk); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("the card says %v", err)
	}
}

// A kit name that the fonts cannot write must not be printed with a hole in it.
func TestACharacterThatCannotBePrintedIsNamed(t *testing.T) {
	l := plain()
	l.Kit = "Łódź 3"
	_, err := l.Draw()
	if err == nil || !strings.Contains(err.Error(), "'Ł' (U+0141)") || !strings.Contains(err.Error(), "Łódź 3") {
		t.Errorf("got %v", err)
	}
}

// The decomposed letters of macOS are the same letters.
func TestDecomposedLettersAreComposed(t *testing.T) {
	l := plain()
	l.Kit = "Ku\u0308che"
	d, err := l.Draw()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(spoken(d), "Küche") {
		t.Errorf("not composed: %s", spoken(d))
	}
}

func TestNothingOfTheAccountIsOnALabel(t *testing.T) {
	p := profile.Profile{Trunk: profile.Trunk{Domain: "sip.secret.example", Username: "441632960999", AuthUser: "auth-77", Password: "hunter2-pass", Realm: "realm-x"},
		Kit: profile.Kit{Name: "Kit 0042", Reseller: "Example Telecom Ltd", SupportUntil: until()}, Provider: profile.Provider{Name: "ST+", Phone: "0333"}, Page: profile.Page{Listen: true}}
	d, err := LabelOf(p).Draw()
	if err != nil {
		t.Fatal(err)
	}
	pdf, err := paper.PDF("labels", d)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(pdf, []byte("Kit 0042")) {
		t.Fatal("the PDF cannot be searched")
	}
	for _, never := range []string{"hunter2", "441632960999", "auth-77", "realm-x", "secret.example", "[secret]"} {
		if bytes.Contains(pdf, []byte(never)) {
			t.Errorf("the label says %q", never)
		}
	}
}

func TestTwelveLabelsFromTheThirdPlaceNeedTwoSheets(t *testing.T) {
	d, err := plain().Draw()
	if err != nil {
		t.Fatal(err)
	}
	labels := make([]paper.Drawing, 12)
	for i := range labels {
		labels[i] = d
	}
	sheets, err := Sheets(labels, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(sheets) != 2 || len(sheets[0].Marks) != 6*len(d.Marks) || len(sheets[1].Marks) != 6*len(d.Marks) {
		t.Fatalf("%d sheets", len(sheets))
	}
	for _, s := range sheets {
		checkLayout(t, s, 5)
	}
	top := sheets[0].Marks[0].Bounds().Top // the first label stands in the second row
	if top < 13.1+labelHeight || top > 13.1+labelHeight+labelMargin {
		t.Errorf("the first mark is at %v mm", top)
	}
	if _, err := Sheets(labels, 9); err == nil {
		t.Error("a ninth place is taken")
	}
}
