package catalogue

// login is light 4: does the provider accept this trunk?
func login() []Cause {
	return []Cause{
		{
			Code: "4-1", Slug: "wrong-realm", Light: 4, Flashes: 1, Kinds: []Kind{Stops},
			Acts:     []Actor{Reseller},
			Guide:    []string{"2.1"},
			Evidence: "The realm in the provider's challenge and the realm in the box's file, compared letter by letter; both are quoted. No password was sent.",
			Guard:    "Only said when the box's file names a realm.",
		},
		{
			Code: "4-2", Slug: "wrong-login", Light: 4, Flashes: 2, Kinds: []Kind{Stops},
			Acts:     []Actor{Reseller},
			Guide:    []string{"2.1"},
			Evidence: "With the login sent, the provider asked again with a fresh challenge, or refused (403).",
			Guard:    "A challenge that is only out of date is answered once more. At most two logins are sent in a run, so that the account is not locked.",
		},
		{
			Code: "4-3", Slug: "unknown-account", Light: 4, Flashes: 3, Kinds: []Kind{Stops},
			Acts:     []Actor{Reseller},
			Guide:    []string{"2.1"},
			Evidence: "The provider's answer says so: not found, gone, not allowed here, or moved.",
			Guard:    "A move is followed once. For a trunk without login, \"not allowed\" is the right answer.",
		},
		{
			Code: "4-4", Slug: "refused", Light: 4, Flashes: 4, Kinds: []Kind{Stops},
			Acts:     []Actor{Reseller, Provider},
			Guide:    []string{"2.2", "3.2"},
			Evidence: "The provider refused before any login was sent, or gave a reason that is not about the password; its words are quoted.",
			Guard:    "A plain refusal of a login counts as a wrong username or password instead.",
		},
		{
			Code: "4-5", Slug: "reset-password", Light: 4, Flashes: 5, Kinds: []Kind{Stops},
			Acts:     []Actor{Reseller},
			Guide:    []string{"3.2"},
			Evidence: "The login fails, and the settings are known to have changed: by the box's file, by a person's answer, or by a realm that is new since the last run.",
			Guard:    "Never said without such a change; then it is a wrong realm, username or password.",
		},
		{
			Code: "4-6", Slug: "wrong-public-ip", Light: 4, Flashes: 6, Kinds: []Kind{Stops},
			Acts:     []Actor{Reseller, ISP},
			Guide:    []string{"2.2"},
			Evidence: "The address that the provider itself sees, compared with the address in the portal.",
			Guard:    "When only an address server (STUN) tells the address, the text says \"likely\". IPv4 and IPv6 are compared each with its own kind.",
		},
		{
			Code: "4-7", Slug: "provider-busy", Light: 4, Flashes: 7, Kinds: []Kind{Stops},
			Acts:     []Actor{Provider},
			Guide:    []string{},
			Evidence: "The provider's own answer: its code, its words and how long it asks to wait.",
			Guard:    "The box waits as told and does not ask again and again.",
		},
		{
			Code: "4-8", Slug: "tls-certificate", Light: 4, Flashes: 8, Kinds: []Kind{Stops, Tells},
			Acts:     []Actor{Provider, PBX, Reseller},
			Guide:    []string{"1.8"},
			Evidence: "The certificate's names, dates and authority, or the alert that ended the connection.",
			Guard:    "Judged only once the time is known for certain. Only information when the trunk does not use TLS.",
		},
		{
			Code: "4-9", Slug: "address-ignored", Light: 4, Flashes: 9, Kinds: []Kind{Stops},
			Acts:     []Actor{Provider, PBX},
			Guide:    []string{"2.1", "2.2"},
			Evidence: "The provider answers ping but not SIP, while another SIP host answers on the same port and transport, or packets on the trunk's port get out of the site and another SIP host answers, or the provider itself answered earlier in this run.",
			Guard:    "Never said on silence alone: without such a control it is \"cannot tell\".",
		},
	}
}
