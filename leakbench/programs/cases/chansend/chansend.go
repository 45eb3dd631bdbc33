// Package chansend asks a backend in a goroutine and gives up waiting; the answer has no taker.
package chansend

import (
	"context"
	"time"

	"plimsoll.dev/leakbench/harness"
)

func ask() []byte {
	time.Sleep(20 * time.Millisecond)
	return make([]byte, 2000)
}

func search(ctx context.Context, answers chan []byte) []byte {
	go func() {
		answers <- ask()
	}()
	select {
	case answer := <-answers:
		return answer
	case <-time.After(2 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return nil
	}
}

func init() {
	harness.Register(harness.Case{
		Name: "chansend", Class: "goroutine", Pattern: "send on a channel whose receiver has timed out",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/chansend.search.func1",
			"plimsoll.dev/leakbench/cases/chansend.search",
		},
		Rps: 20,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(ctx context.Context, _ int) {
				capacity := 1
				if leak {
					capacity = 0
				}
				search(ctx, make(chan []byte, capacity))
			}, nil
		},
	})
}
