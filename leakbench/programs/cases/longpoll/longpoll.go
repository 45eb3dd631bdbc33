// Package longpoll holds a few hundred clients for a while each: many goroutines, no more each hour.
package longpoll

import (
	"context"
	"math/rand/v2"
	"time"

	"plimsoll.dev/leakbench/harness"
)

func hold(seconds float64) {
	state := make([]byte, 4000)
	time.Sleep(time.Duration(seconds * float64(time.Second)))
	state[0]++
}

func init() {
	harness.Register(harness.Case{
		Name: "longpoll", HealthyOnly: true, Pattern: "connections that stay for minutes follow the load",
		Verdicts: []string{"load-driven", "no-growth", "filling-to-bound"},
		Start: func(*harness.Env, bool) (harness.Handler, error) {
			return func(context.Context, int) { hold(2 + 16*rand.Float64()) }, nil
		},
	})
}
