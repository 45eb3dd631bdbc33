// Package reports computes sales figures over the latest orders.
package reports

import (
	"slices"
	"sync"
	"time"

	"plimsoll.dev/orders/internal/leaks"
	"plimsoll.dev/orders/internal/orders"
)

// Leak: the trend keeps a short slice of a long array.
var Leak = leaks.Spec{
	Name:        "reslice",
	Class:       leaks.Heap,
	Description: "The sales trend keeps rows[:3] of a report of 1024 rows: three rows pin the whole array.",
	Note:        "About 6 MiB a minute at 40 requests a second. What is pinned goes when 4096 newer reports have replaced it.",
}

const (
	// trendLength is how many reports the trend remembers.
	trendLength = 4096
	// bestRows of each report are kept for the trend.
	bestRows = 3
)

// Row is the sales of one product. 64 bytes: a report of 1024 products is 64 KiB,
// and 4 in 100 requests ask for one, which makes 6 MiB a minute at 40 a second.
type Row struct {
	SKU          string `json:"sku"`
	Name         string `json:"name"`
	Units        int64  `json:"units"`
	RevenueCents int64  `json:"revenueCents"`
	Orders       int64  `json:"orders"`
	ProductID    int64  `json:"productId"`
}

// Point is one report in the trend: when it was made and its best rows.
type Point struct {
	At   time.Time
	Best []Row
}

// Label names a product.
type Label struct{ SKU, Name string }

// Sales makes reports and remembers the best rows of the latest.
type Sales struct {
	store   *orders.Store
	labels  []Label // by product ID - 1
	noClone *leaks.Switch

	mu    sync.Mutex
	trend [trendLength]Point
	next  int
}

// NewSales starts with a full trend, as if it had been loaded from the archive.
func NewSales(store *orders.Store, labels []Label, now time.Time, noClone *leaks.Switch) *Sales {
	s := &Sales{store: store, labels: labels, noClone: noClone}
	best := s.best(s.rank())
	for i := range s.trend {
		s.trend[i] = Point{At: now.Add(time.Duration(i-trendLength) * time.Minute), Best: slices.Clone(best)}
	}
	return s
}

// Top returns the n products that sold best and adds a point to the trend.
func (s *Sales) Top(n int, now time.Time) []Row {
	rows := s.rank()
	best := rows[:min(bestRows, len(rows))]
	if !s.noClone.On() {
		best = s.best(rows)
	}
	s.mu.Lock()
	s.trend[s.next] = Point{At: now, Best: best}
	s.next = (s.next + 1) % trendLength
	s.mu.Unlock()
	return slices.Clone(rows[:max(0, min(n, len(rows)))])
}

// best copies the first rows, so that the trend does not hold the report.
func (s *Sales) best(rows []Row) []Row { return slices.Clone(rows[:min(bestRows, len(rows))]) }

// rank returns one row for each product, by revenue.
func (s *Sales) rank() []Row {
	rows := make([]Row, len(s.labels))
	for i, label := range s.labels {
		rows[i] = Row{SKU: label.SKU, Name: label.Name, ProductID: int64(i + 1)}
	}
	s.store.Each(func(o *orders.Order) {
		for _, line := range o.Lines {
			row := &rows[line.ProductID-1]
			row.Units += int64(line.Quantity)
			row.RevenueCents += line.Total()
			row.Orders++
		}
	})
	slices.SortFunc(rows, func(a, b Row) int {
		if a.RevenueCents != b.RevenueCents {
			return int(b.RevenueCents - a.RevenueCents)
		}
		return int(a.ProductID - b.ProductID)
	})
	return rows
}

// HeldRows returns how many rows the trend keeps from the collector: those it
// shows and those behind them in the same array.
func (s *Sales) HeldRows() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := 0
	for i := range s.trend {
		held += cap(s.trend[i].Best)
	}
	return held
}
