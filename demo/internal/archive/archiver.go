// Package archive writes the orders that leave the store to segments.
package archive

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync/atomic"
	"time"

	"plimsoll.dev/orders/internal/leaks"
	"plimsoll.dev/orders/internal/orders"
)

// Leak: segments are closed by defer, in a loop that ends with the service.
var Leak = leaks.Spec{
	Name:        "defers",
	Class:       leaks.Heap,
	Description: "The archiver closes each segment by defer inside its endless loop: the buffers are held until the loop ends.",
	Note:        "About 4 MiB a minute, whatever the load. What was deferred stays until the service ends.",
}

const (
	// flushEvery and segmentBytes: a segment every 450 ms that keeps its buffer
	// of 32 KiB is 4.2 MiB a minute.
	flushEvery   = 450 * time.Millisecond
	segmentBytes = 32 << 10
)

// Source gives the orders that were placed after a number.
type Source interface {
	LastID() int
	Find(id int) (orders.Order, error)
}

// Archiver writes segments to out. Segments are framed by length and CRC-32.
type Archiver struct {
	source     Source
	out        io.Writer
	deferClose *leaks.Switch
	open       atomic.Int64
	written    atomic.Int64
}

func NewArchiver(source Source, out io.Writer, deferClose *leaks.Switch) *Archiver {
	return &Archiver{source: source, out: out, deferClose: deferClose}
}

// OpenSegments returns how many segments still have their buffer.
func (a *Archiver) OpenSegments() int { return int(a.open.Load()) }

// Run archives new orders at intervals until ctx ends.
func (a *Archiver) Run(ctx context.Context) {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	a.archive(ctx, ticker.C)
}

// archive writes a segment for every flush.
func (a *Archiver) archive(ctx context.Context, flush <-chan time.Time) {
	last := a.source.LastID()
	for {
		select {
		case <-ctx.Done():
			return
		case <-flush:
		}
		seg := a.newSegment()
		if a.deferClose.On() {
			defer seg.close()
		}
		for latest := a.source.LastID(); last < latest; last++ {
			if order, err := a.source.Find(last + 1); err == nil {
				seg.add(order)
			}
		}
		seg.flush()
		if !a.deferClose.On() {
			seg.close()
		}
	}
}

// segment collects orders in a buffer of fixed size.
type segment struct {
	archiver *Archiver
	buffer   []byte
}

func (a *Archiver) newSegment() *segment {
	a.open.Add(1)
	return &segment{archiver: a, buffer: make([]byte, 0, segmentBytes)}
}

// maxRecordBytes is room for an order with up to 64 lines.
const maxRecordBytes = 64*3*binary.MaxVarintLen64 + 256

func (s *segment) add(o orders.Order) {
	if len(s.buffer)+maxRecordBytes > segmentBytes {
		s.flush()
	}
	s.buffer = binary.AppendVarint(s.buffer, int64(o.ID))
	s.buffer = binary.AppendVarint(s.buffer, o.PlacedAt.UnixMilli())
	customer := o.Customer[:min(len(o.Customer), 128)]
	s.buffer = binary.AppendUvarint(s.buffer, uint64(len(customer)))
	s.buffer = append(s.buffer, customer...)
	lines := o.Lines[:min(len(o.Lines), 64)]
	s.buffer = binary.AppendUvarint(s.buffer, uint64(len(lines)))
	for _, line := range lines {
		s.buffer = binary.AppendVarint(s.buffer, int64(line.ProductID))
		s.buffer = binary.AppendVarint(s.buffer, int64(line.Quantity))
		s.buffer = binary.AppendVarint(s.buffer, line.PriceCents)
	}
}

func (s *segment) flush() {
	if len(s.buffer) == 0 {
		return
	}
	var frame [8]byte
	binary.LittleEndian.PutUint32(frame[:4], uint32(len(s.buffer)))
	binary.LittleEndian.PutUint32(frame[4:], crc32.ChecksumIEEE(s.buffer))
	_, _ = s.archiver.out.Write(frame[:]) // the archive's writer keeps its first error
	_, _ = s.archiver.out.Write(s.buffer)
	s.archiver.written.Add(int64(len(frame) + len(s.buffer)))
	s.buffer = s.buffer[:0]
}

// close gives the buffer back. A closed segment may be closed again.
func (s *segment) close() {
	if s.buffer != nil {
		s.buffer = nil
		s.archiver.open.Add(-1)
	}
}
