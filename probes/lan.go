package probes

import (
	"errors"
	"fmt"
	"net"

	"trunktester/appliance/catalogue/words"
	"trunktester/netsetup"
	"trunktester/probes/facts"
)

// broken is the outcome of a look that could not be had, with the sentence of the error. An error never says
// anything about the network.
func broken(err error) Result {
	saw := fmt.Sprintf("could not look: %v", err)
	var (
		nobody *netsetup.NoInterface
		denied *netsetup.NoPermission
		noTag  *netsetup.NoVLAN
	)
	switch {
	case errors.As(err, &nobody):
		saw = nobody.Error()
	case errors.As(err, &denied):
		saw = denied.Error()
	case errors.As(err, &noTag):
		saw = noTag.Error()
	}
	return Result{Outcome: facts.Broken, Saw: saw}
}

// cut is what a look says that the end of its ctx cut short.
func cut(question string) Result {
	return Result{Outcome: facts.Broken, Saw: words.Said("saw.no-time", "question", question)}
}

func note(kind, format string, args ...any) facts.Evidence {
	return facts.Evidence{Kind: kind, Text: fmt.Sprintf(format, args...)}
}

func macStrings(macs []net.HardwareAddr) []string {
	out := []string{}
	for _, m := range macs {
		out = append(out, m.String())
	}
	return out
}
