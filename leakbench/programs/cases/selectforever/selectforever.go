// Package selectforever waits for one of two events of which neither comes.
package selectforever

import (
	"context"

	"plimsoll.dev/leakbench/harness"
)

type lease struct {
	renewed chan struct{}
	revoked chan struct{}
}

func (l *lease) keep() {
	buffer := make([]byte, 2000)
	for {
		select {
		case <-l.renewed:
			buffer[0]++
		case <-l.revoked:
			return
		}
	}
}

func acquire() *lease {
	l := &lease{renewed: make(chan struct{}), revoked: make(chan struct{})}
	go l.keep()
	return l
}

func init() {
	harness.Register(harness.Case{
		Name: "selectforever", Class: "goroutine", Pattern: "loop over select whose end is never told",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/selectforever.(*lease).keep",
			"plimsoll.dev/leakbench/cases/selectforever.acquire",
		},
		Rps: 20,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(context.Context, int) {
				l := acquire()
				if !leak {
					close(l.revoked)
				}
			}, nil
		},
	})
}
