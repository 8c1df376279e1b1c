package verdict

import (
	"strings"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
)

// row is the catalogue's code for a SIP status, "" when the status is no fault. Every status from 100 to
// 699 has a row (faults.md, knowledge of RFC 3261 section 21). afterCredentials: the status answered
// a request that carried them.
func row(status int, reason string, afterCredentials bool) string {
	switch {
	case status < 300: // below 200: provisional, not an answer yet
		return ""
	case status < 400: // moved; 305 and 380 point elsewhere as well
		return "4-3"
	case status == 401 || status == 407:
		if afterCredentials {
			return "4-2"
		}
		return ""
	}
	switch status {
	case 403, 603:
		switch {
		case !afterCredentials || namesAccount(reason):
			return "4-4"
		case (facts.Reply{Reason: reason}).NamesQuery():
			return "5-5"
		}
		return "4-2"
	case 402: // payment required: credit
		return "4-4"
	case 404, 410, 604, 405, 501:
		return "4-3"
	case 408, 480, 503, 504, 600:
		return "4-7"
	case 416, 420, 421, 494:
		return "4-4"
	}
	switch {
	case afterCredentials: // the login was looked at, and the query was not liked: never read as an ALG
		return "5-5"
	case status >= 500 && status < 600:
		return "4-7"
	}
	return "4-4"
}

// namesAccount reports whether a reason phrase speaks of the account or the address rather than of the password.
func namesAccount(reason string) bool {
	return containsAny(reason, "address", "barred", "suspend", "limit", "credit", "blocked", "not allowed", "too many", "disabled", "acl")
}

// queryRefused is 5-5: the provider answered the credentials, which came with the question for the list, by a status that
// may be about that question. A status that says no more than that it failed leaves its other reason open.
func queryRefused(r facts.Reply) candidate {
	c := candidate{code: "5-5", kind: catalogue.Hurts}
	if r.Code == 400 || r.NamesQuery() {
		c.text = words.Said("verdict.query-refused", "answer", quoted(r))
		return c
	}
	c.text = words.Said("verdict.query-or-refused", "answer", quoted(r))
	if r.Code >= 500 && r.Code < 600 {
		c.text = words.Said("verdict.query-or-fault", "answer", quoted(r))
	}
	c.acts = []catalogue.Actor{catalogue.Reseller, catalogue.Provider}
	c.advice = "query"
	return c
}

func containsAny(reason string, words ...string) bool {
	reason = strings.ToLower(reason)
	for _, w := range words {
		if strings.Contains(reason, w) {
			return true
		}
	}
	return false
}
