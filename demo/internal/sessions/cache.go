// Package sessions keeps the customers who are logged in.
package sessions

import (
	"container/list"
	"crypto/rand"
	"sync"
	"time"

	"plimsoll.dev/orders/internal/leaks"
)

// Leak: Put no longer enforces the capacity.
var Leak = leaks.Spec{
	Name:        "sessions",
	Class:       leaks.Heap,
	Description: "The session cache never evicts: every login stays in memory.",
	Note:        "About 8 MiB a minute at 40 requests a second. Switched off, the next login evicts down to the capacity.",
}

const (
	// DefaultCapacity is full after about 20 s of load; 128 sessions hold 3 MiB.
	DefaultCapacity = 128
	// historyViews is how far back "recently viewed" goes. It makes a session
	// 24 KiB, so that 15 logins in 100 requests are 8 MiB a minute at 40
	// requests a second when none of them is evicted.
	historyViews = 300
)

// View is a product page that the customer looked at. 80 bytes.
type View struct {
	ProductID int
	At        time.Time
	Referrer  string
	Campaign  string
	Dwell     time.Duration
	Pos       [2]int32
}

// Session is one login.
type Session struct {
	Token    string
	Customer string
	OpenedAt time.Time
	History  []View
}

// Cache holds the sessions by token, up to its capacity; the one that was not
// used longest goes first.
type Cache struct {
	capacity int
	lifetime time.Duration
	keepAll  *leaks.Switch

	mu      sync.Mutex
	recency *list.List // of *Session, most recently used first
	byToken map[string]*list.Element
}

// NewCache makes an empty cache. Sessions older than lifetime are not found.
func NewCache(capacity int, lifetime time.Duration, keepAll *leaks.Switch) *Cache {
	return &Cache{
		capacity: capacity, lifetime: lifetime, keepAll: keepAll,
		recency: list.New(), byToken: make(map[string]*list.Element),
	}
}

// Open logs a customer in and returns the token of the new session.
func (c *Cache) Open(customer string, now time.Time) string {
	s := &Session{
		Token: rand.Text(), Customer: customer, OpenedAt: now,
		History: restoreHistory(customer, now),
	}
	c.put(s)
	return s.Token
}

// restoreHistory brings back what the customer viewed in earlier sessions.
func restoreHistory(customer string, now time.Time) []View {
	history := make([]View, historyViews)
	for i := range history {
		history[i] = View{ProductID: i*7 + len(customer), At: now.Add(-time.Duration(i) * time.Hour), Referrer: "account", Dwell: time.Second}
	}
	return history
}

func (c *Cache) put(s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byToken[s.Token] = c.recency.PushFront(s)
	if c.keepAll.On() {
		return
	}
	for c.recency.Len() > c.capacity {
		c.remove(c.recency.Back())
	}
}

// Find returns the session of a token, or nil where it was evicted or is too old.
func (c *Cache) Find(token string, now time.Time) *Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.byToken[token]
	if !ok {
		return nil
	}
	s := entry.Value.(*Session)
	if now.Sub(s.OpenedAt) > c.lifetime {
		c.remove(entry)
		return nil
	}
	c.recency.MoveToFront(entry)
	return s
}

func (c *Cache) remove(entry *list.Element) {
	delete(c.byToken, entry.Value.(*Session).Token)
	c.recency.Remove(entry)
}

// Len returns the number of sessions held.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.recency.Len()
}
