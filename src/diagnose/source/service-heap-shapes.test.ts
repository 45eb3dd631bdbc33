// Leaks as services have them, several files each, drawn before any rule was read; the twins differ in the one detail that decides.
import { describeServiceShapes, type ServiceShape } from '../../testing/service-shapes.ts';
import { openGoParser } from '../../workspace/go-parser.ts';

const SHAPES: readonly ServiceShape[] = [
  {
    name: 'a generic cache that looks at the age of an entry only when it is asked for it',
    kind: 'heap',
    pattern: 'unbounded-map',
    source: `
-- m/cache/cache.go --
package cache

import (
	"sync"
	"time"
)

type item[V any] struct {
	value   V
	expires time.Time
}

type Cache[K comparable, V any] struct {
	mu    sync.RWMutex
	items map[K]item[V] // hold
	ttl   time.Duration
}

func New[K comparable, V any](ttl time.Duration) *Cache[K, V] {
	return &Cache[K, V]{items: make(map[K]item[V]), ttl: ttl}
}

func (c *Cache[K, V]) Get(k K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	it, ok := c.items[k]
	if ok && time.Now().After(it.expires) {
		delete(c.items, k)
		ok = false
	}
	return it.value, ok
}

func (c *Cache[K, V]) Set(k K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items[k] = item[V]{value: v, expires: time.Now().Add(c.ttl)} // culprit hold fix
}
-- m/auth/auth.go --
package auth

import (
	"time"

	"m/cache"
)

type Session struct {
	User  string
	Roles []string
}

type Service struct {
	sessions  *cache.Cache[string, *Session] // hold
	countries *cache.Cache[string, string]
}

func NewService() *Service {
	return &Service{
		sessions:  cache.New[string, *Session](time.Hour),
		countries: cache.New[string, string](time.Hour),
	}
}

func (s *Service) Login(token, user string) *Session {
	sess := &Session{User: user}
	s.sessions.Set(token, sess) // caller fix
	return sess
}

func (s *Service) Check(token string) (*Session, bool) { return s.sessions.Get(token) }

func (s *Service) Country(code string) string {
	if v, ok := s.countries.Get(code); ok {
		return v
	}
	s.countries.Set(code, "name of "+code)
	return code
}
-- m/api/api.go --
package api

import (
	"net/http"

	"m/auth"
)

type API struct{ auth *auth.Service }

func (a *API) Login(w http.ResponseWriter, r *http.Request) {
	a.auth.Login(r.FormValue("token"), r.FormValue("user"))
}

func (a *API) Me(w http.ResponseWriter, r *http.Request) {
	if _, ok := a.auth.Check(r.Header.Get("X-Token")); !ok {
		http.Error(w, "who?", http.StatusUnauthorized)
	}
}
`,
    twin: [
      [
        '\treturn &Cache[K, V]{items: make(map[K]item[V]), ttl: ttl}',
        '\tc := &Cache[K, V]{items: make(map[K]item[V]), ttl: ttl}\n\tgo c.janitor()\n\treturn c',
      ],
      [
        'func (c *Cache[K, V]) Get(',
        'func (c *Cache[K, V]) janitor() {\n\tfor range time.Tick(c.ttl) {\n\t\tc.mu.Lock()\n\t\tfor k, it := range c.items {\n\t\t\tif time.Now().After(it.expires) {\n\t\t\t\tdelete(c.items, k)\n\t\t\t}\n\t\t}\n\t\tc.mu.Unlock()\n\t}\n}\n\nfunc (c *Cache[K, V]) Get(',
      ],
    ],
  },
  {
    name: 'an index that is filled under a normalized key and emptied under the original',
    kind: 'heap',
    pattern: 'missing-delete-on-path',
    source: `
-- m/lru/lru.go --
package lru

import (
	"container/list"
	"strings"
	"sync"
)

type entry struct {
	key   string
	value []byte
}

type LRU struct {
	mu    sync.Mutex
	max   int
	order *list.List
	index map[string]*list.Element // hold
}

func New(max int) *LRU {
	return &LRU{max: max, order: list.New(), index: map[string]*list.Element{}}
}

func (l *LRU) Get(key string) ([]byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if el, ok := l.index[strings.ToLower(key)]; ok {
		l.order.MoveToFront(el)
		return el.Value.(*entry).value, true
	}
	return nil, false
}

func (l *LRU) Add(key string, value []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	norm := strings.ToLower(key)
	if el, ok := l.index[norm]; ok {
		el.Value.(*entry).value = value
		return
	}
	el := l.order.PushFront(&entry{key: key, value: value}) // culprit fix
	l.index[norm] = el // hold
	if l.order.Len() > l.max {
		oldest := l.order.Back()
		l.order.Remove(oldest)
		delete(l.index, oldest.Value.(*entry).key) // fix
	}
}
`,
    twin: [['&entry{key: key,', '&entry{key: norm,']],
  },
  {
    name: 'a lock for every path',
    kind: 'heap',
    pattern: 'unbounded-map',
    source: `
-- m/files/files.go --
package files

import (
	"os"
	"sync"
)

var pathLocks sync.Map // hold

func lockFor(path string) *sync.Mutex {
	mu, _ := pathLocks.LoadOrStore(path, &sync.Mutex{}) // culprit hold fix
	return mu.(*sync.Mutex)
}

func Write(path string, b []byte) error {
	mu := lockFor(path)
	mu.Lock()
	defer mu.Unlock()
	return os.WriteFile(path, b, 0o644)
}

func Remove(path string) error {
	mu := lockFor(path)
	mu.Lock()
	defer mu.Unlock()
	return os.Remove(path)
}
`,
    twin: [
      ['\treturn os.WriteFile', '\tdefer pathLocks.Delete(path)\n\treturn os.WriteFile'],
      ['\treturn os.Remove(path)', '\tdefer pathLocks.Delete(path)\n\treturn os.Remove(path)'],
    ],
  },
  {
    name: 'a cancel function that a refusal skips',
    kind: 'heap',
    pattern: 'context-not-cancelled',
    source: `
-- m/jobs/jobs.go --
package jobs

import (
	"context"
	"fmt"
	"sync"
)

type Runner struct {
	base context.Context
	wg   sync.WaitGroup
	max  int
	busy int
}

func NewRunner(ctx context.Context, max int) *Runner { return &Runner{base: ctx, max: max} }

func (r *Runner) Submit(name string, run func(context.Context) error) error {
	ctx, cancel := context.WithCancel(r.base) // culprit hold fix
	if r.busy >= r.max {
		return fmt.Errorf("busy: %s", name)
	}
	r.busy++
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		defer cancel()
		_ = run(ctx)
	}()
	return nil
}
`,
    twin: [
      [
        '\tctx, cancel := context.WithCancel(r.base) // culprit hold fix\n\tif r.busy >= r.max {',
        '\tif r.busy >= r.max {',
      ],
      ['\tr.busy++', '\tr.busy++\n\tctx, cancel := context.WithCancel(r.base) // culprit'],
    ],
  },
  {
    name: 'a subscription in front of a handshake that may fail',
    kind: 'heap',
    pattern: 'subscription-never-removed',
    source: `
-- m/feed/feed.go --
package feed

import "sync"

type Subscriber struct {
	topic string
	C     chan []byte
}

type Feed struct {
	mu   sync.RWMutex
	subs map[string]map[*Subscriber]struct{} // hold
}

func New() *Feed { return &Feed{subs: make(map[string]map[*Subscriber]struct{})} }

func (f *Feed) Subscribe(topic string) *Subscriber {
	s := &Subscriber{topic: topic, C: make(chan []byte, 64)} // culprit
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.subs[topic] == nil {
		f.subs[topic] = make(map[*Subscriber]struct{})
	}
	f.subs[topic][s] = struct{}{} // hold
	return s
}

func (f *Feed) Unsubscribe(s *Subscriber) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.subs[s.topic], s)
	if len(f.subs[s.topic]) == 0 {
		delete(f.subs, s.topic)
	}
}

func (f *Feed) Publish(topic string, msg []byte) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for s := range f.subs[topic] {
		select {
		case s.C <- msg:
		default:
		}
	}
}
-- m/ws/ws.go --
package ws

import (
	"log"
	"net/http"

	"github.com/gorilla/websocket"

	"m/feed"
)

type Handler struct {
	feed     *feed.Feed
	upgrader websocket.Upgrader
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sub := h.feed.Subscribe(r.URL.Query().Get("topic")) // fix hold
	conn, err := h.upgrader.Upgrade(w, r, nil) // fix
	if err != nil { // fix
		log.Printf("upgrade: %v", err) // fix
		return // fix
	}
	defer conn.Close()
	defer h.feed.Unsubscribe(sub)
	for {
		select {
		case msg := <-sub.C:
			if err := conn.WriteMessage(websocket.TextMessage, msg); err != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}
`,
    twin: [
      ['\tdefer h.feed.Unsubscribe(sub)\n', ''],
      ['Get("topic")) // fix hold', 'Get("topic"))\n\tdefer h.feed.Unsubscribe(sub)'],
    ],
  },
  {
    name: 'a label with the path of the request',
    kind: 'heap',
    pattern: 'metric-unbounded-label',
    source: `
-- m/metrics/metrics.go --
package metrics

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var latency = prometheus.NewHistogramVec(prometheus.HistogramOpts{ // hold
	Name: "http_request_seconds",
}, []string{"method", "path", "code"})

func init() { prometheus.MustRegister(latency) }

type recorder struct {
	http.ResponseWriter
	code int
}

func Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		rec := &recorder{ResponseWriter: w, code: 200}
		next.ServeHTTP(rec, r)
		latency.WithLabelValues(r.Method, r.URL.Path, strconv.Itoa(rec.code)).Observe(time.Since(start).Seconds()) // culprit hold fix
	})
}
`,
    twin: [
      ['r.Method, r.URL.Path, strconv', 'method(r), r.Pattern, strconv'],
      [
        'type recorder struct',
        'func method(r *http.Request) string {\n\tswitch r.Method {\n\tcase "GET":\n\t\treturn "get"\n\tcase "POST":\n\t\treturn "post"\n\t}\n\treturn "other"\n}\n\ntype recorder struct',
      ],
    ],
  },
  {
    name: 'an id that is a piece of its message',
    kind: 'heap',
    pattern: 'reslice-pins-array',
    source: `
-- m/dedupe/dedupe.go --
package dedupe

import (
	"io"
	"net/http"
	"strings"
	"sync"
)

const window = 1 << 17

type Window struct {
	mu   sync.Mutex
	ring [window]string // hold
	next int
	seen map[string]struct{} // hold
}

func (w *Window) First(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.seen[id]; ok {
		return false
	}
	delete(w.seen, w.ring[w.next])
	w.ring[w.next] = id // hold fix
	w.seen[id] = struct{}{} // hold fix
	w.next = (w.next + 1) % window
	return true
}
-- m/api/api.go --
package api

import (
	"io"
	"net/http"
	"strings"

	"m/dedupe"
)

type API struct{ window *dedupe.Window }

func (a *API) Post(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	body := string(raw) // culprit
	id, _, ok := strings.Cut(body, "\\n") // fix
	if !ok {
		return
	}
	if a.window.First(id) { // fix
		handle(body)
	}
}

func handle(string) {}
`,
    twin: [['a.window.First(id)', 'a.window.First(strings.Clone(id))']],
  },
  {
    name: 'a hook for the shutdown from every session',
    kind: 'heap',
    pattern: 'subscription-never-removed',
    source: `
-- m/life/life.go --
package life

import "sync"

type Lifecycle struct {
	mu    sync.Mutex
	hooks []func() error // hold
}

func (l *Lifecycle) OnShutdown(f func() error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hooks = append(l.hooks, f) // hold fix
}

func (l *Lifecycle) Shutdown() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.hooks) - 1; i >= 0; i-- {
		_ = l.hooks[i]()
	}
}
-- m/session/session.go --
package session

import "m/life"

type Session struct {
	buf []byte
	lc  *life.Lifecycle
}

func Open(lc *life.Lifecycle) *Session {
	s := &Session{buf: make([]byte, 8192), lc: lc} // culprit
	lc.OnShutdown(s.flush) // fix hold
	return s
}

func (s *Session) flush() error { return nil }

func (s *Session) Close() error { return s.flush() }
`,
    twin: [
      [
        '\tl.hooks = append(l.hooks, f) // hold fix\n}',
        '\tl.next++\n\tid := l.next\n\tl.hooks[id] = f\n\treturn func() {\n\t\tl.mu.Lock()\n\t\tdefer l.mu.Unlock()\n\t\tdelete(l.hooks, id)\n\t}\n}',
      ],
      ['OnShutdown(f func() error) {', 'OnShutdown(f func() error) (undo func()) {'],
      ['\thooks []func() error // hold', '\thooks map[int]func() error\n\tnext int'],
      [
        '\tfor i := len(l.hooks) - 1; i >= 0; i-- {\n\t\t_ = l.hooks[i]()',
        '\tfor _, h := range l.hooks {\n\t\t_ = h()',
      ],
      ['\tlc  *life.Lifecycle\n}', '\tlc  *life.Lifecycle\n\tundo func()\n}'],
      ['\tlc.OnShutdown(s.flush) // fix hold', '\ts.undo = lc.OnShutdown(s.flush)'],
      [
        'func (s *Session) Close() error { return s.flush() }',
        'func (s *Session) Close() error {\n\ts.undo()\n\treturn s.flush()\n}\n\nfunc Serve(lc *life.Lifecycle) {\n\ts := Open(lc)\n\tdefer s.Close()\n}',
      ],
    ],
  },
  {
    name: 'a finalizer on an object that others point back to',
    kind: 'heap',
    pattern: 'finalizer-in-cycle',
    source: `
-- m/tree/tree.go --
package tree

import "runtime"

type handle uintptr

type Node struct {
	tree *Tree
	id   int
}

type Tree struct {
	h     handle
	nodes map[int]*Node // hold
}

func Parse(src []byte) *Tree {
	t := &Tree{h: parse(src), nodes: make(map[int]*Node)} // culprit hold
	runtime.SetFinalizer(t, (*Tree).free) // fix hold
	return t
}

func (t *Tree) Node(id int) *Node {
	n, ok := t.nodes[id]
	if !ok {
		n = &Node{tree: t, id: id} // fix hold
		t.nodes[id] = n // fix hold
	}
	return n
}

func (t *Tree) free() { release(t.h) }

func parse([]byte) handle { return 1 }
func release(handle)      {}
`,
    twin: [
      ['\ttree *Tree\n', '\th handle\n'],
      ['&Node{tree: t, id: id}', '&Node{h: t.h, id: id}'],
    ],
  },
  {
    name: 'a call that others share and that fails',
    kind: 'heap',
    pattern: 'missing-delete-on-path',
    source: `
-- m/flight/flight.go --
package flight

import "sync"

type call struct {
	done chan struct{}
	val  []byte
	err  error
}

type Group struct {
	mu    sync.Mutex
	calls map[string]*call // hold
}

func (g *Group) Do(key string, fn func() ([]byte, error)) ([]byte, error) {
	g.mu.Lock()
	if c, ok := g.calls[key]; ok {
		g.mu.Unlock()
		<-c.done
		return c.val, c.err
	}
	c := &call{done: make(chan struct{})} // culprit
	g.calls[key] = c // hold fix
	g.mu.Unlock()

	c.val, c.err = fn() // fix
	close(c.done) // fix
	if c.err != nil { // fix
		return nil, c.err // fix
	}

	g.mu.Lock()
	delete(g.calls, key)
	g.mu.Unlock()
	return c.val, nil
}
`,
    twin: [
      ['\tif c.err != nil { // fix\n\t\treturn nil, c.err // fix\n\t}\n\n', ''],
      ['\treturn c.val, nil\n}', '\treturn c.val, c.err\n}'],
    ],
  },
  {
    name: 'a connection that is registered before it is let in',
    kind: 'heap',
    pattern: 'missing-delete-on-path',
    source: `
-- m/server/server.go --
package server

import (
	"bufio"
	"net"
	"sync"
	"sync/atomic"
)

type conn struct {
	id  uint64
	nc  net.Conn
	buf *bufio.Reader
}

type Server struct {
	mu    sync.Mutex
	conns map[uint64]*conn // hold
	next  atomic.Uint64
}

func (s *Server) track(nc net.Conn) *conn {
	c := &conn{id: s.next.Add(1), nc: nc, buf: bufio.NewReaderSize(nc, 4096)} // culprit
	s.mu.Lock()
	s.conns[c.id] = c // hold
	s.mu.Unlock()
	return c
}

func (s *Server) drop(c *conn) {
	s.mu.Lock()
	delete(s.conns, c.id)
	s.mu.Unlock()
	c.nc.Close()
}

func (s *Server) Serve(l net.Listener) error {
	for {
		nc, err := l.Accept()
		if err != nil {
			return err
		}
		go s.handle(nc)
	}
}

func (s *Server) handle(nc net.Conn) {
	c := s.track(nc) // fix
	if !s.authenticate(c) { // fix
		nc.Close() // fix
		return // fix
	}
	defer s.drop(c)
	for {
		line, err := c.buf.ReadString('\\n')
		if err != nil {
			return
		}
		s.dispatch(c, line)
	}
}

func (s *Server) authenticate(c *conn) bool {
	line, err := c.buf.ReadString('\\n')
	return err == nil && line != ""
}

func (s *Server) dispatch(*conn, string) {}
`,
    twin: [['\t\tnc.Close() // fix\n', '\t\ts.drop(c)\n']],
  },
  {
    name: 'a context that a consumer wraps for every message',
    kind: 'heap',
    pattern: 'context-in-loop',
    source: `
-- m/consumer/consumer.go --
package consumer

import (
	"context"

	"m/queue"
)

type ctxKey string

const messageID ctxKey = "message-id"

type Consumer struct {
	q      *queue.Queue
	handle func(context.Context, queue.Message) error
}

func (c *Consumer) Run(ctx context.Context) error {
	for {
		msg, err := c.q.Receive(ctx)
		if err != nil {
			return err
		}
		ctx = context.WithValue(ctx, messageID, msg.ID) // culprit hold fix
		if err := c.handle(ctx, msg); err != nil {
			c.q.Nack(msg)
			continue
		}
		c.q.Ack(msg)
	}
}
-- m/queue/queue.go --
package queue

import "context"

type Message struct{ ID string }

type Queue struct{ in chan Message }

func (q *Queue) Receive(ctx context.Context) (Message, error) {
	select {
	case m := <-q.in:
		return m, nil
	case <-ctx.Done():
		return Message{}, ctx.Err()
	}
}

func (q *Queue) Ack(Message)  {}
func (q *Queue) Nack(Message) {}
`,
    twin: [
      [
        '\t\tctx = context.WithValue(ctx, messageID, msg.ID) // culprit hold fix\n\t\tif err := c.handle(ctx, msg)',
        '\t\tmctx := context.WithValue(ctx, messageID, msg.ID) // culprit\n\t\tif err := c.handle(mctx, msg)',
      ],
    ],
  },
  {
    name: 'a logger that a worker wraps for every job',
    kind: 'heap',
    pattern: 'wrapped-in-loop',
    source: `
-- m/log/log.go --
package log

type Field struct{ Key, Value string }

type Logger struct {
	fields []Field // hold
}

func (l *Logger) With(key, value string) *Logger {
	fields := make([]Field, len(l.fields), len(l.fields)+1) // culprit
	copy(fields, l.fields)
	return &Logger{fields: append(fields, Field{key, value})}
}

func (l *Logger) Info(msg string) {}
-- m/worker/worker.go --
package worker

import "m/log"

type Job struct{ ID string }

type Worker struct {
	log  *log.Logger // hold
	jobs chan Job
}

func New(l *log.Logger, jobs chan Job) *Worker {
	return &Worker{log: l.With("component", "worker"), jobs: jobs}
}

func (w *Worker) Run() {
	for job := range w.jobs {
		w.log = w.log.With("job", job.ID) // caller hold fix
		w.log.Info("start")
		w.do(job)
	}
}

func (w *Worker) do(Job) {}
`,
    twin: [
      [
        '\t\tw.log = w.log.With("job", job.ID) // caller hold fix\n\t\tw.log.Info("start")',
        '\t\tl := w.log.With("job", job.ID) // caller\n\t\tl.Info("start")',
      ],
    ],
  },
  {
    name: 'a statement prepared for every call',
    kind: 'heap',
    pattern: 'stmt-not-closed',
    source: `
-- m/repo/repo.go --
package repo

import (
	"context"
	"database/sql"
	"fmt"
)

type Repo struct{ db *sql.DB }

func (r *Repo) Count(ctx context.Context, table string) (n int, err error) {
	stmt, err := r.db.PrepareContext(ctx, fmt.Sprintf("select count(*) from %s", table)) // culprit hold
	if err != nil {
		return 0, fmt.Errorf("prepare: %w", err)
	} // fix
	if err := stmt.QueryRowContext(ctx).Scan(&n); err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return n, nil
}
`,
    twin: [['\tif err := stmt.Query', '\tdefer stmt.Close()\n\tif err := stmt.Query']],
  },
  {
    name: 'a priority queue that keeps what was cancelled',
    kind: 'heap',
    pattern: 'missing-delete-on-path',
    source: `
-- m/delay/delay.go --
package delay

import (
	"container/heap"
	"sync"
	"time"
)

type Task struct {
	ID    string
	At    time.Time
	Body  []byte
	index int
}

type queue []*Task

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].At.Before(q[j].At) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*Task)) }
func (q *queue) Pop() any {
	old := *q
	n := len(old)
	t := old[n-1]
	*q = old[:n-1]
	return t
}

type Scheduler struct {
	mu   sync.Mutex
	q    queue // hold
	byID map[string]*Task
}

func (s *Scheduler) Schedule(id string, at time.Time, body []byte) {
	t := &Task{ID: id, At: at, Body: append([]byte(nil), body...)} // culprit
	s.mu.Lock()
	defer s.mu.Unlock()
	heap.Push(&s.q, t) // hold
	s.byID[id] = t
}

func (s *Scheduler) Cancel(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, id) // fix
}

func (s *Scheduler) Due(now time.Time) []*Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []*Task
	for len(s.q) > 0 && !s.q[0].At.After(now) {
		t := heap.Pop(&s.q).(*Task)
		if _, ok := s.byID[t.ID]; ok {
			delete(s.byID, t.ID)
			due = append(due, t)
		}
	}
	return due
}
-- m/api/api.go --
package api

import (
	"net/http"
	"time"

	"m/delay"
)

type API struct{ s *delay.Scheduler }

func (a *API) Remind(w http.ResponseWriter, r *http.Request) {
	a.s.Schedule(r.FormValue("id"), time.Now().Add(24*time.Hour), []byte(r.FormValue("text")))
}

func (a *API) Dismiss(w http.ResponseWriter, r *http.Request) {
	a.s.Cancel(r.FormValue("id"))
}

func (a *API) Run() {
	for now := range time.Tick(time.Second) {
		for _, t := range a.s.Due(now) {
			deliver(t)
		}
	}
}

func deliver(*delay.Task) {}
`,
    twin: [
      [
        '\tdelete(s.byID, id) // fix',
        '\tif t, ok := s.byID[id]; ok {\n\t\theap.Remove(&s.q, t.index)\n\t\tdelete(s.byID, id)\n\t}',
      ],
    ],
  },
];

describeServiceShapes('explainSource for heap of services', await openGoParser(), SHAPES);
