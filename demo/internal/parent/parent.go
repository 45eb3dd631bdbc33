// Package parent notices that the process which started this one has ended.
package parent

import (
	"context"
	"os"
	"time"
)

// pollEvery is how long an orphan lives on at most.
const pollEvery = time.Second

// Gone returns a channel that is closed once the parent has ended, which shows
// in another process having become the parent. It stops looking when ctx ends.
func Gone(ctx context.Context) <-chan struct{} {
	return watch(ctx, os.Getppid, pollEvery)
}

func watch(ctx context.Context, ppid func() int, every time.Duration) <-chan struct{} {
	gone, first := make(chan struct{}), ppid()
	go func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for ppid() == first {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
		close(gone)
	}()
	return gone
}
