package verdict

import (
	"testing"

	"trunktester/probes/facts"
)

// What a provider says to the username and password, which came with the question for the list of registrations.
func TestAnswersToCredentials(t *testing.T) {
	judgeAll(t, []ticket{
		{"the password is wrong, and the provider says whom to contact", healthy().with(refusedLogin(403, "Wrong password, please contact support")), "4-2 red", "", "gggR-"},
		{"the provider misses a Contact", healthy().with(refusedLogin(403, "Contact header required")), "5-5 amber", "", "ggg-A"},
		{"the credit is used up", healthy().with(refusedLogin(402, "Payment Required")), "4-4 red", "", "gggR-"},
		{"the credit was used up in an earlier run", healthy().with(notTried, remembers(facts.Remembered{LoginRefused: true, RefusedWith: 402})), "4-4 red", "", "gggR-"},
		{"the provider's server fails at the question, or altogether", healthy().with(refusedLogin(500, "Server Internal Error")), "5-5 amber", "", "ggg-A"},
		{"the provider does not accept something, and does not say what", healthy().with(refusedLogin(606, "Not Acceptable")), "5-5 amber", "", "ggg-A"},
	})
	hearAll(t, []saying{
		{"a bad request, as a question without Contact is to some", healthy().with(refusedLogin(400, "Bad Request")), "5-5", "query not supported", "cannot tell"},
		{"the provider says that it is the question", healthy().with(refusedLogin(500, "Query not supported")), "5-5", "query not supported", "cannot tell"},
		{"the provider's server fails, for one of two reasons", healthy().with(refusedLogin(500, "Server Internal Error")), "5-5", "or it has a fault of its own (4-7): cannot tell which. | Look at the Registrations page of the portal: is the trunk shown? If it is not, ask the provider", "query not supported"},
		{"a gateway of the provider's fails", healthy().with(refusedLogin(502, "Bad Gateway")), "5-5", "| reseller provider", ""},
		{"a time that is too short, though none was asked for", healthy().with(refusedLogin(423, "Interval Too Brief")), "5-5", "or it refuses this trunk for a reason of its own", "fault of its own"},
		{"something is not accepted", healthy().with(refusedLogin(606, "Not Acceptable")), "5-5", "or it refuses this trunk for a reason of its own: cannot tell which.", "fault of its own"},
	})
}
