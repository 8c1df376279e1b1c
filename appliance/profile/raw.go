package profile

import "github.com/BurntSushi/toml"

// raw is trunk.toml as it was written: every key, with no opinion about its value.
type raw struct {
	Trunk    rawTrunk    `toml:"trunk"`
	Expect   rawExpect   `toml:"expect"`
	Provider rawProvider `toml:"provider"`
	PBX      rawPBX      `toml:"pbx"`
	Line     rawLine     `toml:"line"`
	Network  rawNetwork  `toml:"network"`
	Internet rawInternet `toml:"internet"`
	Page     rawPage     `toml:"page"`
	Kit      rawKit      `toml:"kit"`
	LEDs     rawLEDs     `toml:"leds"`
}

type rawTrunk struct {
	Domain          field[string] `toml:"domain"`
	Proxy           field[string] `toml:"proxy"`
	Port            field[int64]  `toml:"port"`
	Transport       field[string] `toml:"transport"`
	Auth            field[string] `toml:"auth"`
	Username        field[string] `toml:"username"`
	AuthUser        field[string] `toml:"auth_user"`
	Password        field[string] `toml:"password"`
	PasswordFile    field[string] `toml:"password_file"`
	Realm           field[string] `toml:"realm"`
	TLSCA           field[string] `toml:"tls_ca"`
	CheckIP         field[string] `toml:"check_ip"`
	SettingsChanged field[bool]   `toml:"settings_changed"`
}

type rawExpect struct {
	Port field[int64]  `toml:"port"`
	NAT  field[string] `toml:"nat"`
	RTP  field[string] `toml:"rtp"`
}

type rawProvider struct {
	Name          field[string] `toml:"name"`
	Phone         field[string] `toml:"phone"`
	Portal        field[string] `toml:"portal"`
	Networks      field[[]any]  `toml:"networks"`
	ShowsBindings field[bool]   `toml:"shows_bindings"`
	STUN          field[[]any]  `toml:"stun"`
	Reflector     field[string] `toml:"reflector"`
}

type rawPBX struct {
	Location    field[string] `toml:"location"`
	Address     field[string] `toml:"address"`
	MaxBindings field[int64]  `toml:"max_bindings"`
}

type rawLine struct {
	Kind field[string] `toml:"kind"`
	Edge field[string] `toml:"edge"`
}

type rawNetwork struct {
	Mode      field[string] `toml:"mode"`
	Address   field[string] `toml:"address"`
	Gateway   field[string] `toml:"gateway"`
	DNS       field[[]any]  `toml:"dns"`
	VLAN      field[int64]  `toml:"vlan"`
	Interface field[string] `toml:"interface"`
}

type rawInternet struct {
	Targets     field[[]any]  `toml:"targets"`
	Resolvers   field[[]any]  `toml:"resolvers"`
	PortalCheck field[string] `toml:"portal_check"`
	NTP         field[[]any]  `toml:"ntp"`
	SIPControls field[[]any]  `toml:"sip_controls"`
}

type rawPage struct {
	Listen field[string] `toml:"listen"`
}

type rawKit struct {
	Name         field[string] `toml:"name"`
	Reseller     field[string] `toml:"reseller"`
	SupportUntil field[any]    `toml:"support_until"` // text, or TOML's own date
}

type rawLEDs struct {
	ActiveLow field[bool]    `toml:"active_low"`
	Light1    toml.Primitive `toml:"light1"`
	Light2    toml.Primitive `toml:"light2"`
	Light3    toml.Primitive `toml:"light3"`
	Light4    toml.Primitive `toml:"light4"`
	Light5    toml.Primitive `toml:"light5"`
	Button    field[int64]   `toml:"button"`
}

type rawPair struct {
	Red   field[int64] `toml:"red"`
	Green field[int64] `toml:"green"`
}

// field is one value as it was written. A value of another type is not an error of decoding, which
// would end at the first one, but a problem for the checker.
type field[T any] struct {
	value      T
	set, wrong bool
}

// UnmarshalTOML takes any value.
func (f *field[T]) UnmarshalTOML(data any) error {
	v, ok := data.(T)
	f.value, f.set, f.wrong = v, ok, !ok
	return nil
}

// get is the value, or def where there is none or one of the wrong type, which is filed.
func get[T any](c *checker, path string, f field[T], def T) T {
	if f.wrong {
		c.wrongType(path, any(f.value))
	}
	if !f.set {
		return def
	}
	return f.value
}

// wrongType files that a key is not written as its type wants it.
func (c *checker) wrongType(path string, want any) {
	switch want.(type) {
	case int64:
		c.fault(path, "must be a whole number without quotes")
	case bool:
		c.fault(path, "must be true or false, without quotes")
	case []any:
		c.fault(path, `must be a list, as in ["one", "two"]`)
	default:
		c.fault(path, "must be text between double quotes")
	}
}
