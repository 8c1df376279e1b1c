package facts

// OwnBinding is a registration of the box's own, made for a moment after a person's consent, to see whether the
// provider shows registrations. (light 5)
type OwnBinding struct {
	Withheld   string     `json:"withheld"`   // why none was tried, "" when it was
	Attempts   int        `json:"attempts"`   // requests with credentials, retransmissions included (≤ 6)
	Registered bool       `json:"registered"` // the provider accepted it
	Expires    Duration   `json:"expires_ms"` // how long it was asked for: a minute, or as long as the provider wants at least
	Shown      *bool      `json:"shown"`      // a query without Contact listed it; nil: the query was not answered
	Removed    bool       `json:"removed"`    // the provider confirmed that it is gone; else it ends by itself after Expires
	After      []Binding  `json:"after"`      // the others' registrations, listed after ours was removed
	AfterKnown bool       `json:"after_known"`
	Lost       []Binding  `json:"lost"`   // of others, listed before and not any more
	Reply      *Reply     `json:"reply"`  // to the registration
	Proofs     []Proof    `json:"proofs"` // of a device that rewrites SIP: A7 and A8
	Exchanges  []Exchange `json:"exchanges"`
}
