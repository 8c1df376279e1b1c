package verdict

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"trunktester/appliance/catalogue"
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
		wrong, soft = append(wrong, setting("login name", d.AuthUserIs, d.AuthUser, t.AuthUser)), false
	}
	if differs(d.UserIs) && (d.User != d.AuthUser || len(wrong) == 0) {
		wrong = append(wrong, setting("username", d.UserIs, d.User, t.Username))
	}
	if differs(d.DomainIs) {
		wrong = append(wrong, setting("domain", d.DomainIs, d.Domain, t.Domain))
	}
	if differs(d.RealmIs) && c.RealmFrom != "domain" {
		if d.RealmIs.Slip != "" {
			wrong = append(wrong, "its realm "+d.RealmIs.Slip)
		} else {
			wrong = append(wrong, fmt.Sprintf("it answers only for the realm %q, and the provider asks for %q", d.Realm, c.Realm))
		}
		soft = false
	}
	switch password := d.PasswordIs; {
	case len(wrong) > 0:
		text := strings.Join(wrong, "; ") + "."
		if differs(password) {
			text += " Its password is not the trunk's either."
		}
		return weighed(in, c, d, candidate{code: "5-6", text: text}, soft), true
	case password.Is == facts.Slipped:
		return weighed(in, c, d, candidate{code: "5-8", text: "its username is right, but its password is not: it is the trunk's password, but it " + password.Slip + "."}, false), true
	case password.Is == facts.Other:
		return weighed(in, c, d, candidate{code: "5-8", text: "its username is right, but its password is another one, and not by a usual slip."}, false), true
	case password.Is == facts.Unproved:
		return candidate{code: "5-8", kind: catalogue.Hurts, text: opening(c) + device(d) + " logged in, but whether its password is right could not be told: " + password.Slip + "."}, true
	}
	return candidate{}, false
}

// setting says what one name is, and what it should be.
func setting(what string, m facts.Match, got, want string) string {
	text := fmt.Sprintf("its %s is %q, and the trunk's is %q", what, got, want)
	if m.Is == facts.Slipped {
		text += " (it " + m.Slip + ")"
	}
	return text
}

// weighed says how bad a difference is. It stops the trunk only when the box's own settings are proved by a
// login, nothing shows that the PBX is registered all the same, and nobody can have corrected it since.
func weighed(in Input, c facts.PBXCheck, d facts.PBXDevice, found candidate, soft bool) candidate {
	found.kind = catalogue.Stops
	found.text = opening(c) + device(d) + " contacted the box: " + found.text
	switch {
	case !accepted(in.Facts):
		found.kind = catalogue.Hurts
		found.text += " The box's own login is not proved, so which of the two is wrong cannot be told."
	case isRegistered(in):
		found.kind = catalogue.Hurts
		found.text += " But the provider has a registration for this trunk."
	case notRegistered(in):
	case soft:
		found.kind = catalogue.Hurts
		found.text += " Some providers let that pass."
	case c.Ago > 0:
		found.kind = catalogue.Tells
	}
	if c.Ago > 0 {
		found.text += " If it was corrected since, run the PBX check again."
	}
	return found
}

// mute judges a PBX that was asked for its password and never answered. Over UDP a message that is repeated
// unchanged was not answered as the PBX saw it.
func mute(in Input, c facts.PBXCheck, d facts.PBXDevice) (candidate, bool) {
	if d.Repeats > 2*d.Registers {
		found := candidate{code: "5-9", kind: catalogue.Hurts, text: opening(c) + device(d) +
			" sent its messages again and again, unchanged: the box's answers do not reach it, or it does not take them. Whether its settings are right could not be told.",
			advice: "firewall"}
		if d.Via != "" {
			found.text += " In its messages it calls itself " + d.Via + "."
		}
		return found, true
	}
	if c.RealmFrom == "domain" || d.Unanswered < 2 {
		return candidate{code: "5-6", kind: catalogue.Hurts, text: opening(c) + device(d) +
			fmt.Sprintf(" contacted the box, but did not answer when it was asked for its password for the realm %q. Whether its settings are right could not be told.", c.Realm)}, true
	}
	return weighed(in, c, d, candidate{code: "5-6", text: fmt.Sprintf(
		"it asked %d times, and never answered when it was asked for its password for the realm %q. Either no username and password are entered for this trunk, or its realm setting names another realm.",
		d.Unanswered, c.Realm)}, false), true
}

