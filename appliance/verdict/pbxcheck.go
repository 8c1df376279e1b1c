package verdict

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/appliance/profile"
	"trunktester/probes/facts"
)

// checked adds to the causes of light 5 what the PBX check showed: it says why a PBX is not registered, and so
// takes the place of 5-1.
func checked(in Input, found []candidate) []candidate {
	c := in.Facts.PBXCheck
	if c == nil || c.Error != "" {
		return found
	}
	more, ok := checkedPBX(in, *c)
	if !ok {
		return remarked(*c, found)
	}
	if more.kind == catalogue.Stops {
		found = slices.DeleteFunc(found, func(f candidate) bool { return f.code == "5-1" })
	}
	return append(found, more)
}

// checkedPBX is the cause that the PBX check points to.
func checkedPBX(in Input, c facts.PBXCheck) (candidate, bool) {
	d := c.Telling()
	switch {
	case d == nil:
		return silent(in, c)
	case d.Accepted:
		return cutOff(in, c, *d)
	case d.AuthUser != "":
		return settings(in, c, *d)
	case c.Open || d.Registers == 0:
		return candidate{}, false
	}
	return mute(in, c, *d)
}

// wrongSettings reports whether the PBX check showed settings in the PBX with which it cannot register: then
// nothing else is needed to explain that it does not.
func wrongSettings(in Input) bool {
	if in.Facts.PBXCheck == nil {
		return false
	}
	c, ok := checkedPBX(in, *in.Facts.PBXCheck)
	return ok && c.kind == catalogue.Stops && (c.code == "5-6" || c.code == "5-8")
}

// settings judges what the PBX logged in with.
func settings(in Input, c facts.PBXCheck, d facts.PBXDevice) (candidate, bool) {
	t := trunk(in)
	differs := func(m facts.Match) bool { return m.Is == facts.Slipped || m.Is == facts.Other }
	var wrong []string
	soft := true // a provider may let this pass
	if differs(d.AuthUserIs) {
		wrong, soft = append(wrong, setting("verdict.login-name-is", "verdict.login-name-slip", d.AuthUserIs, d.AuthUser, t.AuthUser)), false
	}
	if differs(d.UserIs) && (d.User != d.AuthUser || len(wrong) == 0) {
		wrong = append(wrong, setting("verdict.username-is", "verdict.username-slip", d.UserIs, d.User, t.Username))
	}
	if differs(d.DomainIs) {
		wrong = append(wrong, setting("verdict.domain-is", "verdict.domain-slip", d.DomainIs, d.Domain, t.Domain))
	}
	if differs(d.RealmIs) && c.RealmFrom != "domain" {
		if d.RealmIs.Slip != "" {
			wrong = append(wrong, words.Said("verdict.realm-slip", "slip", d.RealmIs.Slip))
		} else {
			wrong = append(wrong, words.Said("verdict.realm-bound", "got", strconv.Quote(d.Realm), "want", strconv.Quote(c.Realm)))
		}
		soft = false
	}
	switch password := d.PasswordIs; {
	case len(wrong) > 0:
		also := ""
		if differs(password) {
			also = words.Said("verdict.password-too")
		}
		return weighed(in, c, d, candidate{code: "5-6", text: strings.Join(wrong, "; ")}, also, soft), true
	case password.Is == facts.Slipped:
		return weighed(in, c, d, candidate{code: "5-8", text: words.Said("verdict.password-slip", "slip", password.Slip)}, "", false), true
	case password.Is == facts.Other:
		return weighed(in, c, d, candidate{code: "5-8", text: words.Said("verdict.password-other")}, "", false), true
	case password.Is == facts.Unproved:
		return candidate{code: "5-8", kind: catalogue.Hurts, text: inCheck(c, words.Said("verdict.password-unproved", "device", device(d), "why", password.Slip))}, true
	}
	return candidate{}, false
}

