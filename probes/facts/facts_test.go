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
