package lab

import (
	"crypto/tls"
	"time"

	"trunktester/lab/serve"
)

// answers forces the answer to a REGISTER without credentials.
func answers(refusal serve.Refusal) func(*World) {
	return registrar(func(s *serve.RegistrarSettings) { s.ForceCode = refusal })
}

// answersLogin forces the answer to a REGISTER with credentials, whichever they are.
func answersLogin(code int, reason string) func(*World) {
	return registrar(func(s *serve.RegistrarSettings) { s.ForceCodeAfter = serve.Refusal{Code: code, Reason: reason} })
}

func leaf(make func(*serve.Authority) (tls.Certificate, error)) func(*World) {
	return func(w *World) { w.Provider.Leaf = make }
}

// loginWorlds are the faults of light 4.
func loginWorlds() []World {
	wrongPassword := `trunk.password = "not-the-password"`
	return []World{
		red("4-1", "wrong-realm", "the realm in the file is not the provider's").with(filed(`trunk.realm = "sip.example.com"`)),
		red("4-2", "wrong-login", "the password in the file is wrong; the provider challenges again").with(filed(wrongPassword)),
		red("4-2", "wrong-login-403", "the password in the file is wrong; the provider answers 403").with(filed(wrongPassword),
			registrar(func(s *serve.RegistrarSettings) { s.WrongPasswordCode = 403 })),
		red("4-2", "wrong-login-contact", "the password in the file is wrong; the provider answers 403 and says whom to contact").with(cutOff, filed(wrongPassword), answersLogin(403, "Wrong password, please contact support")),
		red("4-3", "unknown-account", "the provider does not know the user in the file").with(filed(`trunk.username = "441632969999"`),
			registrar(func(s *serve.RegistrarSettings) { s.UnknownUserCode = 404 })),
		red("4-3", "not-a-registrar", "the host in the file answers 405 to REGISTER").with(cutOff, answers(serve.Refusal{Code: 405})),
		red("4-4", "refused", "the provider refuses the account before any credentials").with(cutOff, answers(serve.Refusal{Code: 403})),
		red("4-4", "no-credit", "the provider answers the right login with 402").with(cutOff, answersLogin(402, "Payment Required")),
		red("4-5", "reset-password", "settings were changed in the portal, and the password no longer fits").with(
			filed(wrongPassword, "trunk.settings_changed = true")),
		red("4-6", "wrong-public-ip", "the address in the portal is not the line's").with(absentPBX, filed(addressTrunk("203.0.113.77")...),
			answers(serve.Refusal{Code: 403})),
		red("4-7", "provider-busy", "the provider answers 503 and asks for two minutes").with(cutOff,
			answers(serve.Refusal{Code: 503, RetryAfter: 2 * time.Minute})),
		red("4-7", "provider-unavailable", "the provider answers 480").with(cutOff, answers(serve.Refusal{Code: 480})),
		red("4-8", "tls-certificate", "the provider's certificate ended yesterday").with(cutOff, tlsTrunk, filed(`trunk.transport = "tls"`, privateCA),
			leaf(func(a *serve.Authority) (tls.Certificate, error) { return a.Expired(Domain) })),
		red("4-8", "tls-wrong-name", "the provider's certificate is for another name").with(cutOff, tlsTrunk, filed(`trunk.transport = "tls"`, privateCA),
			leaf(func(a *serve.Authority) (tls.Certificate, error) { return a.Leaf("pbx.example.com") })),
		red("4-8", "tls-unknown-authority", "the provider's certificate is of an authority that the file does not name").with(tlsTrunk,
			filed(`trunk.transport = "tls"`)),
		red("4-9", "address-ignored", "the provider drops SIP from this address; its ping and other SIP hosts answer").with(cutOff, func(w *World) {
			w.Provider.Input = []Rule{{Proto: "udp", Ports: sipPorts(), Action: Drop}, {Proto: "tcp", Ports: sipPorts(), Action: Drop}}
		}),
		red("4-9", "register-ignored", "the provider answers OPTIONS, and no REGISTER over any transport").with(cutOff, says("cannot tell"),
			registrar(func(s *serve.RegistrarSettings) { s.IgnoreRegister = true })),
		red("4-9", "banned-by-login", "the provider falls silent at the first login").with(absentPBX,
			registrar(func(s *serve.RegistrarSettings) { s.SilentAfterCredentials = true })),
	}
}
