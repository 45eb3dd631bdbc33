// Package lockperpath makes a lock for each path and keeps it.
package lockperpath

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

var locks sync.Map

func lockFor(path string) *sync.Mutex {
	lock, _ := locks.LoadOrStore(path, &sync.Mutex{})
	return lock.(*sync.Mutex)
}

func render(path string) {
	lock := lockFor(path)
	lock.Lock()
	defer lock.Unlock()
}

func pathOf(n int) string { return fmt.Sprintf("/tenants/%s/%d", strings.Repeat("segment/", 60), n) }

func init() {
	harness.Register(harness.Case{
		Name: "lockperpath", Class: "heap", Pattern: "sync.Map of locks by key, LoadOrStore only",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/lockperpath.lockFor",
			"plimsoll.dev/leakbench/cases/lockperpath.pathOf",
			"plimsoll.dev/leakbench/cases/lockperpath.render",
		},
		Rps: 60,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(_ context.Context, request int) {
				for i := range 6 {
					n := i
					if leak {
						n = 6*request + i
					}
					render(pathOf(n))
				}
			}, nil
		},
	})
}
