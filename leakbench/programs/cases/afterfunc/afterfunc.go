// Package afterfunc sets a timer for each request and never stops it.
package afterfunc

import (
	"context"
	"time"

	"plimsoll.dev/leakbench/harness"
)

type reservation struct {
	id    int
	items []byte
}

// expiry is far longer than a request needs.
const expiry = 24 * time.Hour

func reserve(id int) *time.Timer {
	r := &reservation{id: id, items: make([]byte, 4000)}
	return time.AfterFunc(expiry, func() { r.items = nil })
}

func init() {
	harness.Register(harness.Case{
		Name: "afterfunc", Class: "heap", Pattern: "timer that is not stopped keeps what its function refers to",
		Culprits: []string{"plimsoll.dev/leakbench/cases/afterfunc.reserve"},
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(_ context.Context, request int) {
				timer := reserve(request)
				if !leak {
					timer.Stop()
				}
			}, nil
		},
	})
}
