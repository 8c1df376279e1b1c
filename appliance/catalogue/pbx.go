package catalogue

// pbx is light 5: is the PBX registered, with the expected port and NAT setting?
func pbx() []Cause {
	return []Cause{
		{
			Code: "5-1", Slug: "pbx-not-registered", Light: 5, Flashes: 1, Kinds: []Kind{Stops},
			Acts:     []Actor{PBX},
			Guide:    []string{"3.1", "2.1"},
			Evidence: "The provider accepted the login and listed no registration, and it is known to list them; or a person sees none in the portal.",
			Guard:    "A provider that does not show its list proves nothing: then the box asks a person to look at the portal.",
		},
		{
			Code: "5-2", Slug: "wrong-port", Light: 5, Flashes: 2, Kinds: []Kind{Hurts},
			Acts:     []Actor{IT, PBX},
			Guide:    []string{"3.1"},
			Evidence: "The port in the provider's list of registrations, compared with the expected port in the box's file.",
			Guard:    "Only said when the box's file names a port.",
		},
		{
			Code: "5-3", Slug: "nat-mismatch", Light: 5, Flashes: 3, Kinds: []Kind{Hurts},
			Acts:     []Actor{PBX, IT},
			Guide:    []string{"3.1"},
			Evidence: "The address in the provider's list of registrations, compared with the NAT setting in the box's file and with the public address.",
			Guard:    "Only said when the box's file says what is expected: an inside address is normal where the provider takes care of it.",
		},
		{
			Code: "5-4", Slug: "registered-elsewhere", Light: 5, Flashes: 4, Kinds: []Kind{Hurts},
			Acts:     []Actor{PBX, Reseller},
			Guide:    []string{"3.1"},
			Evidence: "The addresses in the provider's list of registrations, compared with this line's public address and the number expected.",
			Guard:    "Two lines, a standby or a hosted PBX are legitimate: the box's file can say so.",
		},
		{
			Code: "5-5", Slug: "list-not-shown", Light: 5, Flashes: 5, Kinds: []Kind{Hurts},
			Acts:     []Actor{Reseller},
			Guide:    []string{"3.1"},
			Evidence: "The provider accepted the login and gave no list, or said that it does not take this question.",
			Guard:    "An empty answer is never read as \"not registered\" at a provider that is not known to show its list.",
		},
		{
			Code: "5-6", Slug: "pbx-wrong-identity", Light: 5, Flashes: 6, Kinds: []Kind{Stops},
			Acts:     []Actor{PBX},
			Guide:    []string{"2.1"},
			Evidence: "The PBX's own login to the box in the PBX check, compared with the box's file.",
			Guard:    "Read from what the PBX really sent, and compared with a file whose own login works.",
		},
		{
			Code: "5-7", Slug: "pbx-path", Light: 5, Flashes: 7, Kinds: []Kind{Stops},
			Acts:     []Actor{PBX, IT},
			Guide:    []string{"1.3", "1.4", "1.8"},
			Evidence: "The PBX check passed and the box's own login passed, but no registration appeared after the PBX was pointed back.",
			Guard:    "The PBX is given two minutes, and the provider must be known to show registrations.",
		},
		{
			Code: "5-8", Slug: "pbx-wrong-password", Light: 5, Flashes: 8, Kinds: []Kind{Stops},
			Acts:     []Actor{PBX},
			Guide:    []string{"2.1"},
			Evidence: "In the PBX check, the PBX's proof of its password does not match the password in the box's file.",
			Guard:    "Usual slips, such as a space at the end, are tried and named. The password itself is never shown.",
		},
		{
			Code: "5-9", Slug: "pbx-silent", Light: 5, Flashes: 9, Kinds: []Kind{Stops},
			Acts:     []Actor{PBX, IT},
			Guide:    []string{"1.4", "2.1"},
			Evidence: "The PBX check waited its full time and received no SIP message.",
			Guard:    "A PBX that speaks only TLS cannot be checked this way, and the text says so.",
		},
	}
}
