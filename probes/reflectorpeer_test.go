package probes

import (
	"context"
	"testing"

	"trunktester/appliance/profile"
	"trunktester/probes/facts"
	"trunktester/reflector"
)

const reflectorToken = "5f1b2c3d4e5f60718293"

// startReflector runs the real reflector on loopback until the test ends.
func startReflector(t *testing.T, change func(*reflector.Config)) *reflector.Server {
	t.Helper()
	c := reflector.Usual()
	c.UDP, c.TCP, c.Token = []string{"127.0.0.1:0", "127.0.0.1:0"}, []string{"127.0.0.1:0"}, reflectorToken
	if change != nil {
		change(&c)
	}
	s, err := reflector.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return s
}

// A reflector that wants its token is a control host only for those who know it.
func TestControlsKnowTheReflectorsToken(t *testing.T) {
	s := startReflector(t, nil)
	for _, c := range []struct {
		to, token string
		outcome   facts.Outcome
	}{
		{s.UDP()[0].String(), reflectorToken, facts.Passed},
		{s.TCP()[0].String(), reflectorToken, facts.Passed},
		{s.TCP()[0].String(), "", facts.Failed},
	} {
		r := Controls{Dial: sipDialer(t), Reflector: c.to, Token: profile.Secret(c.token)}.Look(t.Context(), facts.Facts{})
		if r.Outcome != c.outcome {
			t.Errorf("token %q: %s, %s", c.token, r.Outcome, r.Saw)
		}
	}
}
