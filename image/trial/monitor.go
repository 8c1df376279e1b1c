package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"trunktester/image/lights"
)

// Addresses of a Raspberry Pi 3: the GPIO's first register, and the lower word of the system timer, which counts
// microseconds (BCM2835 ARM Peripherals, sections 6.1 and 12.1; the Pi 3 has them at 0x3f000000).
const (
	gpioAt  = 0x3f200000
	timerAt = 0x3f003004
)

// answerIn is how long the emulator may take for one answer: on a busy machine it gets no processor for seconds.
const answerIn = 2 * time.Minute

// monitor speaks QMP to the emulator (qemu's docs/interop/qmp-spec). It may be used from several goroutines.
type monitor struct {
	mu   sync.Mutex
	conn net.Conn
	read *bufio.Reader
}

func openMonitor(socket string) (*monitor, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	m := &monitor{conn: conn, read: bufio.NewReader(conn)}
	conn.SetDeadline(time.Now().Add(answerIn)) //nolint:errcheck // the read below tells
	if _, err := m.read.ReadBytes('\n'); err != nil {
		conn.Close() //nolint:errcheck // only read from
		return nil, fmt.Errorf("the emulator's greeting: %w", err)
	}
	if _, err := m.ask("qmp_capabilities", nil); err != nil {
		conn.Close() //nolint:errcheck // only read from
		return nil, err
	}
	return m, nil
}

// ask carries out one command and returns what came back; events in between are passed over.
func (m *monitor) ask(command string, arguments map[string]any) (json.RawMessage, error) {
	request := map[string]any{"execute": command}
	if arguments != nil {
		request["arguments"] = arguments
	}
	line, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.conn.SetDeadline(time.Now().Add(answerIn)) //nolint:errcheck // the write tells
	if _, err := m.conn.Write(append(line, '\n')); err != nil {
		return nil, fmt.Errorf("asking the emulator %s: %w", command, err)
	}
	for {
		line, err := m.read.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("the emulator's answer to %s: %w", command, err)
		}
		var answer struct {
			Return json.RawMessage `json:"return"`
			Error  *struct {
				Desc string `json:"desc"`
			} `json:"error"`
		}
		if err := json.Unmarshal(line, &answer); err != nil {
			return nil, fmt.Errorf("the emulator's answer to %s: %w", command, err)
		}
		if answer.Error != nil {
			return nil, fmt.Errorf("the emulator refuses %s: %s", command, answer.Error.Desc)
		}
		if answer.Return != nil {
			return answer.Return, nil
		}
	}
}

// human carries out a command of the monitor for people, which has some that QMP lacks.
func (m *monitor) human(line string) (string, error) {
	raw, err := m.ask("human-monitor-command", map[string]any{"command-line": line})
	if err != nil {
		return "", err
	}
	var text string
	return text, json.Unmarshal(raw, &text)
}

// words reads n words of the board's physical memory.
func (m *monitor) words(n int, at uint32) ([]uint32, error) {
	text, err := m.human(fmt.Sprintf("xp /%dwx %#x", n, at))
	if err != nil {
		return nil, err
	}
	return parseDump(text)
}

// parseDump reads lines such as "000000003f200000: 0x00000000 0x00024000".
func parseDump(text string) ([]uint32, error) {
	var words []uint32
	for line := range strings.Lines(text) {
		_, values, ok := strings.Cut(line, ":")
		if !ok {
			return nil, fmt.Errorf("no dump of memory: %q", line)
		}
		for _, value := range strings.Fields(values) {
			word, err := strconv.ParseUint(value, 0, 32)
			if err != nil {
				return nil, fmt.Errorf("no dump of memory: %w", err)
			}
			words = append(words, uint32(word))
		}
	}
	return words, nil
}

// look reads the GPIO's registers, and the board's own clock.
func (m *monitor) look() (lights.Registers, time.Duration, error) {
	words, err := m.words(lights.Words, gpioAt)
	if err != nil {
		return lights.Registers{}, 0, err
	}
	clock, err := m.words(1, timerAt)
	if err != nil {
		return lights.Registers{}, 0, err
	}
	if len(clock) != 1 {
		return lights.Registers{}, 0, fmt.Errorf("%d words of the board's clock", len(clock))
	}
	r, err := lights.Parse(words)
	return r, time.Duration(clock[0]) * time.Microsecond, err
}
