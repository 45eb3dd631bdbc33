// Package globalmap remembers every order in a package variable.
package globalmap

import (
	"context"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

type order struct {
	id      int
	payload []byte
}

// Store holds orders by number.
type Store struct {
	mu     sync.Mutex
	orders map[int]*order
}

var store = &Store{orders: map[int]*order{}}

func (s *Store) remember(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders[id] = &order{id: id, payload: make([]byte, 4000)}
}

func (s *Store) forget(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.orders, id)
}

// open is how many orders are under way in the healthy variant.
const open = 500

func init() {
	harness.Register(harness.Case{
		Name: "globalmap", Class: "heap", Pattern: "map in a package variable, never deleted from",
		Culprits: []string{"plimsoll.dev/leakbench/cases/globalmap.(*Store).remember"},
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(_ context.Context, request int) {
				store.remember(request)
				if !leak {
					store.forget(request - open)
				}
			}, nil
		},
	})
}
