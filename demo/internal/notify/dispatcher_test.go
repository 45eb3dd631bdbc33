package notify

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestDeliverTriesAgainAtIntervalsAndGivesUpInTheEnd(t *testing.T) {
	for _, tt := range []struct {
		failures, wantAttempts int
		wantErr                bool
	}{
		{0, 1, false},
		{2, 3, false},
		{99, maxAttempts, true},
	} {
		attempts := 0
		channel := Channel{Name: "flaky", Send: func(context.Context, Message) error {
			attempts++
			if attempts <= tt.failures {
				return errors.New("unreachable")
			}
			return nil
		}}
		d := NewDispatcher(nil, nil)
		d.retryEvery = time.Millisecond
		err := d.deliver(t.Context(), channel, Message{})
		if attempts != tt.wantAttempts || (err != nil) != tt.wantErr {
			t.Errorf("%d failures: %d attempts, err %v", tt.failures, attempts, err)
		}
	}
}

func TestDeliverStopsWaitingWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	channel := Channel{Name: "down", Send: func(context.Context, Message) error { cancel(); return errors.New("unreachable") }}
	if err := NewDispatcher(nil, nil).deliver(ctx, channel, Message{}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v, want context.Canceled", err)
	}
}

func TestRunDeliversOverEveryChannelAndEndsWithItsContext(t *testing.T) {
	heard := make(chan string)
	channel := func(name string) Channel {
		return Channel{Name: name, Send: func(_ context.Context, m Message) error { heard <- name + ":" + m.Status; return nil }}
	}
	d := NewDispatcher([]Channel{channel("email"), channel("sms")}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { d.Run(ctx); close(ended) }()
	d.Notify("ada", 1, "paid")
	for _, want := range []string{"email:paid", "sms:paid"} {
		if got := <-heard; got != want {
			t.Errorf("heard %s, want %s", got, want)
		}
	}
	cancel()
	<-ended
}

func TestNotifyNeverBlocks(t *testing.T) {
	d := NewDispatcher(nil, nil)
	for range queueLength + 10 {
		d.Notify("ada", 1, "paid")
	}
	if len(d.queue) != queueLength {
		t.Errorf("%d messages wait, want %d", len(d.queue), queueLength)
	}
}
