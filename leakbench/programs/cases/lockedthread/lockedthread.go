// Package lockedthread pins a thread for each device and waits for ever on it.
package lockedthread

import (
	"context"
	"runtime"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

type device struct{ released chan struct{} }

func (d *device) drive(started *sync.WaitGroup) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	started.Done()
	<-d.released
}

func attach(request int, releases bool) {
	if request%4 != 0 {
		return
	}
	d := &device{released: make(chan struct{})}
	var started sync.WaitGroup
	started.Add(1)
	go d.drive(&started)
	started.Wait()
	if releases {
		close(d.released)
	}
}

func init() {
	harness.Register(harness.Case{
		Name: "lockedthread", Class: "thread", Pattern: "LockOSThread in goroutines that never end",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/lockedthread.(*device).drive",
			"plimsoll.dev/leakbench/cases/lockedthread.attach",
		},
		Rps: 12,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(_ context.Context, request int) { attach(request, !leak) }, nil
		},
	})
}
