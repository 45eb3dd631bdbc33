//go:build cgo

// Package cgomalloc hands strings to C and does not free them.
package cgomalloc

// #include <stdlib.h>
// #include <string.h>
// static size_t measure(const char *s) { return strlen(s); }
import "C"

import (
	"context"
	"strings"
	"unsafe"

	"plimsoll.dev/leakbench/harness"
)

func measure(text string, frees bool) int {
	s := C.CString(text)
	if frees {
		defer C.free(unsafe.Pointer(s))
	}
	return int(C.measure(s))
}

func init() {
	text := strings.Repeat("x", 10_000)
	harness.Register(harness.Case{
		Name: "cgomalloc", Class: "native", Pattern: "C.CString that is not freed",
		// No Go profile shows C memory; the caller is right where something names it.
		Culprits: []string{"plimsoll.dev/leakbench/cases/cgomalloc.measure"},
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(context.Context, int) { measure(text, !leak) }, nil
		},
	})
}
