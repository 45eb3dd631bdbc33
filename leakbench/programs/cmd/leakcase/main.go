// Leakcase runs one program of the benchmark: leakcase -case NAME -variant leak|healthy [-shape NAME]. -list prints what there is.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"plimsoll.dev/leakbench/harness"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "leakcase:", err)
		os.Exit(1)
	}
}

func run() error {
	list := flag.Bool("list", false, "print all cases as JSON")
	peer := flag.Bool("peer", false, "serve as the peer of another leakcase")
	name := flag.String("case", "", "which case")
	variant := flag.String("variant", "leak", "leak or healthy")
	seconds := flag.Float64("seconds", 180, "how long it is going to be watched")
	shapeName := flag.String("shape", "swing", "load: swing, flat, ramp, diurnal, bursts, step, stop")
	flag.Parse()
	switch {
	case *peer:
		return harness.ServePeer()
	case *list:
		return json.NewEncoder(os.Stdout).Encode(harness.Cases())
	}
	c, ok := harness.Find(*name)
	if !ok {
		return fmt.Errorf("no case is called %q", *name)
	}
	leak := *variant == "leak"
	if leak && c.HealthyOnly {
		return fmt.Errorf("%s has no leaking variant", c.Name)
	}
	shape, err := harness.ShapeNamed(*shapeName)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return harness.Run(ctx, c, leak, *seconds, shape)
}
