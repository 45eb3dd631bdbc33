// Package rwlock takes a read lock twice; a writer that comes between blocks both for ever.
package rwlock

import (
	"context"
	"sync"
	"time"

	"plimsoll.dev/leakbench/harness"
)

type registry struct {
	mu    sync.RWMutex
	names map[string]int
}

func (r *registry) size() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.names)
}

func (r *registry) describe(nested bool) int {
	r.mu.RLock()
	if !nested {
		n := len(r.names)
		r.mu.RUnlock()
		return n
	}
	defer r.mu.RUnlock()
	time.Sleep(5 * time.Millisecond)
	return r.size()
}

func (r *registry) add(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names[name]++
}

func handle(nested bool) {
	r := &registry{names: map[string]int{}}
	go r.describe(nested)
	time.Sleep(2 * time.Millisecond)
	go r.add("new")
}

func init() {
	harness.Register(harness.Case{
		Name: "rwlock", Class: "goroutine", Pattern: "read lock taken twice around a writer",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/rwlock.(*registry).size",
			"plimsoll.dev/leakbench/cases/rwlock.(*registry).describe",
			"plimsoll.dev/leakbench/cases/rwlock.(*registry).add",
			"plimsoll.dev/leakbench/cases/rwlock.handle",
		},
		Rps: 20,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(context.Context, int) { handle(leak) }, nil
		},
	})
}
