package orders

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newStore() *Store { return NewStore(noon, func(int) int64 { return 100 }, 50) }

func TestStoreStartsFullAndForgetsTheOldestOrder(t *testing.T) {
	s := newStore()
	if s.LastID() != Capacity {
		t.Fatalf("starts with %d orders, want %d", s.LastID(), Capacity)
	}
	placed := s.Place("ada", []Line{{ProductID: 1, Quantity: 2, PriceCents: 250}}, noon)
	if placed.ID != Capacity+1 || placed.TotalCents != 500 || placed.Status != Placed {
		t.Errorf("placed %+v", placed)
	}
	if _, err := s.Find(1); !errors.Is(err, ErrNotFound) {
		t.Errorf("the oldest order is still there: %v", err)
	}
	if found, err := s.Find(placed.ID); err != nil || found.Customer != "ada" {
		t.Errorf("found %+v, %v", found, err)
	}
	for _, id := range []int{0, -5, placed.ID + 1} {
		if _, err := s.Find(id); !errors.Is(err, ErrNotFound) {
			t.Errorf("order %d: %v", id, err)
		}
	}
}

type recorder struct {
	said []string
	done chan struct{}
}

func (r *recorder) Notify(customer string, id int, status string) {
	r.said = append(r.said, fmt.Sprintf("%s %d %s", customer, id-Capacity, status))
	if status == string(Delivered) {
		close(r.done)
	}
}

func TestFulfilmentTakesAnOrderThroughEveryStepAndTellsTheCustomer(t *testing.T) {
	s, r := newStore(), &recorder{done: make(chan struct{})}
	f := NewFulfilment(s, r)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { f.Run(ctx); close(ended) }()
	id := s.Place("ada", nil, noon).ID
	if !f.Submit(id) {
		t.Fatal("the empty queue is full")
	}
	<-r.done
	cancel()
	<-ended
	want := []string{"ada 1 placed", "ada 1 paid", "ada 1 packed", "ada 1 shipped", "ada 1 delivered"}
	if !slices.Equal(r.said, want) {
		t.Errorf("said %q, want %q", r.said, want)
	}
	if order, _ := s.Find(id); order.Status != Delivered {
		t.Errorf("status %s, want delivered", order.Status)
	}
}

func TestSubmitRefusesWhenTheQueueIsFull(t *testing.T) {
	f := NewFulfilment(newStore(), nil)
	for i := range queueLength {
		if !f.Submit(i) {
			t.Fatalf("full after %d", i)
		}
	}
	if f.Submit(0) {
		t.Error("the queue took more than its length")
	}
}
