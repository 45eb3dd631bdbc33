// Package newdata loads a larger dataset in the middle, once.
package newdata

import (
	"context"
	"sync/atomic"
	"time"

	"plimsoll.dev/leakbench/harness"
)

var dataset atomic.Pointer[[][]byte]

func load(rows int) {
	table := make([][]byte, rows)
	for i := range table {
		table[i] = make([]byte, 1000)
	}
	dataset.Store(&table)
}

func init() {
	harness.Register(harness.Case{
		Name: "newdata", HealthyOnly: true, Pattern: "dataset replaced by a larger one",
		Verdicts: []string{"step", "no-growth", "load-driven"},
		Start: func(env *harness.Env, _ bool) (harness.Handler, error) {
			load(10_000)
			time.AfterFunc(time.Duration(env.Seconds*0.45*float64(time.Second)), func() { load(40_000) })
			return func(context.Context, int) {}, nil
		},
	})
}
