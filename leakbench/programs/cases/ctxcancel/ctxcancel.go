// Package ctxcancel starts a watcher per session whose context is never cancelled.
package ctxcancel

import (
	"context"
	"time"

	"plimsoll.dev/leakbench/harness"
)

func watchSession(ctx context.Context, id int) {
	state := make([]byte, 3000)
	go func() {
		<-ctx.Done()
		state[0] = byte(id)
	}()
}

func login(id int, logsOut bool) {
	ctx, cancel := context.WithCancel(context.Background())
	watchSession(ctx, id)
	if logsOut {
		time.AfterFunc(time.Second, cancel)
	} else {
		_ = cancel
	}
}

func init() {
	harness.Register(harness.Case{
		Name: "ctxcancel", Class: "goroutine", Pattern: "context that is never cancelled",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/ctxcancel.watchSession.func1",
			"plimsoll.dev/leakbench/cases/ctxcancel.watchSession",
			"plimsoll.dev/leakbench/cases/ctxcancel.login",
		},
		Rps: 20,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(_ context.Context, request int) { login(request, !leak) }, nil
		},
	})
}
