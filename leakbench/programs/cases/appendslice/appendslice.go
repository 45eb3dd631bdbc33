// Package appendslice keeps an audit trail in memory.
package appendslice

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

type trail struct {
	mu      sync.Mutex
	entries []string
}

var audit trail

func (t *trail) record(request int) {
	entry := fmt.Sprintf("%d %s", request, strings.Repeat("payload ", 480))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.entries = append(t.entries, entry)
}

// trim keeps the last ones, in an array of their own.
func (t *trail) trim(keep int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.entries) > 2*keep {
		t.entries = append([]string(nil), t.entries[len(t.entries)-keep:]...)
	}
}

func init() {
	harness.Register(harness.Case{
		Name: "appendslice", Class: "heap", Pattern: "append to a package variable without a bound",
		Culprits: []string{"plimsoll.dev/leakbench/cases/appendslice.(*trail).record"},
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(_ context.Context, request int) {
				audit.record(request)
				if !leak {
					audit.trim(300)
				}
			}, nil
		},
	})
}
