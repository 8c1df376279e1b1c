package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"trunktester/appliance"
	"trunktester/appliance/catalogue"
	"trunktester/appliance/profile"
	"trunktester/leds"
	"trunktester/leds/gpio"
	"trunktester/leds/terminal"
)

// lights are the lamps of one wiring with the player on them. They shine on while boxes come and go.
type lights struct {
	lampSet
	wiring profile.LEDs
	player *leds.Player
	log    *slog.Logger
	stop   func() // the player
}

// openLights begins to play.
func openLights(wiring profile.LEDs, begin catalogue.Whole, stderr io.Writer) *lights {
	set := openLamps(wiring)
	l := &lights{lampSet: set, wiring: wiring, log: set.logger(stderr)}
	l.player = set.player(begin, l.log)
	ctx, cancel := context.WithCancel(context.Background())
	var played sync.WaitGroup
	played.Go(func() { l.player.Run(ctx) })
	l.stop = func() { cancel(); played.Wait() }
	return l
}

// rewired gives lights of another wiring; the old ones go dark. The same wiring plays on.
func (l *lights) rewired(wiring profile.LEDs, stderr io.Writer) *lights {
	if wiring == l.wiring || l.screen != nil {
		return l
	}
	l.stop()
	if err := l.lamps.Set([5]leds.Colour{}); err != nil {
		l.log.Error("lights", "err", err)
	}
	return openLights(wiring, catalogue.WholeNone, stderr)
}

// during shows a pattern while something is done between two boxes, neither of which feeds the lights.
func (l *lights) during(w catalogue.Whole, do func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- do() }()
	feed := time.NewTicker(leds.Hunger / 10)
	defer feed.Stop()
	for {
		l.player.Show(leds.Show{Whole: w})
		select {
		case err := <-ended:
			return err
		case <-feed.C:
		}
	}
}

// end leaves the lights as they shine.
func (l *lights) end() error {
	l.stop()
	return l.close()
}

// lampSet is what the lights of this machine are: the Pi's lines, or drawn in the terminal.
type lampSet struct {
	lamps  leds.Lamps
	button *gpio.Button       // nil without one
	screen *terminal.Terminal // nil on a Pi
	failed error              // why the Pi's lines could not be had, nil otherwise
}

// openLamps takes the Pi's lights, and where there are none draws them on the standard output.
func openLamps(wiring profile.LEDs) lampSet {
	lamps, err := gpio.Open(wiring)
	if err != nil {
		screen := terminal.Open(os.Stdout, os.Getenv)
		return lampSet{lamps: screen, screen: screen, failed: err}
	}
	set := lampSet{lamps: lamps}
	if pins, err := gpio.Board(); err == nil {
		set.button, _ = gpio.OpenButton(pins, wiring.Button) // without a button the page has one
	}
	return set
}

// player plays on the lamps.
func (l lampSet) player(begin catalogue.Whole, log *slog.Logger) *leds.Player {
	p := &leds.Player{Lamps: l.lamps, Begin: begin, Failed: func(err error) { log.Error("lights", "err", err) }}
	if l.screen != nil {
		p.Told = l.screen.Tell
	}
	if onPi() {
		var err error
		if p.Board, err = gpio.OpenACT(gpio.LEDClass); err != nil {
			log.Warn("lights", "err", err)
		}
	}
	return p
}

// logger writes every step to the box's log. Lights that are drawn in a terminal have a narrator beside
// them, so only what went wrong is logged there, above the lights.
func (l lampSet) logger(stderr io.Writer) *slog.Logger {
	if l.screen != nil {
		return slog.New(slog.NewTextHandler(l.screen, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	return slog.New(slog.NewTextHandler(stderr, nil))
}

func (l lampSet) close() error {
	if l.screen != nil {
		return l.screen.Close()
	}
	return nil
}

// pressed carries out what the button says. While it is held long enough for a wipe the lights say so.
func (l lampSet) pressed(ctx context.Context, b *appliance.Box, wipe func(), log *slog.Logger) {
	if l.button == nil {
		return
	}
	go l.button.Watch(ctx, func(press gpio.Press) {
		switch press {
		case gpio.Short:
			b.Step()
		case gpio.Hold:
			if err := b.RunAgain(); err != nil {
				log.Warn("button", "err", err)
			}
		case gpio.Long:
			b.Pattern(catalogue.WholeWriting)
		case gpio.Stuck:
			b.Pattern(catalogue.WholeNone)
		case gpio.Wipe:
			b.Pattern(catalogue.WholeWriting)
			wipe()
		}
	})
}
