// Package page is the box's small web page: a live State goes in, HTML, server-sent events, reports and
// metrics come out. It is an extra to the lights: it changes nothing but what a person tells it, never
// the profile, and it is served only where the customer's own network can see it.
package page

import (
	"context"
	"errors"
	"io"
	"time"

	"trunktester/appliance/catalogue"
	"trunktester/appliance/report"
	"trunktester/probes/facts"
)

// Errors that a Box answers with.
var (
	ErrTooSoon = errors.New("too soon after the last run") // 429
	ErrUnknown = errors.New("no such run")                 // 404
	ErrNotNow  = errors.New("not possible now")            // 409; the error is shown
)

// Box is what the page shows and asks for. Its methods may be called at the same time, and must not
// wait for a run to end.
type Box interface {
	// State is the box as it is now. The page does not change what it is given.
	State() State
	// Changes gives a value after every change of State, until ctx is done; then it is closed. Changes
	// that nobody had time to take may be told as one.
	Changes(ctx context.Context) <-chan struct{}
	// RunAgain starts a run for a person, or answers ErrTooSoon.
	RunAgain() error
	// SetPosition says in which socket the box stands.
	SetPosition(report.Position) error
	// NewSite forgets the runs at other sockets: the box was taken elsewhere.
	NewSite() error
	// SetAnswers replaces what a person told.
	SetAnswers(facts.Answers) error
	// PBXCheck begins or ends the PBX check, or takes a person's word that the PBX points back; ErrNotNow.
	PBXCheck(PBXAction) error
	// Consent registers the box for a moment, as a person has agreed to; ErrNotNow or ErrTooSoon.
	Consent() error
	// Report is a finished run, or ErrUnknown.
	Report(id string) (report.Report, error)
	// Capture is the packets of a run as pcapng, secrets overwritten, or ErrUnknown.
	Capture(id string) (io.ReadCloser, error)
}

// State is everything that the page shows.
type State struct {
	Whole      catalogue.Whole // what the whole row says, WholeNone when each light speaks for itself
	Row        catalogue.Row
	Report     report.Report // the run so far, or the last one; its ID is "" before the first
	Running    bool
	HasProfile bool
	Refused    string                            // why the last trunk.toml was refused, "" otherwise
	Position   report.Position                   // where the box stands now, as far as it was told
	Places     map[report.Position]report.Report // the last run at each position of this site
	Apart      []report.Apart                    // the faults that lie between two of them
	Answers    facts.Answers                     // as they stand now: those of the run may hold no longer
	Asks       []string                          // names of the questions whose answer would change what the run says
	Help       Help
	Notices    []string // sentences about the box itself
	At         []string // URLs of this page, the best first
	PBX        PBX
	MayConsent bool // an own registration would tell something new
	Consenting bool // it goes on
}

// PBX is the PBX check.
type PBX struct {
	Can   bool // the trunk has a login to check
	Check *facts.PBXCheck
	Right bool          // the PBX's settings are the trunk's
	Left  time.Duration // until the box ends to listen; while Check.Open
	Saw   string        // one sentence about the last check, "" before the first
	Seen  []string      // what each device sent
	Look  time.Duration // until the box looks whether the PBX is registered; 0: it does not
}

// Open says that the box listens now.
func (p PBX) Open() bool { return p.Check != nil && p.Check.Open }

// PBXAction is what a person asks for.
type PBXAction string

// The actions of the PBX check.
const (
	PBXStart PBXAction = "start"
	PBXEnd   PBXAction = "end"
	PBXBack  PBXAction = "back" // the PBX points back at the provider
)

// Help is whom to call, from the profile.
type Help struct {
	Provider     string
	Phone        string
	Portal       string // URL
	Reseller     string
	SupportUntil time.Time // zero when not told
}
