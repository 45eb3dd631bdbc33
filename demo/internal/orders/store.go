// Package orders keeps the latest orders and carries them through fulfilment.
package orders

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Status is how far an order has come.
type Status string

const (
	Placed    Status = "placed"
	Paid      Status = "paid"
	Packed    Status = "packed"
	Shipped   Status = "shipped"
	Delivered Status = "delivered"
)

// Steps lists every status in the order in which it is reached.
var Steps = []Status{Placed, Paid, Packed, Shipped, Delivered}

// Line is one product of an order.
type Line struct {
	ProductID  int   `json:"productId"`
	Quantity   int   `json:"quantity"`
	PriceCents int64 `json:"priceCents"`
}

// Total is the price of the whole line.
func (l Line) Total() int64 { return int64(l.Quantity) * l.PriceCents }

// Order is what a customer bought.
type Order struct {
	ID         int       `json:"id"`
	Customer   string    `json:"customer"`
	Lines      []Line    `json:"lines"`
	TotalCents int64     `json:"totalCents"`
	Status     Status    `json:"status"`
	PlacedAt   time.Time `json:"placedAt"`
}

// Capacity is how many orders the store keeps; older ones are in the archive.
const Capacity = 4096

// linesOfHistory is the length of the orders that the store starts with.
const linesOfHistory = 3

var ErrNotFound = errors.New("no such order")

// Store is a ring of the latest orders. It starts full, with the orders that
// were placed before the service started, so that its size does not change.
type Store struct {
	mu     sync.RWMutex
	ring   [Capacity]Order
	lastID int
}

// NewStore makes a store with a full history that ends at now.
func NewStore(now time.Time, priceOf func(productID int) int64, products int) *Store {
	s := &Store{}
	for i := range Capacity {
		lines := make([]Line, linesOfHistory)
		for j := range lines {
			id := (i*31+j*17)%products + 1
			lines[j] = Line{ProductID: id, Quantity: 1 + (i+j)%3, PriceCents: priceOf(id)}
		}
		order := s.Place(fmt.Sprintf("customer-%d", i%500), lines, now.Add(time.Duration(i-Capacity)*time.Minute))
		s.Advance(order.ID, Delivered)
	}
	return s
}

// Place stores a new order and returns it.
func (s *Store) Place(customer string, lines []Line, now time.Time) Order {
	order := Order{Customer: customer, Lines: lines, Status: Placed, PlacedAt: now}
	for _, line := range lines {
		order.TotalCents += line.Total()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	order.ID = s.lastID
	s.ring[order.ID%Capacity] = order
	return order
}

// Find returns an order that is still in the store.
func (s *Store) Find(id int) (Order, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if id < 1 || s.ring[id%Capacity].ID != id {
		return Order{}, ErrNotFound
	}
	return s.ring[id%Capacity], nil
}

// Advance sets the status of an order; one that has left the store is ignored.
func (s *Store) Advance(id int, to Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if order := &s.ring[id%Capacity]; order.ID == id {
		order.Status = to
	}
}

// LastID returns the number of the latest order.
func (s *Store) LastID() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.lastID
}

// Each calls visit for every order in the store, oldest slot first.
func (s *Store) Each(visit func(*Order)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := range s.ring {
		visit(&s.ring[i])
	}
}
