// Package pipeline stops reading at the first hit and leaves the stages before it with their buffers.
package pipeline

import (
	"context"

	"plimsoll.dev/leakbench/harness"
)

func scan(ctx context.Context, rows int) <-chan []byte {
	out := make(chan []byte)
	go func() {
		defer close(out)
		block := make([]byte, 20_000)
		for i := range rows {
			block[0] = byte(i)
			select {
			case out <- block[:100]:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func first(ctx context.Context) []byte {
	for row := range scan(ctx, 100) {
		return row
	}
	return nil
}

func init() {
	harness.Register(harness.Case{
		Name: "pipeline", Class: "goroutine", Pattern: "pipeline whose reader breaks off; its stages pin buffers",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/pipeline.scan.func1",
			"plimsoll.dev/leakbench/cases/pipeline.scan",
			"plimsoll.dev/leakbench/cases/pipeline.first",
		},
		Rps: 15,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(ctx context.Context, _ int) {
				if leak {
					ctx = context.WithoutCancel(ctx)
				}
				first(ctx)
			}, nil
		},
	})
}