// setting says what one name is, and what it should be: by one sentence, or another where it is a slip.
func setting(is, slip string, m facts.Match, got, want string) string {
	if m.Is == facts.Slipped {
		return words.Said(slip, "got", strconv.Quote(got), "want", strconv.Quote(want), "slip", m.Slip)
	}
	return words.Said(is, "got", strconv.Quote(got), "want", strconv.Quote(want))
}

// weighed says how bad a difference is. It stops the trunk only when the box's own settings are proved by a
// login, nothing shows that the PBX is registered all the same, and nobody can have corrected it since. The
// candidate's text is what differs; also is a sentence after it, "" for none.
func weighed(in Input, c facts.PBXCheck, d facts.PBXDevice, found candidate, also string, soft bool) candidate {
	found.kind = catalogue.Stops
	found.text = inCheck(c, words.Said("verdict.contacted", "device", device(d), "what", found.text))
	if also != "" {
		found.text += " " + also
	}
	switch {
	case !accepted(in.Facts):
		found.kind = catalogue.Hurts
		found.text += " " + words.Said("verdict.own-login-unproved")
	case isRegistered(in):
		found.kind = catalogue.Hurts
		found.text += " " + words.Said("verdict.but-registered")
	case notRegistered(in):
	case soft:
		found.kind = catalogue.Hurts
		found.text += " " + words.Said("verdict.may-pass")
	case c.Ago > 0:
		found.kind = catalogue.Tells
	}
	if c.Ago > 0 {
		found.text += " " + words.Said("verdict.corrected-since")
	}
	return found
}

// mute judges a PBX that was asked for its password and never answered. Over UDP a message that is repeated
// unchanged was not answered as the PBX saw it.
func mute(in Input, c facts.PBXCheck, d facts.PBXDevice) (candidate, bool) {
	if d.Repeats > 2*d.Registers {
		found := candidate{code: "5-9", kind: catalogue.Hurts, text: inCheck(c, words.Said("verdict.mute-repeats", "device", device(d))) +
			" " + words.Said("verdict.settings-unknown"),
			advice: "firewall"}
		if d.Via != "" {
			found.text += " " + words.Said("verdict.calls-itself-pbx", "via", d.Via)
		}
		return found, true
	}
	if c.RealmFrom == "domain" || d.Unanswered < 2 {
		return candidate{code: "5-6", kind: catalogue.Hurts, text: inCheck(c, words.Said("verdict.mute", "device", device(d), "realm", strconv.Quote(c.Realm))) +
			" " + words.Said("verdict.settings-unknown")}, true
	}
	return weighed(in, c, d, candidate{code: "5-6", text: words.Said("verdict.mute-asked", "n", d.Unanswered, "realm", strconv.Quote(c.Realm))},
		words.Said("verdict.mute-why"), false), true
}

// leastWait is how long nothing must have come before the PBX is called silent: PBXs try again each minute.
const leastWait = time.Minute

// silent judges a check in which no SIP arrived.
func silent(in Input, c facts.PBXCheck) (candidate, bool) {
	if c.Open || c.TLSRefused > 0 || time.Duration(c.Listened) < leastWait {
		return candidate{}, false
	}
	found := candidate{code: "5-9", kind: catalogue.Hurts, text: inCheck(c, words.Said("verdict.nothing-arrived", "time", time.Duration(c.Listened).Round(time.Second),
		"address", c.Addr, "transports", strings.ToUpper(strings.Join(c.Transports, ", ")))) + " " + words.Said("verdict.nothing-why")}
	switch {
	case isRegistered(in):
		found.kind = catalogue.Tells
		found.text += " " + words.Said("verdict.has-registration")
	case notRegistered(in):
		found.kind = catalogue.Stops
		found.text += " " + words.Said("verdict.not-there-either")
	}
	return found, true
}

// backFor is how long a PBX that points back is given to register.
const backFor = 2 * time.Minute

