// Package subslice keeps the first bytes of bodies, and with them the whole bodies.
package subslice

import (
	"bytes"
	"context"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

var (
	mu      sync.Mutex
	headers [][]byte
)

func readBody(request int) []byte {
	body := make([]byte, 16<<10)
	body[0] = byte(request)
	return body
}

func keep(header []byte) {
	mu.Lock()
	defer mu.Unlock()
	headers = append(headers, header)
}

func init() {
	harness.Register(harness.Case{
		Name: "subslice", Class: "heap", Pattern: "a small slice pins the large array under it",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/subslice.readBody",
			"plimsoll.dev/leakbench/cases/subslice.keep",
		},
		Rps: 25,
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(_ context.Context, request int) {
				header := readBody(request)[:8]
				if !leak {
					header = bytes.Clone(header)
				}
				keep(header)
			}, nil
		},
	})
}
