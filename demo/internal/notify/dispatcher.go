// Package notify tells customers over several channels how their order is doing.
package notify

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"plimsoll.dev/orders/internal/leaks"
)

// Leak: the ticker that paces the attempts of a delivery is not stopped.
var Leak = leaks.Spec{
	Name:        "tickers",
	Class:       leaks.Heap,
	Description: "Each delivery starts a ticker for its attempts and never stops it.",
	Unavailable: unavailable(),
	Note: "Needs //go:debug asynctimerchan=1: with the timers of Go 1.23 and later the collector frees such tickers. " +
		"About 160 tickers a second at 40 requests a second, some 2.5 MiB a minute: small, so give it time. What was not stopped stays until the service ends.",
}

// unavailable gives the reason why an unstopped ticker is not leaked here. The
// old timers are told by their channels, which have room for one value.
func unavailable() string {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	if cap(ticker.C) > 0 {
		return ""
	}
	return "Needs //go:debug asynctimerchan=1 in the main package, up to Go 1.26, and is not overridden by GODEBUG: " +
		"this process has the timers of Go 1.23 and later, where the collector frees a ticker that is not stopped."
}

const (
	// queueLength bounds the messages that wait: more than a minute of load.
	queueLength = 1024
	// workers deliver in parallel.
	workers = 4
	// maxAttempts and retryEvery pace a delivery that fails.
	maxAttempts = 4
	// retryEvery is long enough that 100,000 forgotten tickers fire 1,700
	// times a second: too little to be noticed as CPU time.
	retryEvery = time.Minute
)

// Message is the news for one customer.
type Message struct {
	Customer string
	OrderID  int
	Status   string
}

// Channel is one way to reach a customer.
type Channel struct {
	Name string
	Send func(ctx context.Context, m Message) error
}

// DefaultChannels write what they would send. Eight of them, for each of the
// five steps of the 10 orders in 100 requests, are 160 deliveries a second at
// 40 requests a second.
func DefaultChannels() []Channel {
	channels := make([]Channel, 0, 8)
	for _, name := range []string{"email", "sms", "push", "inbox", "partner", "carrier", "loyalty", "ledger"} {
		channels = append(channels, Channel{Name: name, Send: func(_ context.Context, m Message) error {
			_, err := fmt.Fprintf(io.Discard, "%s to %s: order %d is %s\n", name, m.Customer, m.OrderID, m.Status)
			return err
		}})
	}
	return channels
}

// Dispatcher delivers messages in the background.
type Dispatcher struct {
	channels   []Channel
	retryEvery time.Duration
	noStop     *leaks.Switch
	queue      chan Message
}

func NewDispatcher(channels []Channel, noStop *leaks.Switch) *Dispatcher {
	return &Dispatcher{channels: channels, retryEvery: retryEvery, noStop: noStop, queue: make(chan Message, queueLength)}
}

// Notify queues a message; it is dropped where the queue is full.
func (d *Dispatcher) Notify(customer string, orderID int, status string) {
	select {
	case d.queue <- Message{Customer: customer, OrderID: orderID, Status: status}:
	default:
		slog.Warn("notification dropped, queue is full", "order", orderID, "status", status)
	}
}

// Run delivers with several workers until ctx ends.
func (d *Dispatcher) Run(ctx context.Context) {
	done := make(chan struct{})
	for range workers {
		go func() {
			d.work(ctx)
			done <- struct{}{}
		}()
	}
	for range workers {
		<-done
	}
}

func (d *Dispatcher) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-d.queue:
			for _, channel := range d.channels {
				if err := d.deliver(ctx, channel, m); err != nil && ctx.Err() == nil {
					slog.Warn("notification not delivered", "channel", channel.Name, "order", m.OrderID, "err", err)
				}
			}
		}
	}
}

// deliver sends a message and tries again at intervals where that fails.
func (d *Dispatcher) deliver(ctx context.Context, channel Channel, m Message) error {
	retry := time.NewTicker(d.retryEvery)
	if !d.noStop.On() {
		defer retry.Stop()
	}
	for attempt := 1; ; attempt++ {
		err := channel.Send(ctx, m)
		if err == nil || attempt == maxAttempts {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-retry.C:
		}
	}
}
