package page

import (
	"net/http"

	"trunktester/appliance/catalogue/words"
)

// chosenName is the name of the query's key and of the cookie that hold a person's choice.
const chosenName = "lang"

// language is the one that a person chose on the page, else what the browser prefers.
func language(r *http.Request) *words.Language {
	if l, ok := words.Find(r.URL.Query().Get(chosenName)); ok {
		return l
	}
	if c, err := r.Cookie(chosenName); err == nil {
		if l, ok := words.Find(c.Value); ok {
			return l
		}
	}
	return words.Prefer(r.Header.Get("Accept-Language"))
}

// remember keeps a choice that was just made, until the browser is closed: forms lead back to the page without it.
func remember(w http.ResponseWriter, r *http.Request) {
	if l, ok := words.Find(r.URL.Query().Get(chosenName)); ok {
		http.SetCookie(w, &http.Cookie{Name: chosenName, Value: l.Tag, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	}
}

// choice is one language of the switch.
type choice struct {
	Tag, Name string
	Now       bool
}

func choices(now *words.Language) []choice {
	var all []choice
	for _, l := range words.All() {
		all = append(all, choice{l.Tag, l.Name, l == now})
	}
	return all
}
