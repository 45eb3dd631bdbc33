// Package inventory knows how much of each product is in stock. It asks the
// warehouse at intervals and answers from memory.
package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"plimsoll.dev/orders/internal/leaks"
	"plimsoll.dev/orders/internal/warehouse"
)

// Leak: the early return for an unchanged revision forgets the body.
var Leak = leaks.Spec{
	Name:        "bodies",
	Class:       leaks.FD,
	Description: "The inventory client returns early when nothing has changed, without closing the response body.",
	Note:        "About 3 connections a second, whatever the load: each holds a file descriptor, two goroutines of net/http and some 35 KiB of heap. What was forgotten stays until the service ends.",
}

const (
	// refreshEvery: 15 of 16 answers bring nothing new. Where their bodies stay
	// open, that is 3 file descriptors a second.
	refreshEvery = 320 * time.Millisecond
	// responseHeaderTimeout limits the wait for an answer. There is no limit on
	// reading it: a stock list may be long.
	responseHeaderTimeout = 5 * time.Second
	// socketBuffer: see the warehouse stub.
	socketBuffer = 32 << 10
	// callLogBytes is room for the log of one call, kept until the call is over.
	callLogBytes = 16 << 10
)

// Client asks the warehouse and remembers its last answer.
type Client struct {
	url     string
	http    *http.Client
	noClose *leaks.Switch

	mu       sync.RWMutex
	revision string
	levels   map[string]warehouse.Level
}

// NewClient makes a client of the warehouse at url.
func NewClient(url string, noClose *leaks.Switch) *Client {
	transport := &http.Transport{
		DialContext:           dialWarehouse,
		ResponseHeaderTimeout: responseHeaderTimeout,
		DisableCompression:    true,
	}
	return &Client{url: url, http: &http.Client{Transport: transport}, noClose: noClose}
}

func dialWarehouse(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(socketBuffer) // a larger buffer is harmless
	}
	return conn, nil
}

// Run refreshes the stock until ctx ends.
func (c *Client) Run(ctx context.Context) {
	ticker := time.NewTicker(refreshEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := c.Refresh(ctx); err != nil && ctx.Err() == nil {
				slog.Warn("stock not refreshed", "err", err)
			}
		}
	}
}

// Refresh asks the warehouse for its stock and takes it over where it is of a
// revision that is not known yet.
func (c *Client) Refresh(ctx context.Context) error {
	log := newCallLog()
	ctx = httptrace.WithClientTrace(ctx, log.trace())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/stock", nil)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%w (call: %s)", err, log)
	}
	revision := resp.Header.Get(warehouse.RevisionHeader)
	if revision == c.Revision() {
		if c.noClose.On() {
			return nil
		}
		return drainAndClose(resp.Body)
	}
	defer drainAndClose(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("warehouse answers %s (call: %s)", resp.Status, log)
	}
	levels, err := decode(resp.Body)
	if err != nil {
		return fmt.Errorf("stock list: %w (call: %s)", err, log)
	}
	c.mu.Lock()
	c.revision, c.levels = revision, levels
	c.mu.Unlock()
	return nil
}

// drainAndClose reads a body to its end, so that its connection is used again.
func drainAndClose(body io.ReadCloser) error {
	_, err := io.Copy(io.Discard, body)
	return errors.Join(err, body.Close())
}

func decode(body io.Reader) (map[string]warehouse.Level, error) {
	levels := make(map[string]warehouse.Level)
	lines := json.NewDecoder(body)
	for {
		var level warehouse.Level
		if err := lines.Decode(&level); errors.Is(err, io.EOF) {
			return levels, nil
		} else if err != nil {
			return nil, err
		}
		levels[level.SKU] = level
	}
}

// Revision returns the revision of the stock that is known, empty before the first.
func (c *Client) Revision() string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.revision
}

// Level returns the stock of a product and whether it is known.
func (c *Client) Level(sku string) (warehouse.Level, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	level, ok := c.levels[sku]
	return level, ok
}

// callLog notes the steps of one call for the message of an error.
type callLog struct {
	mu      sync.Mutex
	started time.Time
	text    []byte
}

func newCallLog() *callLog {
	return &callLog{started: time.Now(), text: make([]byte, 0, callLogBytes)}
}

func (l *callLog) note(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.text) < callLogBytes/2 {
		l.text = fmt.Appendf(l.text, "%s "+format+"; ", append([]any{time.Since(l.started).Round(time.Microsecond)}, args...)...)
	}
}

func (l *callLog) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:              func(hostPort string) { l.note("wants %s", hostPort) },
		GotConn:              func(info httptrace.GotConnInfo) { l.note("has connection, reused %v", info.Reused) },
		WroteRequest:         func(info httptrace.WroteRequestInfo) { l.note("sent, err %v", info.Err) },
		GotFirstResponseByte: func() { l.note("answer begins") },
	}
}

func (l *callLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
