// Package tracking remembers the latest requests for the support page.
package tracking

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"plimsoll.dev/orders/internal/leaks"
)

// Leak: the list of recent requests is appended to and never cut.
var Leak = leaks.Spec{
	Name:        "tracker",
	Class:       leaks.Heap,
	Description: "The request tracker appends to a global slice for every request and never trims it.",
	Note:        "About 4 MiB a minute at 40 requests a second. Switched off, the next request trims the slice.",
}

const (
	// keepRecent is what support looks at; 512 requests hold less than 1 MiB.
	keepRecent = 512
	// headBytes is kept of each request's head. With the record and its entry
	// in the slice a request holds 1.75 KiB: 4 MiB a minute at 40 a second.
	headBytes = 1536
)

// Request is what is known of a request that was answered.
type Request struct {
	At     time.Time
	Method string
	Path   string
	Remote string
	Took   time.Duration
	Head   []byte // request line and header, cut at headBytes
}

var (
	mu     sync.Mutex
	recent []*Request
)

// Tracker records the requests that pass through its middleware.
type Tracker struct{ keepAll *leaks.Switch }

func New(keepAll *leaks.Switch) *Tracker { return &Tracker{keepAll: keepAll} }

// Middleware records each request after next has answered it.
func (t *Tracker) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		next.ServeHTTP(w, r)
		t.record(r, started, time.Since(started))
	})
}

func (t *Tracker) record(r *http.Request, at time.Time, took time.Duration) {
	req := &Request{At: at, Method: r.Method, Path: r.URL.Path, Remote: r.RemoteAddr, Took: took, Head: dumpHead(r)}
	mu.Lock()
	defer mu.Unlock()
	recent = append(recent, req)
	if !t.keepAll.On() && len(recent) > keepRecent {
		trimRecent()
	}
}

// trimRecent keeps the last requests. A slice that has become much too large
// is replaced, so that its array goes as well.
func trimRecent() {
	surplus := len(recent) - keepRecent
	if surplus < keepRecent {
		recent = slices.Delete(recent, 0, surplus)
		return
	}
	recent = slices.Clone(recent[surplus:])
}

func dumpHead(r *http.Request) []byte {
	head := make([]byte, 0, headBytes)
	head = fmt.Appendf(head, "%.16s %.512s %.16s\r\nHost: %.256s\r\n", r.Method, r.RequestURI, r.Proto, r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			if len(head)+len(name)+len(value)+4 > headBytes {
				return head
			}
			head = fmt.Appendf(head, "%s: %s\r\n", name, value)
		}
	}
	return head
}

// Recent returns up to n of the latest requests, newest first.
func Recent(n int) []Request {
	mu.Lock()
	defer mu.Unlock()
	latest := make([]Request, 0, min(n, len(recent)))
	for i := len(recent) - 1; i >= 0 && len(latest) < n; i-- {
		latest = append(latest, *recent[i])
	}
	return latest
}

// Len returns the number of requests held.
func Len() int {
	mu.Lock()
	defer mu.Unlock()
	return len(recent)
}
