package probes

import (
	"context"
	"fmt"
	"strings"

	"trunktester/appliance/catalogue/words"
	"trunktester/probes/facts"
	"trunktester/reflector/wire"
)

// sipDSCP is how signalling is marked: class selector 3 (RFC 4594 section 4.2 would have 5, telephones send 3).
const sipDSCP = 24

// DSCP asks: do the marks for the quality of service arrive as they were sent, each way? The provider's reflector says
// what it received, and marks its own. It passed when that was told for one of them, whatever it is: networks may clear
// marks.
type DSCP struct{ FarEnd }

// Look needs known.RTP, where voice packets were marked; where SIP was answered as well it marks a SIP message.
func (p DSCP) Look(ctx context.Context, known facts.Facts) Result {
	m, err := p.found(ctx, known)
	if err != nil {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.marks-untested", "why", err)}
	}
	found := facts.DSCP{Server: m.to.Addr()}
	if mark, ok := voiceMark(known.RTP); ok {
		found.Marks = append(found.Marks, mark)
	}
	if known.RTP != nil && known.RTP.SIP {
		if mark, err := m.sipMark(ctx); err == nil {
			found.Marks = append(found.Marks, mark)
		}
	}
	if len(found.Marks) == 0 {
		return Result{Outcome: facts.NotRun, Saw: words.Said("saw.marks-none")}
	}
	r := Result{Outcome: facts.Passed, File: func(f *facts.Facts) { f.DSCP = &found }}
	var saw []string
	for _, mark := range found.Marks {
		saw = append(saw, markWords(mark))
	}
	r.Saw = strings.Join(saw, " ")
	return r
}

// voiceMark is what became of the mark of the voice packets.
func voiceMark(r *facts.RTP) (facts.Mark, bool) {
	mark := facts.Mark{Class: "EF", Of: "voice", Sent: rtpDSCP}
	if r == nil {
		return mark, false
	}
	for _, p := range r.Ports {
		if p.Answer == facts.Answered {
			mark.Up, mark.Down = dscpOf(p.TOS), dscpOf(p.TOSBack)
			return mark, true
		}
	}
	return mark, false
}

// sipMark sends a marked request to the reflector, which marks its reply.
func (m mirror) sipMark(ctx context.Context) (facts.Mark, error) {
	mark := facts.Mark{Class: "CS3", Of: "SIP", Sent: sipDSCP}
	conn, err := m.socket(ctx)
	if err != nil {
		return mark, err
	}
	defer conn.Close()
	if err := markTOS(conn, sipDSCP); err != nil {
		return mark, fmt.Errorf("mark packets: %w", err)
	}
	if err := receiveTOS(conn); err != nil {
		return mark, fmt.Errorf("see marks: %w", err)
	}
	seen, tos, err := m.ask(ctx, conn, wire.Wish{DSCP: sipDSCP, FactsOnly: true})
	if err != nil {
		return mark, err
	}
	mark.Up, mark.Down = dscpOf(seen.TOS), dscpOf(tos)
	return mark, nil
}

// dscpOf is the DSCP of a TOS byte, nil for -1.
func dscpOf(tos int) *int {
	if tos < 0 {
		return nil
	}
	dscp := tos >> 2
	return &dscp
}

// markWords is one plain sentence.
func markWords(m facts.Mark) string {
	up, down := markFate(m.Sent, m.Up), markFate(m.Sent, m.Down)
	if m.Of == "SIP" {
		return words.Said("saw.mark-sip", "class", m.Class, "n", m.Sent, "up", up, "down", down)
	}
	return words.Said("saw.mark-voice", "class", m.Class, "n", m.Sent, "up", up, "down", down)
}

func markFate(sent int, got *int) string {
	switch {
	case got == nil:
		return words.Said("saw.mark-untold")
	case *got == sent:
		return words.Said("saw.mark-kept")
	case *got == 0:
		return words.Said("saw.mark-cleared")
	}
	return words.Said("saw.mark-changed", "n", *got)
}
