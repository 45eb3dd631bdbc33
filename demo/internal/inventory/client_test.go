package inventory

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plimsoll.dev/orders/internal/leaks"
	"plimsoll.dev/orders/internal/warehouse"
)

// bodyCounter counts the bodies that its transport hands out and that come back.
type bodyCounter struct {
	http.RoundTripper
	opened, closed int
}

type countedBody struct {
	io.ReadCloser
	counter *bodyCounter
}

func (b countedBody) Close() error { b.counter.closed++; return b.ReadCloser.Close() }

func (c *bodyCounter) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.RoundTripper.RoundTrip(r)
	if err == nil {
		c.opened++
		resp.Body = countedBody{resp.Body, c}
	}
	return resp, err
}

func (c *bodyCounter) open() int { return c.opened - c.closed }

func newCounted(t *testing.T, leak *leaks.Switch) (*Client, *bodyCounter) {
	t.Helper()
	skus := make([]string, 1024)
	for i := range skus {
		skus[i] = fmt.Sprint("S", i)
	}
	stub, err := warehouse.Listen(skus)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stub.Close() })
	c := NewClient(stub.URL(), leak)
	counter := &bodyCounter{RoundTripper: c.http.Transport}
	c.http.Transport = counter
	return c, counter
}

func refresh(t *testing.T, c *Client, n int) {
	t.Helper()
	for range n {
		if err := c.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHealthyClientClosesEveryBodyAndKnowsTheStock(t *testing.T) {
	c, counter := newCounted(t, leaks.NewSwitch(Leak))
	refresh(t, c, 40)
	if counter.opened != 40 || counter.open() != 0 {
		t.Errorf("%d bodies, %d still open", counter.opened, counter.open())
	}
	if level, ok := c.Level("S5"); !ok || level.OnHand == 0 {
		t.Errorf("stock of S5 = %+v, %v", level, ok)
	}
	if _, ok := c.Level("unknown"); ok {
		t.Error("stock of an unknown product is known")
	}
}

func TestLeakLeavesTheBodiesOfUnchangedAnswersOpenAndOffLeavesNoMore(t *testing.T) {
	leak := leaks.NewSwitch(Leak)
	c, counter := newCounted(t, leak)
	if err := leak.Set(true); err != nil {
		t.Fatal(err)
	}
	refresh(t, c, 32) // answers 1, 16 and 32 bring a new revision
	if counter.open() != 29 {
		t.Errorf("with the leak on: %d bodies open, want 29", counter.open())
	}
	if err := leak.Set(false); err != nil {
		t.Fatal(err)
	}
	refresh(t, c, 32)
	if counter.open() != 29 {
		t.Errorf("after switching off: %d bodies open, want still 29", counter.open())
	}
}

func TestRefreshSaysWhatTheWarehouseAnswered(t *testing.T) {
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"error status": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(warehouse.RevisionHeader, "1")
			w.WriteHeader(503)
		}, "503"},
		"broken list": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(warehouse.RevisionHeader, "1")
			io.WriteString(w, `{"sku":`)
		}, "stock list: unexpected EOF"},
	} {
		server := httptest.NewServer(tt.answer)
		err := NewClient(server.URL, nil).Refresh(t.Context())
		server.Close()
		if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "answer begins") {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}
