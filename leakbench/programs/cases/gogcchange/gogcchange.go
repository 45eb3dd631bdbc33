// Package gogcchange lets the heap grow further before it collects, from half of the time on.
package gogcchange

import (
	"context"
	"runtime/debug"
	"time"

	"plimsoll.dev/leakbench/harness"
)

func init() {
	harness.Register(harness.Case{
		Name: "gogcchange", HealthyOnly: true, Pattern: "GOGC raised while running: more resident, not more alive",
		Verdicts: []string{"no-growth", "load-driven", "step"},
		Start: func(env *harness.Env, _ bool) (harness.Handler, error) {
			time.AfterFunc(time.Duration(env.Seconds/2*float64(time.Second)), func() { debug.SetGCPercent(300) })
			return func(context.Context, int) {}, nil
		},
	})
}
