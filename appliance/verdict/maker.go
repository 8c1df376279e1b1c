package verdict

import (
	"trunktester/appliance/brand"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// maker tells what the router shows of its maker, and where routers of that make have the switch for SIP ALG. What a
// router says of itself counts before its hardware address, which belongs to whoever made a part of it; where both name a
// maker, and not the same, none is believed.
func maker(f facts.Facts) (name, hint string) {
	var device facts.Device
	if f.WAN != nil && f.WAN.Device != nil {
		device = *f.WAN.Device
	}
	said, _ := brand.ByManufacturer(device.Maker)
	var built brand.Brand
	if f.Gateway != nil {
		built, _ = brand.ByAddress(f.Gateway.MAC)
	}
	if device != (facts.Device{}) {
		name = " " + words.Said("verdict.calls-itself", "device", device)
	}
	switch {
	case device.Maker == "" && built.Name != "":
		name += " " + words.Said("verdict.router-made-by", "maker", built.Name)
		said = built
	case built.Name != "" && built.Name != said.Name:
		return name + " " + words.Said("verdict.other-maker", "maker", built.Name), ""
	}
	if said.Switch == "" { // unheard of, or nobody wrote it down
		return name, ""
	}
	return name, words.InEnglish().Say("hint.maker", "brand", said.Name, "switch", said.Switch)
}
