// Package tickerloop polls for each session, and goes on when the session is over.
package tickerloop

import (
	"context"
	"time"

	"plimsoll.dev/leakbench/harness"
)

func poll(stop <-chan struct{}) {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	cache := make([]byte, 3000)
	for {
		select {
		case <-ticker.C:
			cache[0]++
		case <-stop:
			return
		}
	}
}

func openSession(ends bool) {
	stop := make(chan struct{})
	go poll(stop)
	if ends {
		time.AfterFunc(2*time.Second, func() { close(stop) })
	}
}

func init() {
	harness.Register(harness.Case{
		Name: "tickerloop", Class: "goroutine", Pattern: "ticker loop that outlives its owner",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/tickerloop.poll",
			"plimsoll.dev/leakbench/cases/tickerloop.openSession",
		},
		Rps: 20,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(context.Context, int) { openSession(!leak) }, nil
		},
	})
}
