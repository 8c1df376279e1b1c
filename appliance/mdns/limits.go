package mdns

import "time"

// The numbers of RFC 6762, with their sections.
const (
	port          = 5353
	ttl           = 120                    // seconds, of a host's address: section 10
	legacyTTL     = 10                     // seconds, for resolvers that know no mDNS: section 6.7
	firstProbe    = 250 * time.Millisecond // at most, by chance, so that boxes switched on together differ: 8.1
	probes        = 3
	probeGap      = 250 * time.Millisecond
	announcements = 2
	announceGap   = time.Second
	deferral      = time.Second // who loses a draw asks again after it: 8.2
	crowd         = 15          // so many conflicts within crowdIn make the box wait crowdRest: 8.1
	crowdIn       = 10 * time.Second
	crowdRest     = 5 * time.Second
	pause         = time.Second            // between two multicasts of a record: section 6
	probePause    = 250 * time.Millisecond // the same, in answer to a probe
	recent        = ttl / 4 * time.Second  // a record told to all since may be told to one alone: 5.4
)

// Our own limits.
const (
	mostLabel  = 63   // bytes: RFC 1035 section 2.3.4
	mostNumber = 99   // boxes of one name on one network, by far
	mostAsked  = 32   // questions of a message that are looked at
	mostBytes  = 9000 // of a message: section 17
)
