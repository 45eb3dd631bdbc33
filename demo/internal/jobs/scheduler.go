// Package jobs runs the service's background jobs, each in a goroutine with
// scratch memory of its own.
package jobs

import (
	"context"
	"hash/fnv"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"plimsoll.dev/orders/internal/leaks"
)

// Leak: a job waits for a sign-off that never comes.
var Leak = leaks.Spec{
	Name:        "jobs",
	Class:       leaks.Goroutine,
	Description: "runJobs starts goroutines that hold a megabyte each and wait on a channel that nobody closes.",
	Note:        "One goroutine and 1 MiB every 4 s, whatever the load. What waits stays until the service ends.",
}

const (
	// runEvery is how often a job runs: a leaked one every 4 s is 15 MiB a
	// minute, which leaves half an hour under a limit of 512 MiB.
	runEvery = 4 * time.Second
	// scratchBytes is what a job works in; all of it is touched.
	scratchBytes = 1 << 20
)

// Job computes a figure in the scratch memory it is given.
type Job struct {
	Name string
	Work func(scratch []byte) uint64
}

// Scheduler runs its jobs in turn.
type Scheduler struct {
	jobs    []Job
	noClose *leaks.Switch
	runs    atomic.Int64
	held    atomic.Int64
}

func NewScheduler(jobs []Job, noClose *leaks.Switch) *Scheduler {
	return &Scheduler{jobs: jobs, noClose: noClose}
}

// DefaultJobs are what the shop runs every few seconds.
func DefaultJobs() []Job {
	return []Job{
		{"ledger-checksum", func(scratch []byte) uint64 {
			sum := fnv.New64a()
			for i := range scratch {
				scratch[i] = byte(i * 131)
			}
			sum.Write(scratch)
			return sum.Sum64()
		}},
		{"price-histogram", func(scratch []byte) uint64 {
			var largest byte
			for i := range scratch {
				scratch[i] = byte(i>>3 ^ i)
				largest = max(largest, scratch[i])
			}
			return uint64(largest)
		}},
	}
}

// Runs returns how many jobs have run, Held how many still have their scratch memory.
func (s *Scheduler) Runs() int { return int(s.runs.Load()) }
func (s *Scheduler) Held() int { return int(s.held.Load()) }

// Run starts the next job at intervals until ctx ends.
func (s *Scheduler) Run(ctx context.Context) {
	ticker := time.NewTicker(runEvery)
	defer ticker.Stop()
	for turn := 0; ; turn++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			job := s.jobs[turn%len(s.jobs)]
			slog.Debug("job done", "job", job.Name, "result", s.runJobs(job))
		}
	}
}

// runJobs runs one job and returns its result. The job keeps its scratch memory
// until it is signed off, which is when its result has been taken over.
func (s *Scheduler) runJobs(job Job) uint64 {
	results := make(chan uint64)
	signedOff := make(chan struct{})
	s.held.Add(1)
	go func() {
		defer s.held.Add(-1)
		scratch := make([]byte, scratchBytes)
		results <- job.Work(scratch)
		<-signedOff
		runtime.KeepAlive(scratch)
	}()
	result := <-results
	s.runs.Add(1)
	if !s.noClose.On() {
		close(signedOff)
	}
	return result
}
