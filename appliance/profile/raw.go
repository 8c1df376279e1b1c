package profile

// raw is trunk.toml as it is written, before anything is checked. A pointer is nil where the file has no such key.
type raw struct {
	Trunk struct {
		Domain          string `toml:"domain"`
		Proxy           string `toml:"proxy"`
		Port            int64  `toml:"port"`
		Transport       string `toml:"transport"`
		Auth            string `toml:"auth"`
		Username        string `toml:"username"`
		AuthUser        string `toml:"auth_user"`
		Password        string `toml:"password"`
		PasswordFile    string `toml:"password_file"`
		Realm           string `toml:"realm"`
		TLSCA           string `toml:"tls_ca"`
		CheckIP         string `toml:"check_ip"`
		SettingsChanged bool   `toml:"settings_changed"`
	} `toml:"trunk"`
	Expect struct {
		Port int64  `toml:"port"`
		NAT  string `toml:"nat"`
		RTP  string `toml:"rtp"`
	} `toml:"expect"`
	Provider struct {
		Name          string   `toml:"name"`
		Phone         string   `toml:"phone"`
		Portal        string   `toml:"portal"`
		Networks      []string `toml:"networks"`
		ShowsBindings *bool    `toml:"shows_bindings"`
		STUN          []string `toml:"stun"`
		Reflector     string   `toml:"reflector"`
		Token         string   `toml:"reflector_token"`
	} `toml:"provider"`
	PBX struct {
		Location    string `toml:"location"`
		Address     string `toml:"address"`
		MaxBindings int64  `toml:"max_bindings"`
	} `toml:"pbx"`
	Line struct {
		Kind string `toml:"kind"`
		Edge string `toml:"edge"`
	} `toml:"line"`
	Network struct {
		Mode      string   `toml:"mode"`
		Address   string   `toml:"address"`
		Gateway   string   `toml:"gateway"`
		DNS       []string `toml:"dns"`
		VLAN      int64    `toml:"vlan"`
		Interface string   `toml:"interface"`
	} `toml:"network"`
	Internet struct {
		Targets     []string `toml:"targets"`
		Resolvers   []string `toml:"resolvers"`
		PortalCheck *string  `toml:"portal_check"`
		NTP         []string `toml:"ntp"`
		SIPControls []string `toml:"sip_controls"`
	} `toml:"internet"`
	Page struct {
		Listen string `toml:"listen"`
	} `toml:"page"`
	Kit struct {
		Name         string `toml:"name"`
		Reseller     string `toml:"reseller"`
		SupportUntil string `toml:"support_until"`
	} `toml:"kit"`
	LEDs struct {
		ActiveLow bool    `toml:"active_low"`
		Light1    rawPair `toml:"light1"`
		Light2    rawPair `toml:"light2"`
		Light3    rawPair `toml:"light3"`
		Light4    rawPair `toml:"light4"`
		Light5    rawPair `toml:"light5"`
		Button    *int64  `toml:"button"`
	} `toml:"leds"`
}

type rawPair struct {
	Red   *int64 `toml:"red"`
	Green *int64 `toml:"green"`
}
