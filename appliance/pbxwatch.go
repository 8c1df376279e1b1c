package appliance

import (
	"context"
	"time"

	"trunktester/probes/facts"
)

// PBXWatch is a look after a PBX whose settings were right, and which points back at the provider since now.
type PBXWatch struct {
	Check Sight           // what CheckPBX gave
	Next  func(time.Time) // called with the time of each look that comes; nil: nobody waits
}

// PBXRight says that the PBX logged in with the trunk's settings in the PBX check of a run.
func (s Sight) PBXRight() bool { return PBXCheck{Check: s.Facts.PBXCheck}.Right() }

// WatchPBX looks whether the PBX registers at the provider: each look is a run, and the last one decides (5-7). It
// ends with the first that finds a registration, or whose login is not accepted, since none after it could see more.
// When ctx ends there is no verdict, and its cause is the error.
func (t *Tester) WatchPBX(ctx context.Context, w PBXWatch) (last Sight, err error) {
	back := time.Now()
	made := PBXCheck{Check: w.Check.Facts.PBXCheck, ended: w.Check.Report.Finished, back: back}
	for _, after := range pbxLooks() {
		at := back.Add(after)
		if w.Next != nil {
			w.Next(at)
		}
		select {
		case <-ctx.Done():
			return Sight{}, context.Cause(ctx)
		case <-time.After(time.Until(at)):
		}
		last, err = t.Run(ctx, Ask{Person: true, Position: w.Check.Report.Position})
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return Sight{}, err
		}
		if last = last.Checked(made); registered(last.Facts) || last.Facts.Login == nil || !last.Facts.Login.Accepted {
			break
		}
	}
	return last, nil
}

// registered says that the provider's list of registrations was seen, and is not empty.
func registered(f facts.Facts) bool { return f.Bindings != nil && len(f.Bindings.Contacts) > 0 }
