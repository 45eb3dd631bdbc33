// Package boundedcache fills a cache to its bound within the first third and then stays.
package boundedcache

import (
	"context"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

type cache struct {
	mu    sync.Mutex
	slots [][]byte
}

func (c *cache) put(request int) {
	page := make([]byte, 12_000)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slots[request%len(c.slots)] = page
}

func init() {
	harness.Register(harness.Case{
		Name: "boundedcache", HealthyOnly: true, Pattern: "cache that fills to its bound",
		Verdicts: []string{"filling-to-bound", "no-growth", "step", "load-driven"},
		Start: func(env *harness.Env, _ bool) (harness.Handler, error) {
			c := &cache{slots: make([][]byte, int(40*env.Seconds/3))}
			return func(_ context.Context, request int) { c.put(request) }, nil
		},
	})
}
