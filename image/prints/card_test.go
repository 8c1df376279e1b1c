package prints

import (
	"strings"
	"testing"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/image/paper"
)

const cardTitle = "trunktester: the light card"

// docs/light-card.svg and .pdf are the card as the catalogue has it.
func TestLightCardInDocs(t *testing.T) {
	front, back, err := Card(Helpdesk{})
	if err != nil {
		t.Fatal(err)
	}
	both := paper.Drawing{Width: cardWidth, Height: 2 * cardHeight}
	both.Place(0, 0, front)
	both.Place(0, cardHeight, back)
	both.Add(paper.Line{Points: []paper.Point{{X: 0, Y: cardHeight}, {X: cardWidth, Y: cardHeight}}, Colour: faint, Pen: 0.3, Dash: []float64{2, 2}})
	golden(t, "../../docs/light-card.svg", paper.SVG(both, cardTitle))
	pdf, err := paper.PDF(cardTitle, front, back)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "../../docs/light-card.pdf", pdf)
}

func TestTheCardFitsThePaper(t *testing.T) {
	for name, h := range map[string]Helpdesk{
		"no helpdesk": {},
		"a helpdesk":  {"ST+", "0333 000 0000"},
		"a long one":  {strings.Repeat("Telecommunications Partnership ", 4), "+44 (0) 333 000 0000 ext. 12345"},
		"one word":    {strings.Repeat("W", 80), ""},
	} {
		t.Run(name, func(t *testing.T) {
			front, back, err := Card(h)
			if err != nil {
				t.Fatal(err)
			}
			checkLayout(t, front, cardMargin-0.5)
			checkLayout(t, back, cardMargin-0.5)
		})
	}
}

func TestEveryCodeIsOnTheCardWithItsWholeTitle(t *testing.T) {
	front, back, err := Card(Helpdesk{})
	if err != nil {
		t.Fatal(err)
	}
	said := spoken(front)
	for _, want := range []string{Ask, catalogue.WholeWriting.Meaning(words.InEnglish()), "Everything works."} {
		if !strings.Contains(said, want) {
			t.Errorf("the card does not say %q", want)
		}
	}
	said = spoken(back)
	for _, c := range catalogue.All() {
		if c.Light > 0 && !strings.Contains(said, c.Code+" "+c.Title) {
			t.Errorf("the card does not say %s %s", c.Code, c.Title)
		}
	}
}

// spoken are all texts of a drawing in their order.
func spoken(d paper.Drawing) string {
	var words []string
	for _, m := range d.Marks {
		if text, ok := m.(paper.Text); ok {
			words = append(words, text.Words)
		}
	}
	return strings.Join(words, " ")
}
