package page

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// events tells a page that is open when to look again: one "change" per change of the box, and a "beat"
// in between, so that the page notices when the box is gone. The page fetches / itself: there is one
// description of what it looks like, and it is the one that works without JavaScript.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		w.Header().Set("Retry-After", "10")
		http.Error(w, language(r).Say("refused.streams"), http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	changes := s.opt.Box.Changes(ctx)
	beat := time.NewTicker(s.limits.beat)
	defer beat.Stop()

	rc := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	tell := func(event string) bool {
		if err := rc.SetWriteDeadline(time.Now().Add(s.limits.write)); err != nil {
			return false
		}
		_, err := fmt.Fprintf(w, "event: %s\ndata: \n\n", event)
		return err == nil && rc.Flush() == nil
	}
	for event := "change"; tell(event); { // what changed before the stream began counts as well
		select {
		case <-ctx.Done():
			return
		case _, open := <-changes:
			if !open {
				return
			}
			event = "change"
		case <-beat.C:
			event = "beat"
		}
	}
}
