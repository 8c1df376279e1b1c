package verdict

import "time"

// The thresholds of the catalogue, in one list, each with its source.
const (
	arpTries       = 3                       // faults.md 1-3: three requests unanswered
	slowMbit       = 10                      // faults.md 1-7
	carrierLosses  = 2                       // faults.md 1-7: two ...
	carrierTime    = time.Minute             // ... in a minute
	framesDamaged  = 3                       // fewer prove nothing
	damagedShare   = 0.001                   // faults.md 1-7: 0.1 %
	lanTrips       = 50                      // faults.md 1-9: not judged before this many
	lanLost        = 3                       // faults.md 1-9
	lanJitter      = 20 * time.Millisecond   // faults.md 1-9
	qualityProbes  = 100                     // faults.md 2-7: not judged before this many
	qualityLost    = 3                       // faults.md 2-7: fewer lost prove nothing
	qualityLoss    = 0.02                    // faults.md 2-7: 2 %
	severeLoss     = 0.10                    // faults.md 2-7: 10 %
	qualityRTT     = 300 * time.Millisecond  // faults.md 2-7; ITU-T G.114: 150 ms one way
	qualityLate    = 10 * time.Millisecond   // a third of the jitter that is too much: from there on the box measures itself
	qualityJitter  = 30 * time.Millisecond   // faults.md 2-7
	sipRepeated    = 2                       // one SIP message that had to be repeated may be chance
	sipSends       = 4                       // faults.md 3-1: four sends ...
	sipSpan        = 3400 * time.Millisecond // ... over 3.5 s, less what a timer may be early
	controlsNeeded = 2                       // faults.md 3-1, rule 5: no verdict stands on one target
	pingsToCompare = 3                       // 3-9: the shortest of at least three pings ...
	pingFar        = 5 * time.Millisecond    // ... is told apart from a device on the site from this time on
	mappingLife    = 90 * time.Second        // faults.md 3-6; RFC 4787 REQ-5 wants 2 minutes
	loginAttempts  = 2                       // design section 7
	internetNeeded = 3                       // faults.md 2-1: three independent targets
	mtuHosts       = 2                       // faults.md 2-8: two targets
	mtuTries       = 3                       // large packets to each that stayed without an answer
	portalPings    = 10                      // more than three hosts lose by chance on a line that works at all
)
