// Leaks as services have them, several files each, drawn before any rule was read; the twins differ in the one detail that decides.
import { describeServiceShapes, type ServiceShape } from '../../testing/service-shapes.ts';
import { openGoParser } from '../../workspace/go-parser.ts';

const SHAPES: readonly ServiceShape[] = [
  {
    name: 'a window of samples that only the report trims',
    kind: 'heap',
    pattern: 'unbounded-slice',
    source: `
-- m/stats/stats.go --
package stats

import (
	"sync"
	"time"
)

type sample struct {
	at time.Time
	ms float64
}

type Window struct {
	mu      sync.Mutex
	span    time.Duration
	samples []sample // hold
}

func (w *Window) Add(ms float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.samples = append(w.samples, sample{at: time.Now(), ms: ms}) // culprit hold fix
}

func (w *Window) trim(now time.Time) {
	i := 0
	for i < len(w.samples) && now.Sub(w.samples[i].at) > w.span {
		i++
	}
	w.samples = append(w.samples[:0], w.samples[i:]...)
}

// Mean is for the admin page.
func (w *Window) Mean() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trim(time.Now())
	sum := 0.0
	for _, s := range w.samples {
		sum += s.ms
	}
	return sum / float64(len(w.samples)+1)
}
`,
    twin: [['// culprit hold fix\n', '// culprit\n\tw.trim(time.Now())\n']],
  },
  {
    name: 'a limiter for every address with its port',
    kind: 'heap',
    pattern: 'unbounded-map',
    source: `
-- m/limit/limit.go --
package limit

import (
	"net/http"
	"sync"

	"golang.org/x/time/rate"
)

type Limiter struct {
	mu       sync.Mutex
	byClient map[string]*rate.Limiter // hold
	perSec   rate.Limit
}

func (l *Limiter) get(addr string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	lim, ok := l.byClient[addr]
	if !ok {
		lim = rate.NewLimiter(l.perSec, 10) // culprit
		l.byClient[addr] = lim // hold fix
	}
	return lim
}

func (l *Limiter) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !l.get(r.RemoteAddr).Allow() {
			http.Error(w, "slow down", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}
`,
    twin: [
      [
        '\t\tlim = rate.NewLimiter',
        '\t\tif len(l.byClient) > 10000 {\n\t\t\tl.byClient = make(map[string]*rate.Limiter)\n\t\t}\n\t\tlim = rate.NewLimiter',
      ],
    ],
  },
  {
    name: 'a span that keeps all its children',
    kind: 'heap',
    pattern: 'unbounded-slice',
    source: `
-- m/trace/trace.go --
package trace

import (
	"context"
	"sync"
	"time"
)

type Span struct {
	Name     string
	start    time.Time
	end      time.Time
	mu       sync.Mutex
	parent   *Span
	children []*Span // hold
}

type key struct{}

func Start(ctx context.Context, name string) (context.Context, *Span) {
	s := &Span{Name: name, start: time.Now()} // culprit
	if p, ok := ctx.Value(key{}).(*Span); ok {
		s.parent = p
		p.mu.Lock()
		p.children = append(p.children, s) // hold fix
		p.mu.Unlock()
	}
	return context.WithValue(ctx, key{}, s), s
}

func (s *Span) End() { s.end = time.Now() }
-- m/worker/worker.go --
package worker

import (
	"context"

	"m/trace"
)

func Run(ctx context.Context, jobs <-chan string) {
	ctx, root := trace.Start(ctx, "worker")
	defer root.End()
	for j := range jobs {
		do(ctx, j)
	}
}

func do(ctx context.Context, j string) {
	_, s := trace.Start(ctx, j)
	defer s.End()
}
`,
    twin: [
      [
        'func (s *Span) End() { s.end = time.Now() }',
        'func (s *Span) End() {\n\ts.end = time.Now()\n\tif p := s.parent; p != nil {\n\t\tp.mu.Lock()\n\t\tp.children = slices.DeleteFunc(p.children, func(c *Span) bool { return c == s })\n\t\tp.mu.Unlock()\n\t}\n}',
      ],
    ],
  },
  {
    name: 'a hub that is told by channels who comes and goes',
    kind: 'heap',
    pattern: 'subscription-never-removed',
    source: `
-- m/chat/hub.go --
package chat

type Hub struct {
	clients    map[*Client]bool // hold
	register   chan *Client
	unregister chan *Client
	broadcast  chan []byte
}

func (h *Hub) Run() {
	for {
		select {
		case c := <-h.register:
			h.clients[c] = true // hold
		case c := <-h.unregister:
			if h.clients[c] {
				delete(h.clients, c)
				close(c.send)
			}
		case m := <-h.broadcast:
			for c := range h.clients {
				select {
				case c.send <- m:
				default:
				}
			}
		}
	}
}
-- m/chat/client.go --
package chat

import (
	"net/http"

	"github.com/gorilla/websocket"
)

type Client struct {
	hub  *Hub
	conn *websocket.Conn
	send chan []byte
}

var upgrader websocket.Upgrader

func Serve(h *Hub, w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &Client{hub: h, conn: conn, send: make(chan []byte, 256)} // culprit
	h.register <- c // fix
	if err := c.hello(); err != nil { // fix
		conn.Close() // fix
		return // fix
	}
	go c.write()
	c.read()
}

func (c *Client) hello() error { return c.conn.WriteMessage(1, []byte("hi")) }

func (c *Client) read() {
	defer func() {
		c.hub.unregister <- c
		c.conn.Close()
	}()
	for {
		_, m, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		c.hub.broadcast <- m
	}
}

func (c *Client) write() {
	for m := range c.send {
		if c.conn.WriteMessage(1, m) != nil {
			return
		}
	}
}
`,
    twin: [['\t\tconn.Close() // fix\n', '\t\th.unregister <- c\n\t\tconn.Close()\n']],
  },
  {
    name: 'a second way in that does not tell the eviction',
    kind: 'heap',
    pattern: 'unbounded-map',
    source: `
-- m/store/store.go --
package store

import "sync"

const max = 10000

type Store struct {
	mu     sync.Mutex
	values map[string][]byte // hold
	order  []string
}

func (s *Store) Set(k string, v []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.values[k]; !ok {
		s.order = append(s.order, k)
	}
	s.values[k] = v
	s.evict()
}

func (s *Store) SetNX(k string, v []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.values[k]; ok {
		return false
	}
	s.values[k] = append([]byte(nil), v...) // culprit hold fix
	return true
}

func (s *Store) evict() {
	for len(s.order) > max {
		delete(s.values, s.order[0])
		s.order = s.order[1:]
	}
}
`,
    twin: [['// culprit hold fix\n', '// culprit\n\ts.order = append(s.order, k)\n\ts.evict()\n']],
  },
  {
    name: 'a member of a room whose connection breaks',
    kind: 'heap',
    pattern: 'missing-delete-on-path',
    source: `
-- m/rooms/rooms.go --
package rooms

import "sync"

type Member struct {
	Name string
	Out  chan []byte
}

type Rooms struct {
	mu sync.Mutex
	m  map[string]map[*Member]bool // hold
}

func NewRooms() *Rooms { return &Rooms{m: make(map[string]map[*Member]bool)} }

func (r *Rooms) Join(room, name string) *Member {
	mem := &Member{Name: name, Out: make(chan []byte, 128)} // culprit
	r.mu.Lock()
	defer r.mu.Unlock()
	set, ok := r.m[room]
	if !ok {
		set = make(map[*Member]bool)
		r.m[room] = set
	}
	set[mem] = true // hold
	return mem
}

func (r *Rooms) Leave(room string, mem *Member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	set := r.m[room]
	delete(set, mem)
	if len(set) == 0 {
		delete(r.m, room)
	}
}
-- m/ws/ws.go --
package ws

import (
	"context"
	"fmt"

	"m/rooms"
)

type Conn interface {
	Write(ctx context.Context, b []byte) error
	Closed() <-chan struct{}
}

func Pump(ctx context.Context, rs *rooms.Rooms, room, name string, c Conn) error {
	me := rs.Join(room, name) // fix hold
	for {
		select {
		case b := <-me.Out:
			if err := c.Write(ctx, b); err != nil {
				return fmt.Errorf("write to %s: %w", name, err) // fix
			}
		case <-c.Closed():
			rs.Leave(room, me)
			return nil
		}
	}
}
`,
    twin: [
      ['\tme := rs.Join(room, name) // fix hold', '\tme := rs.Join(room, name)\n\tdefer rs.Leave(room, me)'],
      ['\t\t\trs.Leave(room, me)\n\t\t\treturn nil', '\t\t\treturn nil'],
    ],
  },
  {
    name: 'results that stay until somebody asks for them',
    kind: 'heap',
    pattern: 'unbounded-map',
    source: `
-- m/jobs/jobs.go --
package jobs

import (
	"encoding/json"
	"net/http"
	"sync"
)

type Result struct {
	Rows [][]string
	Err  string
}

type Service struct {
	mu      sync.Mutex
	results map[string]*Result // hold
	query   func(string) [][]string
}

func (s *Service) Start(w http.ResponseWriter, r *http.Request) {
	id := r.FormValue("id")
	q := r.FormValue("q")
	go func() {
		res := &Result{Rows: s.query(q)} // culprit
		s.mu.Lock()
		s.results[id] = res // hold fix
		s.mu.Unlock()
	}()
	w.WriteHeader(http.StatusAccepted)
}

func (s *Service) Poll(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.mu.Lock()
	res, ok := s.results[id]
	if ok {
		delete(s.results, id)
	}
	s.mu.Unlock()
	if !ok {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	_ = json.NewEncoder(w).Encode(res)
}
`,
    twin: [
      [
        '\t\ts.results[id] = res // hold fix',
        '\t\ts.results[id] = res\n\t\ttime.AfterFunc(10*time.Minute, func() { s.forget(id) })',
      ],
      [
        'func (s *Service) Poll(',
        'func (s *Service) forget(id string) {\n\ts.mu.Lock()\n\tdefer s.mu.Unlock()\n\tdelete(s.results, id)\n}\n\nfunc (s *Service) Poll(',
      ],
      ['\t"sync"\n', '\t"sync"\n\t"time"\n'],
    ],
  },
  {
    name: 'a sweeper that ends with the first request',
    kind: 'heap',
    pattern: 'unbounded-map',
    source: `
-- m/idem/idem.go --
package idem

import (
	"context"
	"net/http"
	"sync"
	"time"
)

type Keys struct {
	once sync.Once
	mu   sync.Mutex
	seen map[string]time.Time // hold
}

func (k *Keys) Check(r *http.Request) bool {
	k.once.Do(func() { go k.prune(r.Context()) }) // fix
	key := r.Header.Get("Idempotency-Key")
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.seen[key]; ok {
		return false
	}
	k.seen[key] = time.Now() // culprit hold
	return true
}

func (k *Keys) prune(ctx context.Context) {
	t := time.NewTicker(time.Minute)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			k.mu.Lock()
			for key, at := range k.seen {
				if time.Since(at) > time.Hour {
					delete(k.seen, key)
				}
			}
			k.mu.Unlock()
		case <-ctx.Done():
			return // fix
		}
	}
}
`,
    twin: [['k.prune(r.Context())', 'k.prune(context.Background())']],
  },
  {
    name: 'a history that everybody reads the end of',
    kind: 'heap',
    pattern: 'unbounded-slice',
    source: `
-- m/chat/chat.go --
package chat

import (
	"bufio"
	"net"
	"sync"
)

type Room struct {
	mu      sync.RWMutex
	history []string // hold
	members map[net.Conn]struct{}
}

func (r *Room) Serve(c net.Conn) {
	r.mu.Lock()
	r.members[c] = struct{}{}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.members, c)
		r.mu.Unlock()
		c.Close()
	}()
	sc := bufio.NewScanner(c)
	for sc.Scan() {
		r.post(sc.Text()) // caller
	}
}

func (r *Room) post(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history = append(r.history, line) // culprit hold fix
	for m := range r.members {
		m.Write([]byte(line + "\\n"))
	}
}

func (r *Room) Last(n int) []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if n > len(r.history) {
		n = len(r.history)
	}
	return r.history[len(r.history)-n:]
}
`,
    twin: [
      [
        '// culprit hold fix\n',
        '// culprit\n\tif len(r.history) > 1000 {\n\t\tr.history = append([]string(nil), r.history[500:]...)\n\t}\n',
      ],
    ],
  },
  {
    name: 'values of a request that is refused',
    kind: 'heap',
    pattern: 'missing-delete-on-path',
    source: `
-- m/reqctx/reqctx.go --
package reqctx

import (
	"net/http"
	"sync"
)

var (
	mu   sync.RWMutex
	data = make(map[*http.Request]map[string]any) // hold
)

func Set(r *http.Request, key string, v any) {
	mu.Lock()
	defer mu.Unlock()
	if data[r] == nil {
		data[r] = make(map[string]any) // culprit hold
	}
	data[r][key] = v
}

func Get(r *http.Request, key string) any {
	mu.RLock()
	defer mu.RUnlock()
	return data[r][key]
}

func Clear(r *http.Request) {
	mu.Lock()
	defer mu.Unlock()
	delete(data, r)
}
-- m/app/app.go --
package app

import (
	"net/http"

	"m/reqctx"
)

func WithUser(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := r.Header.Get("X-User")
		reqctx.Set(r, "user", user) // fix
		if user == "" { // fix
			http.Error(w, "who are you?", http.StatusUnauthorized) // fix
			return // fix
		}
		next.ServeHTTP(w, r)
		reqctx.Clear(r)
	})
}
`,
    twin: [
      [
        '\t\treqctx.Set(r, "user", user) // fix',
        '\t\treqctx.Set(r, "user", user)\n\t\tdefer reqctx.Clear(r)',
      ],
      ['\t\tnext.ServeHTTP(w, r)\n\t\treqctx.Clear(r)', '\t\tnext.ServeHTTP(w, r)'],
    ],
  },
  {
    name: 'a cache by address that only an administrator purges',
    kind: 'heap',
    pattern: 'unbounded-map',
    source: `
-- m/rcache/rcache.go --
package rcache

import (
	"net/http"
	"net/http/httptest"
	"sync"
)

type page struct {
	code int
	body []byte
}

type Cache struct {
	mu    sync.RWMutex
	pages map[string]*page // hold
}

func (c *Cache) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.URL.String()
		c.mu.RLock()
		p := c.pages[key]
		c.mu.RUnlock()
		if p == nil {
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			p = &page{code: rec.Code, body: rec.Body.Bytes()} // culprit
			c.mu.Lock()
			c.pages[key] = p // hold fix
			c.mu.Unlock()
		}
		w.WriteHeader(p.code)
		w.Write(p.body)
	})
}

func (c *Cache) Purge(url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pages, url)
}
-- m/main.go --
package main

import (
	"net/http"

	"m/rcache"
)

func main() {
	c := &rcache.Cache{}
	http.Handle("/", c.Wrap(http.FileServer(http.Dir("."))))
	http.HandleFunc("POST /admin/purge", func(w http.ResponseWriter, r *http.Request) {
		c.Purge(r.FormValue("url"))
	})
	http.ListenAndServe(":8080", nil)
}
`,
    twin: [
      [
        '\t\t\tc.mu.Lock()\n\t\t\tc.pages[key] = p',
        '\t\t\tc.mu.Lock()\n\t\t\tif len(c.pages) >= 4096 {\n\t\t\t\tclear(c.pages)\n\t\t\t}\n\t\t\tc.pages[key] = p',
      ],
    ],
  },
  {
    name: 'a collector registered for every tenant',
    kind: 'heap',
    pattern: 'never-unregistered',
    source: `
-- m/tenant/tenant.go --
package tenant

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

type Tenant struct {
	ID      string
	latency prometheus.Histogram
}

type Tenants struct {
	mu sync.Mutex
	m  map[string]*Tenant
}

func (ts *Tenants) Add(id string) *Tenant {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{ // culprit
		Name:        "tenant_latency",
		ConstLabels: prometheus.Labels{"tenant": id},
	})
	prometheus.MustRegister(h) // hold fix
	t := &Tenant{ID: id, latency: h}
	ts.mu.Lock()
	ts.m[id] = t
	ts.mu.Unlock()
	return t
}

func (ts *Tenants) Remove(id string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	delete(ts.m, id) // fix
}
-- m/main.go --
package main

import (
	"os"

	"m/tenant"
)

func main() {
	ts := &tenant.Tenants{}
	for _, id := range os.Args[1:] {
		ts.Add(id)
	}
	ts.Remove(os.Args[1])
}
`,
    twin: [
      [
        '\tdelete(ts.m, id) // fix',
        '\tif t, ok := ts.m[id]; ok {\n\t\tprometheus.Unregister(t.latency)\n\t}\n\tdelete(ts.m, id)',
      ],
    ],
  },
  {
    name: 'idle connections without a limit',
    kind: 'heap',
    pattern: 'unbounded-map',
    source: `
-- m/pool/pool.go --
package pool

import (
	"bufio"
	"net"
	"sync"
)

type conn struct {
	net.Conn
	br *bufio.Reader
}

type Pool struct {
	mu   sync.Mutex
	idle map[string][]*conn // hold
}

func (p *Pool) Get(addr string) (*conn, error) {
	p.mu.Lock()
	if list := p.idle[addr]; len(list) > 0 {
		c := list[len(list)-1]
		p.idle[addr] = list[:len(list)-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: nc, br: bufio.NewReaderSize(nc, 32<<10)}, nil // culprit
}

func (p *Pool) Put(addr string, c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle[addr] = append(p.idle[addr], c) // hold fix
}
-- m/proxy/proxy.go --
package proxy

import "m/pool"

type Proxy struct{ pool *pool.Pool }

func (p *Proxy) Forward(addr string, b []byte) error {
	c, err := p.pool.Get(addr)
	if err != nil {
		return err
	}
	if _, err := c.Write(b); err != nil {
		c.Close()
		return err
	}
	p.pool.Put(addr, c)
	return nil
}
`,
    twin: [
      [
        '\tp.idle[addr] = append(p.idle[addr], c) // hold fix',
        '\tif len(p.idle[addr]) >= 8 {\n\t\tc.Close()\n\t\treturn\n\t}\n\tp.idle[addr] = append(p.idle[addr], c)',
      ],
    ],
  },
  {
    name: 'a cancel function that is deleted and not called',
    kind: 'heap',
    pattern: 'context-not-cancelled',
    source: `
-- m/tasks/tasks.go --
package tasks

import (
	"context"
	"sync"
)

type Tasks struct {
	base    context.Context
	mu      sync.Mutex
	running map[string]context.CancelFunc
}

func (t *Tasks) Start(id string, run func(context.Context)) {
	ctx, cancel := context.WithCancel(t.base) // culprit hold
	t.mu.Lock()
	t.running[id] = cancel // hold
	t.mu.Unlock()
	go func() {
		run(ctx)
		t.finish(id)
	}()
}

func (t *Tasks) finish(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.running, id) // fix
}

func (t *Tasks) Cancel(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if cancel, ok := t.running[id]; ok {
		cancel()
		delete(t.running, id)
	}
}
`,
    twin: [
      [
        '\tdelete(t.running, id) // fix',
        '\tif cancel, ok := t.running[id]; ok {\n\t\tcancel()\n\t}\n\tdelete(t.running, id)',
      ],
    ],
  },
  {
    name: 'interned values of whatever comes',
    kind: 'heap',
    pattern: 'unbounded-map',
    source: `
-- m/intern/intern.go --
package intern

import "sync"

type Pool struct {
	mu sync.Mutex
	m  map[string]string // hold
}

func (p *Pool) Get(b []byte) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.m[string(b)]; ok {
		return s
	}
	s := string(b) // culprit
	p.m[s] = s // hold fix
	return s
}
-- m/ingest/ingest.go --
package ingest

import (
	"bytes"

	"m/intern"
)

var labels = &intern.Pool{}

type Sample struct{ Name, Value string }

func Parse(line []byte) Sample {
	name, value, _ := bytes.Cut(line, []byte("="))
	return Sample{Name: labels.Get(name), Value: labels.Get(value)}
}
`,
    twin: [
      [
        '\ts := string(b) // culprit',
        '\tif len(p.m) > 1<<16 {\n\t\tp.m = make(map[string]string)\n\t}\n\ts := string(b) // culprit',
      ],
    ],
  },
];

describeServiceShapes('explainSource for what registries of services keep', await openGoParser(), SHAPES);
