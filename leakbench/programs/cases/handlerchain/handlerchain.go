// Package handlerchain wraps its handler once more at every reload.
package handlerchain

import (
	"context"
	"sync/atomic"

	"plimsoll.dev/leakbench/harness"
)

type step func(n int) int

var chain atomic.Pointer[step]

func wrap(inner step) step {
	rules := make([]byte, 16<<10)
	return func(n int) int {
		if n == 0 {
			return len(rules)
		}
		// Only the first few are asked, so that depth costs memory and no time.
		return inner(n - 1)
	}
}

func reload(base step) {
	next := wrap(base)
	chain.Store(&next)
}

func init() {
	harness.Register(harness.Case{
		Name: "handlerchain", Class: "heap", Pattern: "closure over the closure before it, one deeper each time",
		Culprits: []string{"plimsoll.dev/leakbench/cases/handlerchain.wrap"},
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			first := step(func(n int) int { return n })
			chain.Store(&first)
			return func(_ context.Context, request int) {
				if request%4 == 0 {
					if leak {
						reload(*chain.Load())
					} else {
						reload(first)
					}
				}
				(*chain.Load())(3)
			}, nil
		},
	})
}
