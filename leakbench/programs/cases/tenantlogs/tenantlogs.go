// Package tenantlogs opens a log for each tenant and keeps it.
package tenantlogs

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"plimsoll.dev/leakbench/harness"
)

type logs struct {
	mu    sync.Mutex
	dir   string
	files map[int]*os.File
}

func (l *logs) open(tenant int) (*os.File, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if file, known := l.files[tenant]; known {
		return file, nil
	}
	file, err := os.OpenFile(filepath.Join(l.dir, fmt.Sprintf("%d.log", tenant%64)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	l.files[tenant] = file
	return file, nil
}

func init() {
	harness.Register(harness.Case{
		Name: "tenantlogs", Class: "fd", Pattern: "files by key that are opened and never closed",
		Culprits: []string{
			"plimsoll.dev/leakbench/cases/tenantlogs.(*logs).open", "os.newFile", "os.OpenFile",
		},
		Rps: 20,
		Start: func(env *harness.Env, leak bool) (harness.Handler, error) {
			l := &logs{dir: env.Dir, files: map[int]*os.File{}}
			return func(_ context.Context, request int) {
				tenant := request % 30
				if leak {
					tenant = request
				}
				if file, err := l.open(tenant); err == nil {
					_, _ = file.WriteString("ok\n")
				}
			}, nil
		},
	})
}
