// Orders is a small shop that can be made to leak memory in several ways while
// it runs. See the README of this module.
package main

import (
	"context"
	"encoding/json"
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
)

func main() {
	cfg := app.Config{OldTimers: oldTimers}
	flag.StringVar(&cfg.Listen, "listen", "127.0.0.1:0", "`host:port` of the shop, /metrics and /leaks; port 0 picks one")
	flag.StringVar(&cfg.PprofListen, "pprof-listen", "", "`host:port` of /debug/pprof/ and /debug/vars; empty = with the shop")
	flag.DurationVar(&cfg.Day, "day", 24*time.Minute, "real length of one simulated day")
	flag.StringVar(&cfg.Leaks, "leaks", "", "`names` of leaks that are on from the start, with commas")
	withParent := flag.Bool("exit-with-parent", false, "end when the process that started this one has ended")
	flag.Parse()
	if flag.NArg() > 0 || cfg.Day <= 0 {
		fmt.Fprintln(os.Stderr, "orders: takes only flags, and -day must be positive")
		os.Exit(2)
	}
	if err := run(cfg, *withParent); err != nil {
		fmt.Fprintln(os.Stderr, "orders:", err)
		os.Exit(1)
	}
}

func run(cfg app.Config, withParent bool) error {
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
