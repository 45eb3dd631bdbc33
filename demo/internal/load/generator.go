package load

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// connections bounds the requests that are under way at one time.
	connections = 16
	// backlog bounds the requests that wait for a connection; others are
	// dropped, as customers of a slow shop go away.
	backlog = 64
	// requestTimeout ends a request that is not answered.
	requestTimeout = 10 * time.Second
	// goneAfter: a target that has not answered for so long is given up.
	goneAfter = 30 * time.Second
	// reportEvery is how often the figures are logged.
	reportEvery = time.Minute
)

// ErrGone tells that the target no longer answers.
var ErrGone = errors.New("the target has not answered for 30 s")

// Config says where the load goes and how much of it there is.
type Config struct {
	Target    string        // URL of the shop
	RPS       float64       // requests a second at the busiest hour
	Day       time.Duration // real length of one simulated day
	StartHour float64       // hour of the simulated day at the start
	Seed      uint64        // same seed, same requests
}

// Generator sends requests at random moments, at the rate of the hour.
type Generator struct {
	cfg        Config
	client     *http.Client
	visitor    *visitor
	goneAfter  time.Duration
	lastAnswer atomic.Int64 // Unix nanoseconds
	answered   atomic.Int64
	refused    atomic.Int64 // answered with 4xx or 5xx
	failed     atomic.Int64 // not answered
	dropped    atomic.Int64
}

func New(cfg Config) *Generator {
	transport := &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections}
	return &Generator{
		cfg:       cfg,
		goneAfter: goneAfter,
		client:    &http.Client{Transport: transport, Timeout: requestTimeout},
		visitor: &visitor{
			base: strings.TrimRight(cfg.Target, "/"), rng: rand.New(rand.NewPCG(cfg.Seed, 2)), lastOrder: 1,
		},
	}
}

// Run makes load until ctx ends, which is no error, or the target is gone.
func (g *Generator) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g.lastAnswer.Store(time.Now().UnixNano())
	due := make(chan struct{}, backlog)
	var running sync.WaitGroup
	for range connections {
		running.Go(func() {
			for range due {
				g.send(ctx)
			}
		})
	}
	running.Go(func() { g.watch(ctx, cancel) })
	g.schedule(ctx, due)
	close(due)
	running.Wait()
	g.client.CloseIdleConnections()
	if errors.Is(context.Cause(ctx), ErrGone) {
		return fmt.Errorf("%s: %w", g.cfg.Target, ErrGone)
	}
	return nil
}

// schedule puts a request into due at the moments of a Poisson process whose
// rate follows the hour of the day.
func (g *Generator) schedule(ctx context.Context, due chan<- struct{}) {
	started := time.Now()
	next := started
	rng := rand.New(rand.NewPCG(g.cfg.Seed, 3))
	for {
		rate := g.cfg.RPS * Share(Hour(g.cfg.StartHour, time.Since(started), g.cfg.Day))
		next = next.Add(time.Duration(rng.ExpFloat64() / rate * float64(time.Second)))
		if behind := time.Since(next); behind > time.Second {
			next = time.Now() // the machine slept; what was missed is not made up for
		}
		if !sleepUntil(ctx, next) {
			return
		}
		select {
		case due <- struct{}{}:
		default:
			g.dropped.Add(1)
		}
	}
}

// sleepUntil tells whether ctx was still alive at that time.
func sleepUntil(ctx context.Context, at time.Time) bool {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (g *Generator) send(ctx context.Context) {
	req, name, err := g.visitor.next(ctx)
	if err != nil {
		slog.Error("request not made", "err", err)
		return
	}
	resp, err := g.client.Do(req)
	if err != nil {
		g.failed.Add(1)
		return
	}
	defer resp.Body.Close()
	g.lastAnswer.Store(time.Now().UnixNano())
	g.answered.Add(1)
	if resp.StatusCode >= 400 {
		g.refused.Add(1)
	}
	if err := g.visitor.learn(name, resp); err != nil && ctx.Err() == nil {
		slog.Warn("answer not understood", "request", name, "err", err)
	}
}

// watch logs the figures and gives up a target that is gone.
func (g *Generator) watch(ctx context.Context, cancel context.CancelCauseFunc) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	lastReport, lastAnswered := time.Now(), int64(0)
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if now.Sub(time.Unix(0, g.lastAnswer.Load())) > g.goneAfter {
				cancel(ErrGone)
				return
			}
			if passed := now.Sub(lastReport); passed >= reportEvery {
				answered := g.answered.Load()
				slog.Info("load", "rps", fmt.Sprintf("%.1f", float64(answered-lastAnswered)/passed.Seconds()), "answered", answered,
					"refused", g.refused.Load(), "failed", g.failed.Load(), "dropped", g.dropped.Load())
				lastReport, lastAnswered = now, answered
			}
		}
	}
}
