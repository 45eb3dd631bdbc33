// Package bufferpool keeps buffers that a few large answers have grown.
package bufferpool

import (
	"bytes"
	"context"

	"plimsoll.dev/leakbench/harness"
)

// pool is a free list of 64: unlike sync.Pool it never gives anything back.
var pool = make(chan *bytes.Buffer, 64)

func borrow() *bytes.Buffer {
	select {
	case b := <-pool:
		b.Reset()
		return b
	default:
		return &bytes.Buffer{}
	}
}

func giveBack(b *bytes.Buffer) {
	select {
	case pool <- b:
	default:
	}
}

func answer(bytesWanted int) {
	b := borrow()
	defer giveBack(b)
	b.Grow(bytesWanted)
}

func init() {
	harness.Register(harness.Case{
		Name: "bufferpool", HealthyOnly: true, Pattern: "pooled buffers that grew to the largest answer (retention)",
		Verdicts: []string{"filling-to-bound", "no-growth", "step", "load-driven"},
		Start: func(*harness.Env, bool) (harness.Handler, error) {
			for range cap(pool) {
				pool <- &bytes.Buffer{}
			}
			return func(context.Context, int) {
				if harness.Some(0.05) {
					answer(512 << 10)
				} else {
					answer(4 << 10)
				}
			}, nil
		},
	})
}
