// Package waitgroup misses Done where a part fails.
package waitgroup

import (
	"context"
	"errors"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

var errPart = errors.New("part failed")

func load(part int) error {
	if part == 2 && harness.Some(0.5) {
		return errPart
	}
	return nil
}

func assemble(alwaysDone bool) <-chan struct{} {
	var parts sync.WaitGroup
	parts.Add(3)
	for part := range 3 {
		go func() {
			if err := load(part); err != nil {
				if alwaysDone {
					parts.Done()
				}
				return
			}
			parts.Done()
		}()
	}
	ready := make(chan struct{})
	go func() {
		parts.Wait()
		close(ready)
	}()
	return ready
}

func init() {
	harness.Register(harness.Case{
		Name: "waitgroup", Class: "goroutine", Pattern: "WaitGroup whose Done is missed on an error",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/waitgroup.assemble.func2",
			"plimsoll.dev/leakbench/cases/waitgroup.assemble",
		},
		Rps: 30,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(ctx context.Context, _ int) {
				select {
				case <-assemble(!leak):
				case <-ctx.Done():
				}
			}, nil
		},
	})
}
