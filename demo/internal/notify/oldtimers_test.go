//go:build !go1.27

//go:debug asynctimerchan=1

package notify

import (
	"context"
	"runtime"
	"testing"

	"plimsoll.dev/orders/internal/leaks"
)

// heapObjectsAfter returns how many objects more are live after n deliveries.
func heapObjectsAfter(t *testing.T, d *Dispatcher, n int) int {
	t.Helper()
	live := func() int {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapObjects)
	}
	before := live()
	for range n {
		if err := d.deliver(t.Context(), d.channels[0], Message{Customer: "ada"}); err != nil {
			t.Fatal(err)
		}
	}
	return live() - before
}

func TestLeakKeepsATickerForEveryDeliveryAndOffKeepsNoMore(t *testing.T) {
	if Leak.Unavailable != "" {
		t.Fatalf("the test binary has //go:debug asynctimerchan=1, but the leak says: %s", Leak.Unavailable)
	}
	leak := leaks.NewSwitch(Leak)
	channels := []Channel{{Name: "null", Send: func(context.Context, Message) error { return nil }}}
	d := NewDispatcher(channels, leak)
	const n = 20_000 // far above what the runtime allocates for itself meanwhile
	if grown := heapObjectsAfter(t, d, n); grown > n/10 {
		t.Errorf("healthy: %d objects more after %d deliveries", grown, n)
	}
	if err := leak.Set(true); err != nil {
		t.Fatal(err)
	}
	if grown := heapObjectsAfter(t, d, n); grown < n {
		t.Errorf("with the leak on: %d objects more after %d deliveries, want one each at least", grown, n)
	}
	if err := leak.Set(false); err != nil {
		t.Fatal(err)
	}
	if grown := heapObjectsAfter(t, d, n); grown > n/10 {
		t.Errorf("after switching off: %d objects more after %d deliveries", grown, n)
	}
}
