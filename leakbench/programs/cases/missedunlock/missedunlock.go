// Package missedunlock returns early with an account's lock held: who comes next waits for ever.
package missedunlock

import (
	"context"
	"errors"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

type account struct {
	mu      sync.Mutex
	balance int
}

var errEmpty = errors.New("no money")

func (a *account) withdraw(n int, unlocks bool) error {
	a.mu.Lock()
	if a.balance < n {
		if unlocks {
			a.mu.Unlock()
		}
		return errEmpty
	}
	a.balance -= n
	a.mu.Unlock()
	return nil
}

func init() {
	harness.Register(harness.Case{
		Name: "missedunlock", Class: "goroutine", Pattern: "lock held on an early return",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/missedunlock.(*account).withdraw",
			"plimsoll.dev/leakbench/cases/missedunlock.init.0.func1.1",
			"plimsoll.dev/leakbench/harness.(*load).serve",
		},
		Rps: 15,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			accounts := make([]account, 40)
			for i := range accounts {
				accounts[i].balance = 3
			}
			return func(_ context.Context, request int) {
				_ = accounts[request%len(accounts)].withdraw(1, !leak)
			}, nil
		},
	})
}
