// Package ttlmap keeps each session for a third of the watch and sweeps what has expired.
package ttlmap

import (
	"context"
	"sync"
	"time"

	"plimsoll.dev/leakbench/harness"
)

type session struct {
	until time.Time
	state []byte
}

type table struct {
	mu       sync.Mutex
	sessions map[int]session
}

func (t *table) open(id int, ttl time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sessions[id] = session{until: time.Now().Add(ttl), state: make([]byte, 6000)}
}

func (t *table) sweep(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, s := range t.sessions {
		if now.After(s.until) {
			delete(t.sessions, id)
		}
	}
}

func init() {
	harness.Register(harness.Case{
		Name: "ttlmap", HealthyOnly: true, Pattern: "sessions with a lifetime: grows until the first expire",
		Verdicts: []string{"filling-to-bound", "load-driven", "no-growth", "step"},
		Start: func(env *harness.Env, _ bool) (harness.Handler, error) {
			t := &table{sessions: map[int]session{}}
			go func() {
				for now := range time.Tick(500 * time.Millisecond) {
					t.sweep(now)
				}
			}()
			ttl := time.Duration(env.Seconds * float64(time.Second) / 3)
			return func(_ context.Context, request int) { t.open(request, ttl) }, nil
		},
	})
}
