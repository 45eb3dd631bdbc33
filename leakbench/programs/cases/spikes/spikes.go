// Package spikes builds a large report now and then and drops it.
package spikes

import (
	"context"
	"time"

	"plimsoll.dev/leakbench/harness"
)

func report() {
	var parts [][]byte
	for range 400 {
		parts = append(parts, make([]byte, 100_000))
		time.Sleep(5 * time.Millisecond)
	}
	_ = parts[len(parts)-1]
}

func init() {
	harness.Register(harness.Case{
		Name: "spikes", HealthyOnly: true, Pattern: "large report now and then: resident memory stays high",
		Verdicts: []string{"no-growth", "load-driven", "step"},
		Start: func(*harness.Env, bool) (harness.Handler, error) {
			go func() {
				for range time.Tick(25 * time.Second) {
					report()
				}
			}()
			return func(context.Context, int) {}, nil
		},
	})
}
