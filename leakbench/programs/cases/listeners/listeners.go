// Package listeners subscribes for each request and forgets to unsubscribe.
package listeners

import (
	"context"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

// Hub tells its listeners what happens.
type Hub struct {
	mu        sync.Mutex
	next      int
	listeners map[int]func(string)
}

func (h *Hub) subscribe(listener func(string)) (cancel func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	id := h.next
	h.next++
	h.listeners[id] = listener
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.listeners, id)
	}
}

var hub = &Hub{listeners: map[int]func(string){}}

func follow() (cancel func()) {
	seen := make([]byte, 0, 4000)
	return hub.subscribe(func(event string) { seen = append(seen[:0], event...) })
}

func init() {
	harness.Register(harness.Case{
		Name: "listeners", Class: "heap", Pattern: "subscription that is never cancelled",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/listeners.follow",
			"plimsoll.dev/leakbench/cases/listeners.(*Hub).subscribe",
		},
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(context.Context, int) {
				cancel := follow()
				if !leak {
					cancel()
				}
			}, nil
		},
	})
}
