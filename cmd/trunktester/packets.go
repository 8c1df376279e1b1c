package main

import (
	"errors"
	"fmt"
	"os"

	"trunktester/appliance"
	"trunktester/appliance/capture"
	"trunktester/appliance/report"
)

// recording is the packets of one run, on their way to a file. A nil one records nothing.
type recording struct {
	file    *os.File
	packets *capture.Capture
}

// record begins before the run, so that what cannot be recorded is known before anything is sent.
func record(name string, n appliance.Network) (*recording, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the packets cannot be written: %w", err)
	}
	iface, _, err := n.Up()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	packets, err := capture.Start(iface, 0)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &recording{file, packets}, nil
}

// end writes the file.
func (r *recording) end(of report.Report) error {
	if r == nil {
		return nil
	}
	r.packets.Stop()
	err := r.file.Truncate(0)
	if err == nil {
		err = r.packets.Write(r.file, of.Caption(), of.Captions())
	}
	if err = errors.Join(err, r.file.Close()); err != nil {
		return fmt.Errorf("the packets could not be written: %w", err)
	}
	return nil
}
