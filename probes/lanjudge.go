package probes

import (
	"time"

	"trunktester/probes/facts"
)

func moreTrips(sent, lost int) bool {
	return sent < lanTrips || sent < lanMost && lost > 0 && lost < lanLost
}

// cleanEcho is a host at or behind the router that was measured, and to which nothing was lost.
func cleanEcho(q *facts.Quality) (facts.Echo, bool) {
	if q == nil {
		return facts.Echo{}, false
	}
	hosts := q.Far
	if q.Gateway != nil {
		hosts = append(hosts[:len(hosts):len(hosts)], *q.Gateway)
	}
	for _, e := range hosts {
		if e.Sent >= lanTrips && inStep(e) {
			return e, true
		}
	}
	return facts.Echo{}, false
}

// inStep: nothing is lost or delayed that a call would notice.
func inStep(e facts.Echo) bool {
	return e.Sent-e.Back < lanLost && time.Duration(e.Jitter) <= lanJitter
}
