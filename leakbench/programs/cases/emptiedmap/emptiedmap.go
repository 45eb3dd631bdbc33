// Package emptiedmap grows a map once, empties it, and keeps the map: its tables stay.
package emptiedmap

import (
	"context"
	"sync"
	"time"

	"plimsoll.dev/leakbench/harness"
)

type seen struct {
	mu   sync.Mutex
	keys map[int64][64]byte
}

func (s *seen) rebuild(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range n {
		s.keys[int64(i)] = [64]byte{}
	}
	clear(s.keys)
}

func init() {
	harness.Register(harness.Case{
		Name: "emptiedmap", HealthyOnly: true, Pattern: "map that was large once: its tables stay (retention)",
		Verdicts: []string{"step", "no-growth", "load-driven", "filling-to-bound"},
		Start: func(env *harness.Env, _ bool) (harness.Handler, error) {
			s := &seen{keys: map[int64][64]byte{}}
			time.AfterFunc(time.Duration(env.Seconds*0.4*float64(time.Second)), func() { s.rebuild(400_000) })
			return func(_ context.Context, request int) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.keys[int64(request%50)] = [64]byte{}
			}, nil
		},
	})
}
