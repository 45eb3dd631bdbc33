package sessions

import (
	"testing"
	"time"

	"plimsoll.dev/orders/internal/leaks"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func openMany(c *Cache, n int) (last string) {
	for range n {
		last = c.Open("ada", noon)
	}
	return last
}

func TestHealthyCacheStaysAtItsCapacity(t *testing.T) {
	c := NewCache(16, time.Hour, leaks.NewSwitch(Leak))
	openMany(c, 500)
	if c.Len() != 16 || len(c.byToken) != 16 {
		t.Errorf("after 500 logins: %d sessions, %d tokens, want 16", c.Len(), len(c.byToken))
	}
}

func TestLeakKeepsEveryLoginAndOffGoesBackToTheCapacity(t *testing.T) {
	leak := leaks.NewSwitch(Leak)
	c := NewCache(16, time.Hour, leak)
	openMany(c, 100)
	if err := leak.Set(true); err != nil {
		t.Fatal(err)
	}
	openMany(c, 500)
	if c.Len() != 16+500 {
		t.Errorf("with the leak on: %d sessions, want 516", c.Len())
	}
	if err := leak.Set(false); err != nil {
		t.Fatal(err)
	}
	openMany(c, 1)
	if c.Len() != 16 || len(c.byToken) != 16 {
		t.Errorf("after switching off: %d sessions, %d tokens, want 16", c.Len(), len(c.byToken))
	}
}

func TestSessionIsFoundUntilItIsEvictedOrTooOld(t *testing.T) {
	c := NewCache(4, time.Hour, nil)
	token := openMany(c, 1)
	if s := c.Find(token, noon.Add(time.Minute)); s == nil || s.Customer != "ada" {
		t.Fatalf("session = %+v", s)
	}
	openMany(c, 3)
	c.Find(token, noon) // used again: no longer the oldest
	openMany(c, 3)
	if c.Find(token, noon) == nil {
		t.Error("the session used last was evicted before older ones")
	}
	if c.Find(token, noon.Add(2*time.Hour)) != nil {
		t.Error("a session older than its lifetime was found")
	}
	if c.Len() != 3 {
		t.Errorf("%d sessions after one expired, want 3", c.Len())
	}
}
