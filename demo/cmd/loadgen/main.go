// Loadgen sends the requests of a shop's customers, more by day than by night.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"plimsoll.dev/orders/internal/load"
	"plimsoll.dev/orders/internal/parent"
)

func main() {
	var cfg load.Config
	flag.StringVar(&cfg.Target, "target", "", "`URL` of the shop, such as http://127.0.0.1:8080")
	flag.Float64Var(&cfg.RPS, "rps", 40, "requests a second at the busiest hour")
	flag.DurationVar(&cfg.Day, "day", 24*time.Minute, "real length of one simulated day")
	flag.Float64Var(&cfg.StartHour, "start-hour", 12, "hour of the simulated day at the start, 0 to 24")
	flag.Uint64Var(&cfg.Seed, "seed", 1, "same seed, same requests")
	flag.Parse()
	if err := check(cfg); err != nil {
		fmt.Fprintln(os.Stderr, "loadgen:", err)
		os.Exit(2)
	}
	if err := run(cfg); err != nil {
		fmt.Fprintln(os.Stderr, "loadgen:", err)
		os.Exit(1)
	}
}

func check(cfg load.Config) error {
	target, err := url.Parse(cfg.Target)
	switch {
	case flag.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	case err != nil || target.Scheme != "http" && target.Scheme != "https" || target.Host == "":
		return fmt.Errorf("-target must be an http URL, not %q", cfg.Target)
	case !(cfg.RPS > 0 && cfg.RPS <= 10_000):
		return fmt.Errorf("-rps must be above 0 and at most 10000, not %g", cfg.RPS)
	case cfg.Day <= 0:
		return fmt.Errorf("-day must be positive, not %s", cfg.Day)
	case !(cfg.StartHour >= 0 && cfg.StartHour <= 24):
		return fmt.Errorf("-start-hour must be 0 to 24, not %g", cfg.StartHour)
	}
	return nil
}

func run(cfg load.Config) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	gone := parent.Gone(ctx)
	go func() {
		select {
		case <-gone: // nobody would end the load any more
			stop()
		case <-ctx.Done():
		}
	}()
	return load.New(cfg).Run(ctx)
}
