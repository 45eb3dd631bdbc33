// Package finalizercycle sets a finalizer on one of two objects that refer to each other: neither is ever collected.
package finalizercycle

import (
	"context"
	"runtime"

	"plimsoll.dev/leakbench/harness"
)

type document struct {
	text  []byte
	index *index
}

type index struct{ of *document }

func parse(request int, cyclic bool) *document {
	d := &document{text: make([]byte, 4000)}
	d.text[0] = byte(request)
	d.index = &index{}
	if cyclic {
		d.index.of = d
	}
	runtime.SetFinalizer(d, func(d *document) { d.text = nil })
	return d
}

func init() {
	harness.Register(harness.Case{
		Name: "finalizercycle", Class: "heap", Pattern: "finalizer on an object in a cycle",
		Culprits: []string{"plimsoll.dev/leakbench/cases/finalizercycle.parse"},
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(_ context.Context, request int) { _ = parse(request, leak) }, nil
		},
	})
}
