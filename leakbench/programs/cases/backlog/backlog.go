// Package backlog queues mails faster than they are sent.
package backlog

import (
	"context"
	"sync"
	"time"

	"plimsoll.dev/leakbench/harness"
)

type mail struct{ body []byte }

// Outbox is a queue without a bound.
type Outbox struct {
	mu    sync.Mutex
	mails []*mail
}

func (o *Outbox) enqueue() {
	m := &mail{body: make([]byte, 6000)}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mails = append(o.mails, m)
}

func (o *Outbox) sendSome(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n = min(n, len(o.mails))
	clear(o.mails[:n])
	o.mails = o.mails[n:]
}

func init() {
	harness.Register(harness.Case{
		Name: "backlog", Class: "heap", Pattern: "queue whose consumer is slower than its producers",
		Culprits: []string{"plimsoll.dev/leakbench/cases/backlog.(*Outbox).enqueue"},
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			outbox := &Outbox{}
			// Ten rounds a second; 40 mails a second come in.
			perRound := 1
			if !leak {
				perRound = 40
			}
			go func() {
				for range time.Tick(100 * time.Millisecond) {
					outbox.sendSome(perRound)
				}
			}()
			return func(context.Context, int) { outbox.enqueue() }, nil
		},
	})
}
