package report

import (
	"reflect"
	"strings"
)

// shortestMasked is the length from which a username is masked inside other texts: replacing "100"
// everywhere would spoil the numbers of the report and hide nothing.
const shortestMasked = 6

// Mask hides the middle of a username: "441632960000" becomes "4416...0000". At most the outer two
// thirds of it stay, so that a short one is hidden as well.
func Mask(username string) string {
	if username == "" {
		return ""
	}
	r := []rune(username)
	keep := min(4, len(r)/3)
	return string(r[:keep]) + "..." + string(r[len(r)-keep:])
}

// masked is a deep copy of the report in which every username is masked, inside longer texts too. The
// password is not looked for here: blanking a word in plain sentences would tell what it is. It never
// comes this far, and the tests search every artefact for it.
func masked(r Report, usernames ...string) Report {
	var pairs []string
	for _, u := range usernames {
		if len(u) >= shortestMasked {
			pairs = append(pairs, u, Mask(u))
		}
	}
	r.Profile.Username = Text(Mask(string(r.Profile.Username)))
	replace := strings.NewReplacer(pairs...).Replace
	return mapStrings(reflect.ValueOf(r), replace).Interface().(Report)
}

// mapStrings is a deep copy of v with every string passed through f. Types with unexported fields
// (times, addresses) are values and are copied as they are; nil stays nil.
func mapStrings(v reflect.Value, f func(string) string) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(f(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(mapStrings(v.Elem(), f))
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		}
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			out.Index(i).Set(mapStrings(v.Index(i), f))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(mapStrings(v.Field(i), f))
			}
		}
	}
	return out
}
