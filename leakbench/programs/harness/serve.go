package harness

import (
	"context"
	"encoding/json"
	"errors"
	_ "expvar" // /debug/vars
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	_ "net/http/pprof" // /debug/pprof
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Run serves one variant of a case until ctx ends, under load of this shape. It prints one JSON line with
// the address when it is ready.
func Run(ctx context.Context, c Case, leak bool, seconds float64, shape Shape) error {
	peer, err := startPeer(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "leakcase-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	env := &Env{Peer: "http://" + peer, PeerAddress: peer, Dir: dir, Registry: registry, Seconds: seconds}
	handle, err := c.Start(env, leak)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	http.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	go newLoad(c.Rps, seconds, shape, registry, newCatalogue(), handle).run(ctx)
	ready, err := json.Marshal(map[string]any{"listening": listener.Addr().String(), "pid": os.Getpid()})
	if err != nil {
		return err
	}
	fmt.Println(string(ready))
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// load makes requests from inside: Poisson arrivals whose rate has a shape.
type load struct {
	rps      float64
	seconds  float64
	shape    Shape
	requests prometheus.Counter
	base     *catalogue
	handle   Handler
}

func newLoad(
	rps, seconds float64, shape Shape, registry prometheus.Registerer, base *catalogue, handle Handler,
) *load {
	requests := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "http_requests_total", Help: "Requests that were begun.",
	})
	registry.MustRegister(requests)
	return &load{rps: rps, seconds: seconds, shape: shape, requests: requests, base: base, handle: handle}
}

// idlePause is how long is waited where the shape asks for no requests.
const idlePause = 100 * time.Millisecond

func (l *load) run(ctx context.Context) {
	began := time.Now()
	for request := 0; ; request++ {
		rate := l.rps * l.shape(time.Since(began).Seconds(), l.seconds)
		pause := idlePause
		if rate > 0 {
			pause = time.Duration(rand.ExpFloat64() / rate * float64(time.Second))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		if rate <= 0 {
			continue
		}
		l.requests.Inc()
		go l.serve(ctx, request)
	}
}

// requestTimeout is how long a request may take before its caller has gone.
const requestTimeout = 5 * time.Second

func (l *load) serve(parent context.Context, request int) {
	ctx, cancel := context.WithTimeout(parent, requestTimeout)
	defer cancel()
	if err := l.base.answer(); err != nil {
		fmt.Fprintln(os.Stderr, "leakcase:", err)
	}
	l.handle(ctx, request)
}
