package profile

import "reflect"

// Kind is what a key of trunk.toml holds.
type Kind int

// The kinds. A list is one of texts.
const (
	Text Kind = iota + 1
	Number
	Switch
	List
)

// Keys are all keys of trunk.toml in dotted form ("trunk.port", "leds.light1.red"), and what each holds.
func Keys() map[string]Kind {
	all := map[string]Kind{}
	addKeys(all, "", reflect.ValueOf(raw{}))
	return all
}

func addKeys(all map[string]Kind, prefix string, table reflect.Value) {
	for name, field := range fields(table) {
		t := field.Type()
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch t.Kind() {
		case reflect.Struct:
			addKeys(all, prefix+name+".", field)
		case reflect.String:
			all[prefix+name] = Text
		case reflect.Int64:
			all[prefix+name] = Number
		case reflect.Bool:
			all[prefix+name] = Switch
		case reflect.Slice:
			all[prefix+name] = List
		}
	}
}
