package sip

import (
	"context"
	"sync"
	"time"
)

// Question is one request of a burst.
type Question struct {
	Conn    Conn
	Request Request
	Purpose Purpose
	Minor   bool // not waited for once another question of the burst was answered a while ago
}

// minorTime is how long a minor question may still wait after another one was answered: long enough to
// repeat a lost datagram once.
const minorTime = time.Second

// Burst sends the questions in their order, as closely as Conduct lets it, and waits for all the answers
// together: one round trip instead of one for each. The exchanges come back in the same order.
func Burst(ctx context.Context, questions ...Question) []Exchange {
	exchanges := make([]Exchange, len(questions))
	minor, cancel := context.WithCancel(ctx)
	defer cancel()
	end := time.AfterFunc(time.Hour, cancel) // until a first answer sets it
	defer end.Stop()
	var all sync.WaitGroup
	for i, q := range questions {
		begun := make(chan struct{})
		q.Request.begun = sync.OnceFunc(func() { close(begun) })
		all.Go(func() {
			ctx := ctx
			if q.Minor {
				ctx = minor
			}
			exchanges[i] = q.Conn.Ask(ctx, q.Request, q.Purpose)
			if exchanges[i].Answered() && !q.Minor {
				end.Reset(minorTime)
			}
		})
		<-begun
	}
	all.Wait()
	return exchanges
}
