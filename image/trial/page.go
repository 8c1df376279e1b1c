package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"trunktester/appliance/report"
	"trunktester/lab"
)

// neighbour is a browser on the laptop, on the same switch as the box.
type neighbour struct {
	lab    *lab.Lab
	client http.Client
}

func newNeighbour(l *lab.Lab) *neighbour {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) { return l.DialBox("80") }}
	return &neighbour{lab: l, client: http.Client{Transport: transport, Timeout: 20 * time.Second}}
}

// get fetches a page under the box's own address.
func (n *neighbour) get(ctx context.Context, path string) ([]byte, error) {
	conn, err := n.lab.DialBox("80")
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err = errors.Join(err, conn.Close()); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := n.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 4<<20))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", path, answer.Status)
	}
	return body, err
}

// report is the run that the page shows.
func (n *neighbour) report(ctx context.Context) (report.Report, error) {
	body, err := n.get(ctx, "/report.json")
	if err != nil {
		return report.Report{}, err
	}
	return report.Decode(body)
}

// page checks that the box's own page answers, and not gokrazy's, and returns it.
func (n *neighbour) page(ctx context.Context) (string, error) {
	body, err := n.get(ctx, "/")
	if err != nil {
		return "", err
	}
	text := string(body)
	if !strings.Contains(text, "INTERNET") || !strings.Contains(text, "SIP PATH") || strings.Contains(strings.ToLower(text), "gokrazy") {
		return text, errors.New("the page at port 80 is not the box's own")
	}
	return text, nil
}

var residentMemory = regexp.MustCompile(`(?m)^process_resident_memory_bytes ([0-9.e+]+)$`)

// memory is the program's resident memory in bytes, from its own metrics.
func (n *neighbour) memory(ctx context.Context) (int64, error) {
	body, err := n.get(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	found := residentMemory.FindSubmatch(body)
	if found == nil {
		return 0, errors.New("/metrics does not tell process_resident_memory_bytes")
	}
	bytes, err := strconv.ParseFloat(string(found[1]), 64)
	return int64(bytes), err
}

const (
	lastPort = 1024
	atOnce   = 16
)

// open lists the TCP ports up to 1024, and some that gokrazy and others like, that the box accepts connections on.
func (n *neighbour) open() []int {
	ports := make(chan int)
	var mu sync.Mutex
	var found []int
	var asking sync.WaitGroup
	for range atOnce {
		asking.Go(func() {
			for port := range ports {
				conn, err := n.lab.DialBox(strconv.Itoa(port))
				if err != nil {
					continue
				}
				conn.Close() //nolint:errcheck // only opened
				mu.Lock()
				found = append(found, port)
				mu.Unlock()
			}
		})
	}
	for port := 1; port <= lastPort; port++ {
		ports <- port
	}
	for _, port := range []int{1080, 2222, 5060, 8080, 8443} {
		ports <- port
	}
	close(ports)
	asking.Wait()
	slices.Sort(found)
	return found
}
