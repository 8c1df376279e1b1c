package brand

// All are the brands. A statement without a source does not stand here.
func All() []Brand {
	const fusion = "https://github.com/fusionpbx/fusionpbx-docs/blob/master/source/firewall/firewall_devices/"
	return []Brand{
		{Name: "ASUS", calls: "asustek", Switch: `set "SIP Passthrough" to "Disable" under WAN > NAT Passthrough, then restart the router`,
			Source: "https://voicetel.com/support/voice/firewall/asus/"},
		{Name: "AVM", calls: "avm"},
		{Name: "BT", calls: "bt"},
		{Name: "Cisco", calls: "cisco", Switch: `in an ASA "no inspect sip" in the policy map global_policy`,
			Source: "https://easymanua.ls/cisco/asa-5512-x/manual/124633?p=342 https://manualsdump.com/en/manuals/cisco_systems-asa_5500-asa5515k9/121452/662"},
		{Name: "D-Link", calls: "d-link"},
		{Name: "DrayTek", calls: "draytek", Switch: `turn the SIP protocol off under NAT > ALG`,
			Source: "https://www.draytek.co.uk/support/guides/kb-sip-alg"},
		{Name: "Fortinet", calls: "fortinet", Switch: `"set default-voip-alg-mode kernel-helper-based" in "config system settings", then delete the entry for SIP from "config system session-helper", and use no VoIP profile in the policy`,
			Source: "https://help.fortinet.com/fos50hlp/52/FortiOS%205.2%20Help/other-new-features.019.2.html"},
		{Name: "Huawei", calls: "huawei", Switch: `in a USG firewall untick SIP under Policy > ASPF Configuration`,
			Source: "https://usg.zrnko.cz/resources/admin/sec_admin_aspf_0004.html"},
		{Name: "Linksys", calls: "linksys", Switch: `untick "Enable SIP ALG" under Connectivity > Administration > Application Layer Gateway`,
			Source: fusion + "cisco_ea6500.rst"},
		{Name: "MikroTik", calls: "mikrotik", Switch: `disable "sip" under IP > Firewall > Service Ports`,
			Source: "https://caznet.com.au/blog/how-to-turn-off-sip-alg-on-your-router"},
		{Name: "Netgear", calls: "netgear", Switch: `tick "Disable SIP ALG" under ADVANCED > Setup > WAN Setup`,
			Source: "https://kb.netgear.com/30796/How-do-I-disable-SIP-ALG-on-my-NETGEAR-device-using-the-router-web-interface"},
		{Name: "Sagemcom", calls: "sagemcom"},
		{Name: "Sky", calls: "sky"},
		{Name: "SonicWall", calls: "sonicwall", Switch: `untick "Enable SIP Transformations" under VoIP > Settings`,
			Source: "http://help.sonicwall.com/help/sw/eng/9620/25/9/0/content/Ch82_VoIP.094.19.html " + fusion + "sonicwall_tz_soho_sip_alg.rst"},
		{Name: "Technicolor", calls: "technicolor", Switch: `turn it off under Application > SIP ALG`,
			Source: "https://www.easymanua.ls/technicolor/cga4131/manual?p=112"},
		{Name: "TP-Link", calls: "tp-link", Switch: `turn "SIP ALG" off under Advanced > NAT Forwarding > ALG`,
			Source: "https://www.easymanua.ls/tp-link/td-w9960v/manual?p=69"},
		{Name: "Ubiquiti", calls: "ubiquiti", Switch: `in an EdgeRouter "set system conntrack modules sip disable", then "commit" and "save"`,
			Source: fusion + "edgerouterx_alg.rst"},
		{Name: "ZTE", calls: "zte"},
		{Name: "Zyxel", calls: "zyxel", Switch: `in a ZyWALL or USG untick "Enable SIP ALG" and "Enable SIP Transformations" under Configuration > Network > ALG, in a VMG turn "SIP ALG" off under Network Setting > NAT > ALG`,
			Source: fusion + "zyxel_sip_alg.rst https://www.manualowl.com/m/ZyXEL/VMG4825/Manual/490946?page=161"},
	}
}
