// Package app puts the order service together and runs it.
package app

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"plimsoll.dev/orders/internal/archive"
	"plimsoll.dev/orders/internal/catalog"
	"plimsoll.dev/orders/internal/httpapi"
	"plimsoll.dev/orders/internal/inventory"
	"plimsoll.dev/orders/internal/jobs"
	"plimsoll.dev/orders/internal/leaks"
	"plimsoll.dev/orders/internal/nativecodec"
	"plimsoll.dev/orders/internal/notify"
	"plimsoll.dev/orders/internal/orders"
	"plimsoll.dev/orders/internal/reports"
	"plimsoll.dev/orders/internal/sessions"
	"plimsoll.dev/orders/internal/tracking"
)

// shutdownTimeout is how long requests that are under way may still take.
const shutdownTimeout = 3 * time.Second

// catalogSeed makes the shop sell the same products every time.
const catalogSeed = 1

// SKUs returns the stock numbers of all products, for the warehouse.
func SKUs() []string {
	products := catalog.Generate(catalogSeed)
	skus := make([]string, len(products))
	for i, p := range products {
		skus[i] = p.SKU
	}
	return skus
}

// Config is what the command line sets.
type Config struct {
	Listen      string        // host:port of the shop; port 0 picks one
	PprofListen string        // host:port of pprof and expvar; empty = with the shop
	Day         time.Duration // real length of one simulated day
	Warehouse   string        // URL of the stock system
	Leaks       string        // names of the leaks that are on from the start, with commas
	// OldTimers tells that the main package asks for the timers before Go 1.23,
	// without which there is no ticker leak.
	OldTimers bool
}

// Addresses is the line that is printed when the service is ready.
type Addresses struct {
	Listening string `json:"listening"`
	Pprof     string `json:"pprof"`
}

// App is a service that listens but does not answer before Run.
type App struct {
	cfg       Config
	leaks     *leaks.Registry
	workers   []func(context.Context)
	servers   []*http.Server
	listeners []net.Listener
	orders    *orders.Store
}

// New builds the service and opens its ports. Metrics go to registry.
func New(cfg Config, registry prometheus.Registerer, gatherer prometheus.Gatherer) (*App, error) {
	a := &App{cfg: cfg, leaks: &leaks.Registry{}}
	api := a.build(registry)
	if err := a.leaks.TurnOn(cfg.Leaks); err != nil {
		return nil, err
	}
	public := http.NewServeMux()
	api.Routes(public)
	a.leaks.Routes(public)
	public.Handle("GET /metrics", promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{}))
	admin := public
	if cfg.PprofListen != "" {
		admin = http.NewServeMux()
	}
	adminRoutes(admin)
	err := a.listen(cfg.Listen, public)
	if err == nil && admin != public {
		err = a.listen(cfg.PprofListen, admin)
	}
	if err != nil {
		for _, listener := range a.listeners {
			err = errors.Join(err, listener.Close())
		}
		return nil, err
	}
	return a, nil
}

// build makes the shop and its workers, each with the switch of its leak.
func (a *App) build(registry prometheus.Registerer) *httpapi.API {
	now := time.Now()
	products := catalog.Generate(catalogSeed)
	labels := make([]reports.Label, len(products))
	for i, p := range products {
		labels[i] = reports.Label{SKU: p.SKU, Name: p.Name}
	}
	a.orders = orders.NewStore(now, func(id int) int64 { return products[id-1].PriceCents }, len(products))

	shop := catalog.New(products)
	open := sessions.NewCache(sessions.DefaultCapacity, a.cfg.Day/2, a.leaks.Register(sessions.Leak))
	scheduler := jobs.NewScheduler(jobs.DefaultJobs(), a.leaks.Register(jobs.Leak))
	tracker := tracking.New(a.leaks.Register(tracking.Leak))
	sales := reports.NewSales(a.orders, labels, now, a.leaks.Register(reports.Leak))
	stock := inventory.NewClient(a.cfg.Warehouse, a.leaks.Register(inventory.Leak))
	var tickers *leaks.Switch
	if a.cfg.OldTimers {
		tickers = a.leaks.Register(notify.Leak)
	}
	dispatcher := notify.NewDispatcher(notify.DefaultChannels(), tickers)
	archiver := archive.NewArchiver(a.orders, io.Discard, a.leaks.Register(archive.Leak))
	codec := nativecodec.New(a.leaks.Register(nativecodec.Leak))
	fulfilment := orders.NewFulfilment(a.orders, dispatcher)

	a.workers = []func(context.Context){scheduler.Run, stock.Run, dispatcher.Run, archiver.Run, fulfilment.Run, a.closeDays}
	registerMetrics(registry, shop, open, scheduler)
	return &httpapi.API{
		Catalog: shop, Orders: a.orders, Fulfilment: fulfilment, Sessions: open, Inventory: stock,
		Sales: sales, Codec: codec, Tracker: tracker, Metrics: httpapi.NewMetrics(registry),
	}
}

func registerMetrics(registry prometheus.Registerer, shop *catalog.Catalog, open *sessions.Cache, scheduler *jobs.Scheduler) {
	registry.MustRegister(
		collectors.NewBuildInfoCollector(),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "orders_page_cache_bytes", Help: "Rendered pages in the cache."},
			func() float64 { bytes, _ := shop.CacheSize(); return float64(bytes) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "orders_page_cache_evictions_total", Help: "Pages dropped from the cache."},
			func() float64 { _, evictions := shop.CacheSize(); return float64(evictions) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "orders_sessions", Help: "Sessions in memory."},
			func() float64 { return float64(open.Len()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "orders_job_runs_total", Help: "Background jobs that gave a result."},
			func() float64 { return float64(scheduler.Runs()) }),
	)
}

func adminRoutes(mux *http.ServeMux) {
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.Handle("/debug/vars", expvar.Handler())
}

func (a *App) listen(address string, handler http.Handler) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	a.listeners = append(a.listeners, listener)
	a.servers = append(a.servers, &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute,
	})
	return nil
}

// Addresses returns where the service answers.
func (a *App) Addresses() Addresses {
	return Addresses{
		Listening: a.listeners[0].Addr().String(),
		Pprof:     a.listeners[len(a.listeners)-1].Addr().String(),
	}
}

// Run serves until ctx ends or a server fails, then shuts down.
func (a *App) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, len(a.servers))
	var running sync.WaitGroup
	for _, work := range a.workers {
		running.Go(func() { work(ctx) })
	}
	for i, server := range a.servers {
		go func() {
			if err := server.Serve(a.listeners[i]); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serving %s: %w", a.listeners[i].Addr(), err)
			}
		}()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	cancel()
	deadline, stop := context.WithTimeout(context.Background(), shutdownTimeout)
	defer stop()
	for _, server := range a.servers {
		if server.Shutdown(deadline) != nil { // a profile may take longer
			err = errors.Join(err, server.Close())
		}
	}
	running.Wait()
	return err
}

// closeDays logs at the end of each simulated day how many orders it had.
func (a *App) closeDays(ctx context.Context) {
	ticker := time.NewTicker(a.cfg.Day)
	defer ticker.Stop()
	last := a.orders.LastID()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			latest := a.orders.LastID()
			slog.Info("day closed", "orders", latest-last)
			last = latest
		}
	}
}
