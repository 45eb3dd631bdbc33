//go:build linux

// Package mmap maps a scratch area for each import and forgets to unmap it.
package mmap

import (
	"context"
	"syscall"

	"plimsoll.dev/leakbench/harness"
)

const areaBytes = 16 << 10

func importFile(unmaps bool) error {
	area, err := syscall.Mmap(-1, 0, areaBytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return err
	}
	for i := 0; i < len(area); i += 4096 {
		area[i] = 1
	}
	if unmaps {
		return syscall.Munmap(area)
	}
	return nil
}

func init() {
	harness.Register(harness.Case{
		Name: "mmap", Class: "native", Pattern: "mapping that is not unmapped",
		Culprits: []string{"plimsoll.dev/leakbench/cases/mmap.importFile"},
		Start: func(_ *harness.Env, leak bool) (harness.Handler, error) {
			return func(context.Context, int) { _ = importFile(!leak) }, nil
		},
	})
}
