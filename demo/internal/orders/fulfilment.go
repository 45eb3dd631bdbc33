package orders

import (
	"context"
	"log/slog"
)

// queueLength bounds the orders that wait for fulfilment: a minute of load.
const queueLength = 256

// Notifier tells a customer about a new status. It must not block.
type Notifier interface {
	Notify(customer string, orderID int, status string)
}

// Fulfilment carries each placed order through its steps.
type Fulfilment struct {
	store  *Store
	notify Notifier
	queue  chan int
}

func NewFulfilment(store *Store, notify Notifier) *Fulfilment {
	return &Fulfilment{store: store, notify: notify, queue: make(chan int, queueLength)}
}

// Submit queues an order. It tells whether there was room.
func (f *Fulfilment) Submit(orderID int) bool {
	select {
	case f.queue <- orderID:
		return true
	default:
		slog.Warn("fulfilment queue is full", "order", orderID)
		return false
	}
}

// Run works through the queue until ctx ends.
func (f *Fulfilment) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-f.queue:
			f.fulfil(id)
		}
	}
}

func (f *Fulfilment) fulfil(id int) {
	order, err := f.store.Find(id)
	if err != nil {
		slog.Warn("order left the store before it was fulfilled", "order", id)
		return
	}
	for _, step := range Steps {
		f.store.Advance(id, step)
		f.notify.Notify(order.Customer, id, string(step))
	}
}
