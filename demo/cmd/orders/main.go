// Orders is a small shop that can be made to leak memory in several ways while
// it runs. See the README of this module.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll.dev/orders/internal/app"
	"plimsoll.dev/orders/internal/parent"
	"plimsoll.dev/orders/internal/warehouse"
)

// warehouseFlag makes the program the stub of the warehouse instead of the shop.
const warehouseFlag = "serve-warehouse"

func main() {
	cfg := app.Config{OldTimers: oldTimers}
	flag.StringVar(&cfg.Listen, "listen", "127.0.0.1:0", "`host:port` of the shop, /metrics and /leaks; port 0 picks one")
	flag.StringVar(&cfg.PprofListen, "pprof-listen", "", "`host:port` of /debug/pprof/ and /debug/vars; empty = with the shop")
	flag.DurationVar(&cfg.Day, "day", 24*time.Minute, "real length of one simulated day")
	flag.StringVar(&cfg.Leaks, "leaks", "", "`names` of leaks that are on from the start, with commas")
	withParent := flag.Bool("exit-with-parent", false, "end when the process that started this one has ended")
	serveWarehouse := flag.Bool(warehouseFlag, false, "be the warehouse that the service asks for its stock; it starts one by itself")
	flag.Parse()
	if flag.NArg() > 0 || cfg.Day <= 0 {
		fmt.Fprintln(os.Stderr, "orders: takes only flags, and -day must be positive")
		os.Exit(2)
	}
	work := func() error { return run(cfg, *withParent) }
	if *serveWarehouse {
		work = func() error { return warehouse.Serve(app.SKUs(), os.Stdin, os.Stdout) }
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "orders:", err)
		os.Exit(1)
	}
}

func run(cfg app.Config, withParent bool) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if withParent {
		gone := parent.Gone(ctx)
		go func() {
			select {
			case <-gone:
				stop()
			case <-ctx.Done():
			}
		}()
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	stock, err := warehouse.Start(program, "-"+warehouseFlag)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stock.Close()) }()
	cfg.Warehouse = stock.URL
	service, err := app.New(cfg, prometheus.DefaultRegisterer, prometheus.DefaultGatherer)
	if err != nil {
		return err
	}
	addresses := service.Addresses()
	slog.Info("orders is ready", "listening", addresses.Listening, "pprof", addresses.Pprof, "leaks", cfg.Leaks)
	if err := json.NewEncoder(os.Stdout).Encode(addresses); err != nil {
		return fmt.Errorf("can't say where it listens: %w", err)
	}
	return service.Run(ctx)
}
