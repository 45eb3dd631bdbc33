// Package timeafter waits with time.After in a loop: garbage before Go 1.23, nothing since.
package timeafter

import (
	"context"
	"time"

	"plimsoll.dev/leakbench/harness"
)

func pump(ctx context.Context, events <-chan int) {
	for {
		select {
		case <-events:
		case <-time.After(time.Hour):
			return
		case <-ctx.Done():
			return
		}
	}
}

func init() {
	harness.Register(harness.Case{
		Name: "timeafter", HealthyOnly: true, Pattern: "time.After in a select loop, with the timers of Go 1.23 and later",
		Start: func(*harness.Env, bool) (harness.Handler, error) {
			events := make(chan int)
			go pump(context.Background(), events)
			return func(ctx context.Context, request int) {
				for i := range 20 {
					select {
					case events <- request + i:
					case <-ctx.Done():
						return
					}
				}
			}, nil
		},
	})
}
