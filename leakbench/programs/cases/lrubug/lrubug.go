// Package lrubug has a cache whose eviction removes from the list and not from the map.
package lrubug

import (
	"container/list"
	"context"
	"fmt"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

type entry struct {
	key  string
	page []byte
}

// Cache is bounded, or means to be.
type Cache struct {
	mu    sync.Mutex
	bound int
	order *list.List
	byKey map[string]*list.Element
	clean bool
}

func (c *Cache) put(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byKey[key] = c.order.PushFront(&entry{key: key, page: make([]byte, 4000)})
	for c.order.Len() > c.bound {
		last := c.order.Back()
		c.order.Remove(last)
		if c.clean {
			delete(c.byKey, last.Value.(*entry).key)
		}
	}
}

func init() {
	harness.Register(harness.Case{
		Name: "lrubug", Class: "heap", Pattern: "cache whose eviction forgets its index",
		Culprits: []string{"plimsoll.dev/leakbench/cases/lrubug.(*Cache).put"},
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			c := &Cache{bound: 400, order: list.New(), byKey: map[string]*list.Element{}, clean: !leak}
			return func(_ context.Context, request int) { c.put(fmt.Sprintf("page-%d", request)) }, nil
		},
	})
}