// leastWait is how long nothing must have come before the PBX is called silent: PBXs try again each minute.
const leastWait = time.Minute

// silent judges a check in which no SIP arrived.
func silent(in Input, c facts.PBXCheck) (candidate, bool) {
	if c.Open || c.TLSRefused > 0 || time.Duration(c.Listened) < leastWait {
		return candidate{}, false
	}
	found := candidate{code: "5-9", kind: catalogue.Hurts, text: opening(c) + fmt.Sprintf(
		"nothing arrived from the PBX within %s, at %s over %s. Whether it was pointed at the box, is switched off, wants TLS with a certificate that it trusts, or is kept apart from the box by the network could not be told.",
		time.Duration(c.Listened).Round(time.Second), c.Addr, strings.ToUpper(strings.Join(c.Transports, ", ")))}
	switch {
	case isRegistered(in):
		found.kind = catalogue.Tells
		found.text += " The provider has a registration for this trunk."
	case notRegistered(in):
		found.kind = catalogue.Stops
		found.text += " It is not registered at the provider either."
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
	return candidate{code: "5-7", kind: catalogue.Stops, text: fmt.Sprintf(
		"The settings of %s are right, as the PBX check showed, and the box's own login works from here. But %s after the PBX was pointed back, the provider's list of registrations is still empty.",
		device(d), time.Duration(*c.Back).Round(time.Second))}, true
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
		return opening(c) + "a device reached the box and tried TLS, and did not trust the box's certificate, which nobody has signed. So the way from it to the box is open, and its settings are not known: set it to UDP or TCP for the check."
	case d == nil:
		return ""
	case d.Accepted:
		return opening(c) + "the settings of " + device(*d) + " were the trunk's."
	case d.Registers == 0 && !c.Open:
		return opening(c) + device(*d) + " sent " + strings.Join(d.Others, ", ") + ", but no REGISTER: its registration is not switched on."
	}
	return ""
}

// opening says when the check was made.
func opening(c facts.PBXCheck) string {
	if c.Ago > 0 {
		return fmt.Sprintf("In the PBX check %s before this run, ", time.Duration(c.Ago).Round(time.Second))
	}
	return "In the PBX check, "
}

func device(d facts.PBXDevice) string {
	if d.UserAgent == "" {
		return "the PBX at " + d.From.Addr().String()
	}
	return fmt.Sprintf("the PBX %q at %s", d.UserAgent, d.From.Addr())
}

// PBXCheck is what a check says by itself, without a run: the PBX is compared with a file whose own login was
// not tried here, and the text says so.
func PBXCheck(p *profile.Profile, c facts.PBXCheck) catalogue.Finding {
	if c.Error != "" {
		return untestable("the box could not listen for the PBX: " + c.Error + ".")
	}
	in := Input{Profile: p, Facts: facts.Facts{PBXCheck: &c, Login: &facts.Login{Accepted: true}}}
	if found, ok := checkedPBX(in, c); ok {
		if found.code != "5-9" {
			found.text += " This was compared with the box's file, whose own login was not tried here."
		}
		return found.finding()
	}
	if d := c.Telling(); d != nil && d.Accepted {
		ok, _ := catalogue.Find("ok")
		f := ok.Finding(catalogue.Green, remark(c)+" Point the PBX back at the provider.")
		return f
	}
	if said := remark(c); said != "" {
		return untestable(said)
	}
	return untestable("the PBX check was ended before it could tell.")
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
