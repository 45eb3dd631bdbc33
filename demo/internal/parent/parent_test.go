package parent

import (
	"sync/atomic"
	"testing"
	"time"
)

func TestGoneIsClosedWhenAnotherProcessBecomesTheParent(t *testing.T) {
	var ppid atomic.Int64
	ppid.Store(4711)
	gone := watch(t.Context(), func() int { return int(ppid.Load()) }, time.Microsecond)
	select {
	case <-gone:
		t.Fatal("gone while the parent lives")
	default:
	}
	ppid.Store(1)
	<-gone
}
