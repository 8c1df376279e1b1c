package report

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"trunktester/appliance/catalogue"
	"trunktester/probes/facts"
)

const schemaFile = "../../docs/report.schema.json"

type object = map[string]any

// TestSchemaIsTheTypes keeps docs/report.schema.json equal to what the Go types encode to.
func TestSchemaIsTheTypes(t *testing.T) {
	b, err := json.MarshalIndent(schema(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, schemaFile, append(b, '\n'))
}

func TestReportsFollowTheSchema(t *testing.T) {
	var full Report
	fill(reflect.ValueOf(&full).Elem(), "")
	finished := sample()
	for name, r := range map[string]Report{
		"empty": Build(Input{}), "sample": Build(finished), "full": full, "with nil lists": Build(withNilLists()),
	} {
		var v any
		if err := json.Unmarshal(encode(t, r), &v); err != nil {
			t.Fatal(err)
		}
		if err := compile(t).Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "full" {
			noNull(t, "report", v)
		}
	}
}

// The schema must be able to refuse: each of these is one breach.
func TestSchemaRefuses(t *testing.T) {
	for name, breach := range map[string]func(object){
		"missing key":      func(o object) { delete(o, "clock") },
		"unknown key":      func(o object) { o["password"] = "x" },
		"null list":        func(o object) { o["also"] = nil },
		"unknown outcome":  func(o object) { o["steps"].([]any)[0].(object)["outcome"] = "fine" },
		"four lights":      func(o object) { o["lights"] = o["lights"].([]any)[:4] },
		"duration as text": func(o object) { o["steps"].([]any)[0].(object)["took_ms"] = "4ms" },
		"other schema":     func(o object) { o["schema"] = "trunktester/report/2" },
		"empty address":    func(o object) { o["site"].(object)["public_ip"] = "" },
	} {
		var v object
		if err := json.Unmarshal(encode(t, Build(sample())), &v); err != nil {
			t.Fatal(err)
		}
		breach(v)
		if err := compile(t).Validate(v); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	f, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("report.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func schema() object {
	defs := object{}
	root := structSchema(reflect.TypeFor[Report](), defs)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = "urn:" + strings.ReplaceAll(Schema, "/", ":")
	root["title"] = "What one run of trunktester found"
	root["description"] = "Every key is always present. What is not known is null, an empty list is []. Times ending in _ms are milliseconds. No password, HA1, digest response, nonce or cnonce ever appears."
	p := root["properties"].(object)
	p["schema"] = object{"const": Schema}
	p["since_boot"] = object{"type": "number", "minimum": 0, "description": "seconds from power-on to started"}
	p["clock"] = enum("ntp", "sip", "http", "none")
	p["position"] = enum("", PositionRouter, PositionLAN, PositionPBX)
	p["alg"] = enum(facts.ALGProved, facts.ALGLikely, facts.ALGNotSeen, facts.ALGRuledOut, facts.ALGCouldNotTell)
	root["$defs"] = defs
	return root
}

func enum(values ...any) object { return object{"enum": values} }

func nullable(s object) object { return object{"anyOf": []any{object{"type": "null"}, s}} }

func typeSchema(t reflect.Type, defs object) object {
	text := func(format string) object { return object{"type": "string", "format": format} }
	switch t {
	case reflect.TypeFor[time.Time]():
		return nullable(text("date-time"))
	case reflect.TypeFor[netip.Addr]():
		return nullable(object{"anyOf": []any{text("ipv4"), text("ipv6")}})
	case reflect.TypeFor[netip.AddrPort](), reflect.TypeFor[netip.Prefix]():
		return object{"type": []any{"string", "null"}, "minLength": 1}
	case reflect.TypeFor[Text]():
		return object{"type": []any{"string", "null"}, "minLength": 1}
	case reflect.TypeFor[facts.Duration]():
		return object{"type": "number", "description": "milliseconds"}
	case reflect.TypeFor[facts.Outcome]():
		return enum(facts.NotRun, facts.Passed, facts.Failed, facts.Blocked, facts.Broken)
	case reflect.TypeFor[facts.Answer]():
		return enum(facts.Unasked, facts.Answered, facts.Refused, facts.Unreachable, facts.Silent, facts.CouldNotAsk)
	case reflect.TypeFor[catalogue.Severity]():
		return enum(catalogue.Green, catalogue.Amber, catalogue.Red, catalogue.Broken)
	case reflect.TypeFor[catalogue.LightState]():
		return enum(catalogue.LightGreen, catalogue.LightAmber, catalogue.LightRed, catalogue.LightUntested, catalogue.LightTesting)
	case reflect.TypeFor[catalogue.Actor]():
		return enum(catalogue.Client, catalogue.IT, catalogue.ISP, catalogue.PBX, catalogue.Reseller, catalogue.Provider, catalogue.Nobody)
	}
	switch t.Kind() {
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Pointer:
		return nullable(typeSchema(t.Elem(), defs))
	case reflect.Slice:
		return object{"type": "array", "items": typeSchema(t.Elem(), defs)}
	case reflect.Array:
		return object{"type": "array", "items": typeSchema(t.Elem(), defs), "minItems": t.Len(), "maxItems": t.Len()}
	case reflect.Struct:
		if defs[t.Name()] == nil {
			defs[t.Name()] = object{} // a type that holds itself ends here
			defs[t.Name()] = structSchema(t, defs)
		}
		ref := object{"$ref": "#/$defs/" + t.Name()}
		if t == reflect.TypeFor[catalogue.Finding]() {
			return nullable(ref)
		}
		return ref
	}
	panic("no schema for " + t.String())
}

func structSchema(t reflect.Type, defs object) object {
	properties, required := object{}, []any{}
	for _, field := range reflect.VisibleFields(t) {
		key := field.Tag.Get("json")
		if key == "-" || field.Anonymous {
			continue
		}
		properties[key] = typeSchema(field.Type, defs)
		required = append(required, key)
	}
	return object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// fill gives every field a value, so that nothing of the encoding is left untried.
func fill(v reflect.Value, key string) {
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = time.Date(2026, 3, 1, 0, 0, 0, 1, time.UTC)
	case *netip.Addr:
		*p = netip.MustParseAddr("2001:db8::1")
	case *netip.AddrPort:
		*p = netip.MustParseAddrPort("192.0.2.1:5060")
	case *netip.Prefix:
		*p = netip.MustParsePrefix("192.0.2.0/24")
	case *facts.Outcome:
		*p = facts.Passed
	case *facts.Answer:
		*p = facts.Answered
	case *catalogue.Severity:
		*p = catalogue.Red
	case *catalogue.LightState:
		*p = catalogue.LightRed
	case *catalogue.Actor:
		*p = catalogue.IT
	case *Position:
		*p = PositionPBX
	default:
		switch v.Kind() {
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Int, reflect.Int64:
			v.SetInt(1500)
		case reflect.Float64:
			v.SetFloat(1.5)
		case reflect.String:
			v.SetString(map[string]string{"schema": Schema, "clock": "ntp", "alg": facts.ALGLikely}[key])
			if v.Len() == 0 {
				v.SetString("text \x1b\xff")
			}
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), key)
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			fallthrough
		case reflect.Array:
			for i := range v.Len() {
				fill(v.Index(i), key)
			}
		case reflect.Struct:
			for i := range v.NumField() {
				fill(v.Field(i), v.Type().Field(i).Tag.Get("json"))
			}
		}
	}
}

// withNilLists has every pointer set and every list nil: the worst case for "[] and never null".
func withNilLists() Input {
	in := Input{}
	for i, v := 0, reflect.ValueOf(&in.Facts).Elem(); i < v.NumField(); i++ {
		v.Field(i).Set(reflect.New(v.Field(i).Type().Elem()))
	}
	in.Steps = []facts.Step{{Outcome: facts.NotRun}}
	in.Verdict = catalogue.Finding{Code: "ok", Severity: catalogue.Green}
	return in
}

func noNull(t *testing.T, at string, v any) {
	switch v := v.(type) {
	case nil:
		t.Errorf("%s is null in a full report", at)
	case object:
		for k, e := range v {
			noNull(t, at+"."+k, e)
		}
	case []any:
		if len(v) == 0 {
			t.Errorf("%s is empty in a full report", at)
		}
		for _, e := range v {
			noNull(t, at+"[]", e)
		}
	}
}
