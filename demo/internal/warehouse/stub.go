// Package warehouse stands in for the stock system of another team. It answers
// on a loopback port, in a process of its own, so that the service talks to it as
// it would in production.
package warehouse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// RevisionHeader carries the number of the last stock-taking.
const RevisionHeader = "X-Stock-Revision"

const (
	// requestsPerRevision: stock is counted anew for every 16th request.
	requestsPerRevision = 16
	// socketBuffer is small, so that an answer (about 200 KiB) that is not
	// read does not fit into the buffers of the two sockets and the handler
	// waits in Write: the connection can't be used for anything else.
	socketBuffer = 32 << 10
)

// Level is the stock of one product.
type Level struct {
	SKU       string `json:"sku"`
	OnHand    int    `json:"onHand"`
	Reserved  int    `json:"reserved"`
	Warehouse string `json:"warehouse"`
	Bin       string `json:"bin"`
	CountedAt string `json:"countedAt"`
	Remark    string `json:"remark"`
}

// Stub serves GET /stock: one Level a line.
type Stub struct {
	listener net.Listener
	server   *http.Server
	body     []byte
	requests atomic.Int64
}

// Listen starts the stub with a stock of the given products.
func Listen(skus []string) (*Stub, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("warehouse stub: %w", err)
	}
	s := &Stub{listener: listener, body: stockList(skus)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stock", s.stock)
	s.server = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetWriteBuffer(socketBuffer) // a larger buffer is harmless
			}
			return ctx
		},
	}
	go func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			slog.Error("warehouse stub ended", "err", err)
		}
	}()
	return s, nil
}

// URL returns where the stub answers.
func (s *Stub) URL() string { return "http://" + s.listener.Addr().String() }

// Close ends the stub and all its connections.
func (s *Stub) Close() error { return s.server.Close() }

func stockList(skus []string) []byte {
	var b bytes.Buffer
	lines := json.NewEncoder(&b)
	for i, sku := range skus {
		_ = lines.Encode(Level{ // a bytes.Buffer takes everything
			SKU: sku, OnHand: 20 + i*37%400, Reserved: i % 7,
			Warehouse: []string{"Lisbon 1", "Gdansk 2", "Hamburg 1"}[i%3],
			Bin:       fmt.Sprintf("aisle %02d, rack %02d, shelf %d", i%40, i%23, i%5),
			CountedAt: "2026-03-01T06:00:00Z", Remark: "counted by hand, full pallet not opened",
		})
	}
	return b.Bytes()
}

func (s *Stub) stock(w http.ResponseWriter, _ *http.Request) {
	revision := s.requests.Add(1) / requestsPerRevision
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Content-Length", strconv.Itoa(len(s.body)))
	w.Header().Set(RevisionHeader, strconv.FormatInt(revision, 10))
	if _, err := w.Write(s.body); err != nil {
		slog.Debug("stock list not sent to its end", "err", err)
	}
}
