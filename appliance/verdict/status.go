package verdict

import "strings"

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
		case namesQuery(reason):
			return "5-5"
		}
		return "4-2"
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

// namesQuery reports whether a reason phrase refuses the query without Contact.
func namesQuery(reason string) bool {
	return containsAny(reason, "contact", "query", "not supported")
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
