// Package chanreceive starts a worker for each upload and never closes its channel.
package chanreceive

import (
	"context"

	"plimsoll.dev/leakbench/harness"
)

func startWorker(parts <-chan []byte) {
	go func() {
		total := 0
		for part := range parts {
			total += len(part)
		}
	}()
}

func upload(closes bool) {
	parts := make(chan []byte)
	startWorker(parts)
	for range 3 {
		parts <- make([]byte, 500)
	}
	if closes {
		close(parts)
	}
}

func init() {
	harness.Register(harness.Case{
		Name: "chanreceive", Class: "goroutine", Pattern: "range over a channel that nobody closes",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/chanreceive.startWorker.func1",
			"plimsoll.dev/leakbench/cases/chanreceive.startWorker",
			"plimsoll.dev/leakbench/cases/chanreceive.upload",
		},
		Rps: 20,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(context.Context, int) { upload(!leak) }, nil
		},
	})
}
