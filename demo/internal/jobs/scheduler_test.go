package jobs

import (
	"bytes"
	"regexp"
	"runtime"
	"runtime/pprof"
	"strconv"
	"testing"

	"plimsoll.dev/orders/internal/leaks"
)

func run(s *Scheduler, n int) {
	for i := range n {
		s.runJobs(s.jobs[i%len(s.jobs)])
	}
}

// settle waits until at most n jobs hold their memory. It never ends where more do.
func settle(s *Scheduler, n int) {
	for s.Held() > n {
		runtime.Gosched()
	}
}

// waiting counts the goroutines that the goroutine profile shows in runJobs.
func waiting(t *testing.T) int {
	t.Helper()
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, m := range regexp.MustCompile(`(?m)^(\d+) @[^\n]*\n(?:#.*\n)*?#.*jobs\.\(\*Scheduler\)\.runJobs\.func1`).FindAllSubmatch(profile.Bytes(), -1) {
		n, err := strconv.Atoi(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	return total
}

func TestEveryJobEndsAndGivesItsResult(t *testing.T) {
	s := NewScheduler(DefaultJobs(), leaks.NewSwitch(Leak))
	for _, job := range s.jobs {
		if first, second := s.runJobs(job), s.runJobs(job); first != second || first == 0 {
			t.Errorf("%s gave %d, then %d", job.Name, first, second)
		}
	}
	settle(s, 0)
	if s.Runs() != 2*len(s.jobs) {
		t.Errorf("%d runs", s.Runs())
	}
}

func TestLeakLeavesOneWaitingGoroutineForEachRunAndOffLeavesNoMore(t *testing.T) {
	leak := leaks.NewSwitch(Leak)
	s := NewScheduler(DefaultJobs(), leak)
	run(s, 10)
	settle(s, 0)
	if err := leak.Set(true); err != nil {
		t.Fatal(err)
	}
	run(s, 10)
	if s.Held() != 10 || waiting(t) != 10 {
		t.Errorf("with the leak on: %d hold memory, %d wait, want 10", s.Held(), waiting(t))
	}
	if err := leak.Set(false); err != nil {
		t.Fatal(err)
	}
	run(s, 10)
	settle(s, 10)
	if s.Held() != 10 {
		t.Errorf("after switching off: %d hold memory, want still 10", s.Held())
	}
}
