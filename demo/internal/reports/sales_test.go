package reports

import (
	"fmt"
	"testing"
	"time"

	"plimsoll.dev/orders/internal/leaks"
	"plimsoll.dev/orders/internal/orders"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const products = 100

func newSales(leak *leaks.Switch) (*Sales, *orders.Store) {
	labels := make([]Label, products)
	for i := range labels {
		labels[i] = Label{SKU: fmt.Sprint("S", i+1), Name: fmt.Sprint("thing ", i+1)}
	}
	store := orders.NewStore(noon, func(id int) int64 { return int64(id) }, products)
	return NewSales(store, labels, noon, leak), store
}

func TestTopIsByRevenueAndNoLongerThanAsked(t *testing.T) {
	s, store := newSales(nil)
	store.Place("ada", []orders.Line{{ProductID: 7, Quantity: 1, PriceCents: 1_000_000_000}}, noon)
	top := s.Top(5, noon)
	if len(top) != 5 || top[0].SKU != "S7" {
		t.Fatalf("top = %+v", top)
	}
	for i := 1; i < len(top); i++ {
		if top[i].RevenueCents > top[i-1].RevenueCents {
			t.Errorf("row %d earned more than the one before", i)
		}
	}
	for _, n := range []int{-1, 0, products * 2} {
		if got := len(s.Top(n, noon)); got > products {
			t.Errorf("Top(%d) has %d rows", n, got)
		}
	}
}

func TestHealthyTrendHoldsOnlyTheRowsItShows(t *testing.T) {
	s, _ := newSales(leaks.NewSwitch(Leak))
	for range 50 {
		s.Top(10, noon)
	}
	if held := s.HeldRows(); held != trendLength*bestRows {
		t.Errorf("holds %d rows, want %d", held, trendLength*bestRows)
	}
}

func TestLeakPinsWholeReportsAndOffPinsNoMore(t *testing.T) {
	leak := leaks.NewSwitch(Leak)
	s, _ := newSales(leak)
	if err := leak.Set(true); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		s.Top(10, noon)
	}
	want := (trendLength-50)*bestRows + 50*products
	if held := s.HeldRows(); held != want {
		t.Errorf("with the leak on: holds %d rows, want %d", held, want)
	}
	if err := leak.Set(false); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		s.Top(10, noon)
	}
	if held := s.HeldRows(); held != want {
		t.Errorf("after switching off: holds %d rows, want still %d", held, want)
	}
}