// cutOff judges a PBX whose settings are right and which does not get through to the provider.
func cutOff(in Input, c facts.PBXCheck, d facts.PBXDevice) (candidate, bool) {
	if c.Back == nil || time.Duration(*c.Back) < backFor || !notRegistered(in) {
		return candidate{}, false
	}
	return candidate{code: "5-7", kind: catalogue.Stops, text: words.Said("verdict.cut-off", "device", device(d), "time", time.Duration(*c.Back).Round(time.Second))}, true
}

// renewed reports whether a registration is certainly from after the PBX was pointed back: it lasts longer than one from
// before can, with the time that the PBX asks for (RFC 3261 section 10.2.1.1). Of one that the provider shortens nobody knows.
func renewed(c facts.PBXCheck, contacts []facts.Binding) bool {
	asked, err := strconv.Atoi(c.Telling().Expires)
	return err == nil && slices.ContainsFunc(contacts, func(b facts.Binding) bool {
		return time.Duration(b.Expires)+time.Duration(*c.Back) > time.Duration(asked)*time.Second
	})
}

// remarked tells beside 5-1 and 5-5 what the check showed without being a cause.
func remarked(c facts.PBXCheck, found []candidate) []candidate {
	remark := remark(c)
	for i, f := range found {
		if remark != "" && (f.code == "5-1" || f.code == "5-5") {
			found[i].text += " " + remark
			if d := c.Telling(); d != nil && d.Accepted && c.Back == nil {
				found[i].advice = "point-back"
			}
		}
	}
	return found
}

func remark(c facts.PBXCheck) string {
	d := c.Telling()
	switch {
	case d == nil && c.TLSRefused > 0 && !c.Open:
		return inCheck(c, words.Said("verdict.tls-distrust")) + " " + words.Said("verdict.tls-so")
	case d == nil:
		return ""
	case d.Accepted:
		return inCheck(c, words.Said("verdict.settings-right", "device", device(*d)))
	case d.Registers == 0 && !c.Open:
		return inCheck(c, words.Said("verdict.no-register", "device", device(*d), "messages", strings.Join(d.Others, ", ")))
	}
	return ""
}

// inCheck says when the check was made that showed it.
func inCheck(c facts.PBXCheck, what string) string {
	if c.Ago > 0 {
		return words.Said("verdict.in-earlier-check", "time", time.Duration(c.Ago).Round(time.Second), "what", what)
	}
	return words.Said("verdict.in-check", "what", what)
}

func device(d facts.PBXDevice) string {
	if d.UserAgent == "" {
		return words.Said("verdict.device", "address", d.From.Addr())
	}
	return words.Said("verdict.device-named", "name", strconv.Quote(d.UserAgent), "address", d.From.Addr())
}

// PBXCheck is what a check says by itself, without a run: the PBX is compared with a file whose own login was
// not tried here, and the text says so.
func PBXCheck(p *profile.Profile, c facts.PBXCheck) catalogue.Finding {
	if c.Error != "" {
		return untestable(words.Said("verdict.cannot-listen", "why", c.Error))
	}
	in := Input{Profile: p, Facts: facts.Facts{PBXCheck: &c, Login: &facts.Login{Accepted: true}}}
	if found, ok := checkedPBX(in, c); ok {
		if found.code != "5-9" {
			found.text += " " + words.Said("verdict.file-unproved")
		}
		return found.finding()
	}
	if d := c.Telling(); d != nil && d.Accepted {
		ok, _ := catalogue.Find("ok")
		f := ok.Finding(catalogue.Green, remark(c)+" "+words.Said("verdict.point-back"))
		return f
	}
	if said := remark(c); said != "" {
		return untestable(said)
	}
	return untestable(words.Said("verdict.check-ended"))
}

// Untestable is the verdict of a box whose steps did not bring enough, with what they saw.
func Untestable(steps []facts.Step) catalogue.Finding {
	var saw []string
	for _, s := range steps {
		if s.Outcome == facts.Failed || s.Outcome == facts.Broken {
			saw = append(saw, s.Saw)
		}
	}
	return untestable(strings.Join(saw, "; "))
}
