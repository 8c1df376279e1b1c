package facts

import "testing"

// A reason phrase is read for what it is about: the question for the list, or something else in which the same words stand.
func TestNamesQuery(t *testing.T) {
	for reason, want := range map[string]bool{
		"Forbidden":                              false,
		"Wrong password, please contact support": false,
		"Please contact your administrator":      false,
		"Contact us":                             false,
		"Unsupported authentication":             false,
		"Contact required":                       true,
		"Contact header required":                true,
		"Contact Header Missing":                 true,
		"Missing Contact":                        true,
		"No Contact":                             true,
		"REGISTER without Contact":               true,
		"Binding query refused":                  true,
		"Fetching bindings is not supported":     true,
	} {
		if got := (Reply{Code: 403, Reason: reason}).NamesQuery(); got != want {
			t.Errorf("%q: %v", reason, got)
		}
	}
}

// A page is somebody else's when it sends the reader away, has a body, or asks for a login; an error is its own server's.
func TestPortalAltered(t *testing.T) {
	for ticket, c := range map[string]struct {
		portal Portal
		want   bool
	}{
		"as it is kept":                       {Portal{Status: 204}, false},
		"a login page in its place":           {Portal{Status: 200, Body: true}, true},
		"an empty page":                       {Portal{Status: 200}, false},
		"sent to a login page":                {Portal{Status: 302, Location: "http://login.example/"}, true},
		"sent away, with a text":              {Portal{Status: 302, Body: true, Location: "http://login.example/"}, true},
		"sent to the same page by HTTPS":      {Portal{Status: 301, Body: true}, false},
		"the network wants a login":           {Portal{Status: 511}, true},
		"its server has an error":             {Portal{Status: 503, Body: true}, false},
		"the page is gone":                    {Portal{Status: 404, Body: true}, false},
		"the page is created, and says where": {Portal{Status: 201, Location: "/new"}, false},
		"the page is gone, and says where to": {Portal{Status: 410, Location: "/new"}, false},
		"nothing but an interim answer came":  {Portal{Status: 103, Body: true}, false},
		"nothing came":                        {Portal{}, false},
	} {
		if got := c.portal.Altered(); got != c.want {
			t.Errorf("%s: %v", ticket, got)
		}
	}
}
