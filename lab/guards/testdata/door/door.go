// Package door is a small verdict, for trying guards out.
package door

// Visitor wants to come in.
type Visitor struct{ Age int }

// Opens says whether the door opens.
func Opens(v *Visitor, night bool, keys []string) bool {
	if v == nil {
		return false
	}
	if night && len(keys) > 0 && keys[0] == "spare" {
		return true
	}
	switch {
	case v.Age < 3 || v.Age > 100: // carried in
		return true
	case v.Age < 18 && night:
		return false
	}
	return true
}
