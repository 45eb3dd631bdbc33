package archive

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"testing"
	"time"

	"plimsoll.dev/orders/internal/leaks"
	"plimsoll.dev/orders/internal/orders"
)

type fakeSource struct{ last int }

func (f *fakeSource) LastID() int { return f.last }
func (f *fakeSource) Find(id int) (orders.Order, error) {
	return orders.Order{ID: id, Customer: "ada", Lines: []orders.Line{{ProductID: id, Quantity: 1, PriceCents: 100}}}, nil
}

// running is an archiver whose flushes the test gives by hand.
type running struct {
	*Archiver
	flush  chan time.Time
	cancel context.CancelFunc
	ended  chan struct{}
}

func start(t *testing.T, leak *leaks.Switch) *running {
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{NewArchiver(&fakeSource{}, &bytes.Buffer{}, leak), make(chan time.Time), cancel, make(chan struct{})}
	go func() { r.archive(ctx, r.flush); close(r.ended) }()
	return r
}

// flushTimes gives n flushes. One that is taken means that the one before was
// worked off, so all but the last are certain to be.
func (r *running) flushTimes(n int) {
	for range n {
		r.flush <- time.Time{}
	}
}

func (r *running) stop() { r.cancel(); <-r.ended }

func TestHealthyArchiverHoldsAtMostTheSegmentItWrites(t *testing.T) {
	r := start(t, leaks.NewSwitch(Leak))
	r.flushTimes(100)
	if open := r.OpenSegments(); open > 1 {
		t.Errorf("%d segments open after 100 flushes", open)
	}
	r.stop()
	if open := r.OpenSegments(); open != 0 {
		t.Errorf("%d segments open after the end", open)
	}
}

func TestLeakHoldsEverySegmentUntilTheLoopEndsAndOffHoldsNoMore(t *testing.T) {
	leak := leaks.NewSwitch(Leak)
	r := start(t, leak)
	if err := leak.Set(true); err != nil {
		t.Fatal(err)
	}
	r.flushTimes(100)
	if open := r.OpenSegments(); open < 99 {
		t.Errorf("with the leak on: %d segments open after 100 flushes", open)
	}
	if err := leak.Set(false); err != nil {
		t.Fatal(err)
	}
	r.flushTimes(100)
	if open := r.OpenSegments(); open > 102 {
		t.Errorf("after switching off: %d segments open, want about 100", open)
	}
	r.stop()
	if open := r.OpenSegments(); open != 0 {
		t.Errorf("%d segments open after the loop ended", open)
	}
}

func TestSegmentsAreFramedAndCarryEveryOrder(t *testing.T) {
	var out bytes.Buffer
	source := &fakeSource{}
	a := NewArchiver(source, &out, nil)
	ctx, cancel := context.WithCancel(t.Context())
	flush, ended := make(chan time.Time), make(chan struct{})
	go func() { a.archive(ctx, flush); close(ended) }()
	flush <- time.Time{}
	flush <- time.Time{}
	cancel()
	<-ended

	seg := a.newSegment()
	const n = 10_000 // more than one buffer
	for id := range n {
		order, _ := source.Find(id)
		seg.add(order)
	}
	seg.flush()
	if cap(seg.buffer) != segmentBytes {
		t.Errorf("the buffer grew to %d bytes", cap(seg.buffer))
	}
	frames := 0
	for rest := out.Bytes(); len(rest) > 0; frames++ {
		size := binary.LittleEndian.Uint32(rest)
		if sum := crc32.ChecksumIEEE(rest[8 : 8+size]); sum != binary.LittleEndian.Uint32(rest[4:]) {
			t.Fatalf("frame %d: wrong checksum", frames)
		}
		rest = rest[8+size:]
	}
	if frames < 2 {
		t.Errorf("%d orders in %d frames", n, frames)
	}
}
