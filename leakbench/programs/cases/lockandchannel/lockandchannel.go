// Package lockandchannel holds a lock while it sends, and the receiver needs that lock first: the shape of many
// deadlocks in etcd, Kubernetes and CockroachDB that GoBench collected, here once a request.
package lockandchannel

import (
	"context"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

type stream struct {
	mu     sync.Mutex
	events chan int
	open   bool
}

func (s *stream) publish(early bool) {
	s.mu.Lock()
	if early {
		s.mu.Unlock()
	}
	s.events <- 1
	if !early {
		s.mu.Unlock()
	}
}

func (s *stream) consume() {
	s.mu.Lock()
	s.open = true
	s.mu.Unlock()
	<-s.events
}

func handle(early bool) {
	s := &stream{events: make(chan int)}
	go s.publish(early)
	go s.consume()
}

func init() {
	harness.Register(harness.Case{
		Name: "lockandchannel", Class: "goroutine", Pattern: "send under a lock that the receiver waits for",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/lockandchannel.(*stream).publish",
			"plimsoll.dev/leakbench/cases/lockandchannel.(*stream).consume",
			"plimsoll.dev/leakbench/cases/lockandchannel.handle",
		},
		Rps: 60,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(context.Context, int) { handle(!leak) }, nil
		},
	})
}
