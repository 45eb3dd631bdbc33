// Package condwait signals one waiter where several wait.
package condwait

import (
	"context"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

type ticket struct {
	mu   sync.Mutex
	cond *sync.Cond
	done bool
}

func newTicket() *ticket {
	t := &ticket{}
	t.cond = sync.NewCond(&t.mu)
	return t
}

func (t *ticket) await() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for !t.done {
		t.cond.Wait()
	}
}

func (t *ticket) finish(all bool) {
	t.mu.Lock()
	t.done = true
	t.mu.Unlock()
	if all {
		t.cond.Broadcast()
	} else {
		t.cond.Signal()
	}
}

func serve(all bool) {
	t := newTicket()
	var waiting sync.WaitGroup
	for range 2 {
		waiting.Add(1)
		go func() {
			t.mu.Lock()
			waiting.Done()
			for !t.done {
				t.cond.Wait()
			}
			t.mu.Unlock()
		}()
	}
	waiting.Wait()
	t.finish(all)
	t.await()
}

func init() {
	harness.Register(harness.Case{
		Name: "condwait", Class: "goroutine", Pattern: "Signal where Broadcast is needed",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/condwait.serve.func1",
			"plimsoll.dev/leakbench/cases/condwait.serve",
		},
		Rps: 20,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(context.Context, int) { serve(!leak) }, nil
		},
	})
}
