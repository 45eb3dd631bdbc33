// Shapes of leaks that services have had, each beside a twin that differs in the one detail that decides.
import { describe, expect, it } from 'vitest';
import { explainDrawn } from '../../testing/source-shape.ts';
import { openGoParser } from '../../workspace/go-parser.ts';

const parser = await openGoParser();

/** Below this an answer says where the memory is, not what is wrong with the code. */
const ACCUSES = 0.5;

interface Shape {
  readonly name: string;
  readonly pattern: string;
  readonly source: string;
  /** Parts of the source that are replaced to make the twin. */
  readonly twin: readonly (readonly [string, string])[] | null;
}

const TABLE = `
-- m/table/table.go --
package table

import "sync"

type Row struct{ body []byte }

type Table struct {
	mu   sync.Mutex
	rows map[string]*Row // hold
}

func New() *Table { return &Table{rows: map[string]*Row{}} }

func (t *Table) Begin(k string, b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[k] = &Row{body: append([]byte(nil), b...)} // culprit
}

func (t *Table) Done(k string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.rows, k)
}
`;

const SHAPES: readonly Shape[] = [
  {
    name: 'a constructor that several call, of which one keeps what it gives',
    pattern: 'unbounded-map',
    source: `
-- m/store/store.go --
package store

type Order struct{ body []byte }

func NewOrder(n int) *Order {
	return &Order{body: make([]byte, n)} // culprit
}

type Index struct{ byID map[string]*Order } // hold

func (i *Index) Add(id string, o *Order) {
	i.byID[id] = o // fix
}

type Latest struct{ last *Order }

func (l *Latest) Put(o *Order) { l.last = o }
-- m/main.go --
package main

import "m/store"

var index = &store.Index{byID: map[string]*store.Order{}}
var latest = &store.Latest{}

func serve(id string) {
	latest.Put(store.NewOrder(10))
	index.Add(id, store.NewOrder(2500)) // via
}
`,
    twin: [
      ['store.NewOrder(10))', 'store.NewOrder(10)) // via'],
      ['store.NewOrder(2500)) // via', 'store.NewOrder(2500))'],
    ],
  },
  {
    name: 'an early return between adding and removing',
    pattern: 'missing-delete-on-path',
    source: `${TABLE}
-- m/api/api.go --
package api

import "m/table"

type API struct{ T *table.Table }

func (a *API) Pay(k string, b []byte) error {
	a.T.Begin(k, b) // fix
	if err := charge(b); err != nil {
		return err
	}
	a.T.Done(k)
	return nil
}

func charge(b []byte) error { return nil }
`,
    twin: [
      ['a.T.Begin(k, b) // fix', 'a.T.Begin(k, b)\n\tdefer a.T.Done(k)'],
      ['\ta.T.Done(k)\n\treturn nil', '\treturn nil'],
    ],
  },
  {
    name: 'the same behind wrappers of both calls',
    pattern: 'missing-delete-on-path',
    source: `${TABLE}
-- m/api/api.go --
package api

import "m/table"

type API struct{ T *table.Table }

func (a *API) enter(k string, b []byte) { a.T.Begin(k, b) }
func (a *API) leave(k string)           { a.T.Done(k) }

func (a *API) Pay(k string, b []byte) error {
	a.enter(k, b) // fix
	switch {
	case len(b) > 10:
		return nil
	}
	a.leave(k)
	return nil
}
`,
    twin: [['\t\treturn nil\n\t}\n\ta.leave', '\t\tb = b[:10]\n\t}\n\ta.leave']],
  },
  {
    name: 'a loop that skips the removal with continue',
    pattern: 'missing-delete-on-path',
    source: `${TABLE}
-- m/api/api.go --
package api

import "m/table"

func Run(t *table.Table, jobs []string) {
	for _, k := range jobs {
		t.Begin(k, []byte(k)) // fix
		if len(k) == 3 {
			continue
		}
		t.Done(k)
	}
}
`,
    twin: [['\t\t\tcontinue', '\t\t\tprintln(k)']],
  },
  {
    name: 'a worker that removes what others added, and not after an error',
    pattern: 'missing-delete-on-path',
    source: `${TABLE}
-- m/api/api.go --
package api

import "m/table"

type job struct{ k string }
type API struct {
	T    *table.Table
	jobs chan job
}

func (a *API) Submit(k string, b []byte) {
	a.T.Begin(k, b)
	a.jobs <- job{k}
}

func (a *API) Work() {
	for j := range a.jobs {
		if err := run(j); err != nil {
			println(err)
			continue // fix
		}
		a.T.Done(j.k)
	}
}

func run(j job) error { return nil }

func Start(a *API) { go a.Work() }
`,
    twin: [['\t\t\tcontinue // fix\n', '']],
  },
  {
    name: 'a removing function that nobody calls',
    pattern: 'missing-delete-on-path',
    source: `${TABLE}
-- m/api/api.go --
package api

import "m/table"

func Handle(t *table.Table, k string) {
	t.Begin(k, nil) // fix
}
-- m/main.go --
package main

import ("m/api"; "m/table")

func main() { api.Handle(table.New(), "k") }
`,
    twin: [['t.Begin(k, nil) // fix', 't.Begin(k, nil)\n\tdefer t.Done(k)']],
  },
  {
    name: 'a function that returns how to undo it, dropped by its caller',
    pattern: 'subscription-never-removed',
    source: `
-- m/hub/hub.go --
package hub

type Hub struct {
	next int
	subs map[int]chan string // hold
}

func (h *Hub) Subscribe() (<-chan string, func()) {
	h.next++
	id := h.next
	c := make(chan string, 16) // culprit
	h.subs[id] = c // hold
	return c, func() { delete(h.subs, id) }
}
-- m/api/api.go --
package api

import "m/hub"

func Stream(h *hub.Hub, n int) string {
	c, cancel := h.Subscribe() // fix
	if n == 0 {
		return ""
	}
	s := <-c
	cancel()
	return s
}
`,
    twin: [
      ['h.Subscribe() // fix', 'h.Subscribe()\n\tdefer cancel()'],
      ['\tcancel()\n\treturn s', '\treturn s'],
    ],
  },
  {
    name: 'a handle with a Close method, forgotten on one way',
    pattern: 'missing-delete-on-path',
    source: `
-- m/reg/reg.go --
package reg

type Registry struct{ open map[*Handle]struct{} } // hold
type Handle struct {
	r   *Registry
	buf []byte
}

func (r *Registry) Open() *Handle {
	h := &Handle{r: r, buf: make([]byte, 4096)} // culprit
	r.open[h] = struct{}{} // hold
	return h
}

func (h *Handle) Close() { delete(h.r.open, h) }
-- m/api/api.go --
package api

import "m/reg"

func Read(r *reg.Registry, n int) int {
	h := r.Open() // fix
	if n < 0 {
		return -1
	}
	h.Close()
	return n
}
`,
    twin: [
      ['\th := r.Open() // fix', '\tif n < 0 {\n\t\treturn -1\n\t}\n\th := r.Open()'],
      ['\tif n < 0 {\n\t\treturn -1\n\t}\n\th.Close', '\th.Close'],
    ],
  },
  {
    name: 'a sweeper that ends on its first error',
    pattern: 'unbounded-map',
    source: `
-- m/cache/cache.go --
package cache

import "time"

type entry struct {
	body []byte
	at   time.Time
}
type Cache struct{ items map[string]*entry } // hold

func (c *Cache) Put(k string, b []byte) {
	c.items[k] = &entry{body: b, at: time.Now()} // culprit hold
}

func (c *Cache) Run(every time.Duration) {
	for range time.NewTicker(every).C {
		if err := c.sweep(); err != nil {
			println(err)
			return // fix
		}
	}
}

func (c *Cache) sweep() error {
	for k, e := range c.items {
		if time.Since(e.at) > time.Minute {
			delete(c.items, k)
		}
	}
	return flush()
}

func flush() error { return nil }
-- m/main.go --
package main

import "m/cache"

func main() {
	c := &cache.Cache{}
	go c.Run(1)
	c.Put("a", nil)
}
`,
    twin: [['\t\t\treturn // fix\n', '']],
  },
  {
    name: 'a sweeper that nobody starts',
    pattern: 'unbounded-map',
    source: `
-- m/cache/cache.go --
package cache

import "time"

type Cache struct {
	items map[string][]byte // hold
	seen  map[string]time.Time
}

func New() *Cache { return &Cache{items: map[string][]byte{}, seen: map[string]time.Time{}} }

func (c *Cache) Put(k string, b []byte) {
	c.seen[k] = time.Now()
	c.items[k] = append([]byte(nil), b...) // culprit hold
}

func (c *Cache) expire() {
	for {
		time.Sleep(time.Second)
		for k, at := range c.seen {
			if time.Since(at) > time.Minute {
				delete(c.items, k)
				delete(c.seen, k)
			}
		}
	}
}
-- m/main.go --
package main

import "m/cache"

func main() {
	c := cache.New() // fix
	c.Put("a", nil)
}
`,
    twin: [
      [
        'return &Cache{items: map[string][]byte{}, seen: map[string]time.Time{}}',
        'c := &Cache{items: map[string][]byte{}, seen: map[string]time.Time{}}; go c.expire(); return c',
      ],
    ],
  },
  {
    name: 'a list that evicts, beside an index that does not',
    pattern: 'missing-delete-on-path',
    source: `
-- m/lru/lru.go --
package lru

import "container/list"

type item struct{ key string; body []byte }
type Cache struct {
	limit int
	index map[string]*list.Element // hold
	order *list.List
}

func (c *Cache) Put(k string, b []byte) {
	if el, ok := c.index[k]; ok {
		el.Value.(*item).body = b
		return
	}
	c.index[k] = c.order.PushFront(&item{key: k, body: append([]byte(nil), b...)}) // culprit hold
	for c.order.Len() > c.limit {
		c.order.Remove(c.order.Back()) // fix
	}
}

func (c *Cache) Drop(k string) {
	if el, ok := c.index[k]; ok {
		c.order.Remove(el)
		delete(c.index, k)
	}
}
`,
    twin: [
      [
        'c.order.Remove(c.order.Back()) // fix',
        'last := c.order.Back()\n\t\tc.order.Remove(last)\n\t\tdelete(c.index, last.Value.(*item).key)',
      ],
    ],
  },
  {
    name: 'two indexes, one of which is forgotten',
    pattern: 'missing-delete-on-path',
    source: `
-- m/users/users.go --
package users

type User struct{ ID, Name string }
type Store struct {
	byID   map[string]*User
	byName map[string]*User // hold
}

func (s *Store) Add(id, name string) {
	u := &User{ID: id, Name: name} // culprit
	s.byID[id] = u
	s.byName[name] = u // hold
}

func (s *Store) Remove(id string) {
	delete(s.byID, id) // fix
}
-- m/api/api.go --
package api

import "m/users"

func Visit(s *users.Store, id, name string) {
	s.Add(id, name)
	defer s.Remove(id)
}
`,
    twin: [
      [
        'delete(s.byID, id) // fix',
        'if u, ok := s.byID[id]; ok {\n\t\tdelete(s.byName, u.Name)\n\t}\n\tdelete(s.byID, id)',
      ],
    ],
  },
  {
    name: 'a key that is made on the way in and not on the way out',
    pattern: 'missing-delete-on-path',
    source: `
-- m/m.go --
package m

import "strings"

type S struct{ rows map[string]*int } // hold

func (s *S) Begin(k string) {
	key := strings.ToLower(k)
	s.rows[key] = new(int) // culprit hold
}

func (s *S) End(k string) {
	delete(s.rows, k) // fix
}

func (s *S) Handle(k string) {
	s.Begin(k)
	defer s.End(k)
}
`,
    twin: [['delete(s.rows, k) // fix', 'delete(s.rows, strings.ToLower(k))']],
  },
  {
    name: 'a removing function that leaves too early',
    pattern: 'missing-delete-on-path',
    source: `
-- m/m.go --
package m

type call struct{ tries int }
type S struct{ rows map[string]*call } // hold

func (s *S) Begin(k string) {
	s.rows[k] = &call{} // culprit hold
}

func (s *S) End(k string) {
	c, ok := s.rows[k]
	if !ok {
		return
	}
	if c.tries > 1 {
		return // fix
	}
	delete(s.rows, k)
}

func (s *S) Handle(k string) {
	s.Begin(k)
	defer s.End(k)
}
`,
    twin: [['\tif c.tries > 1 {\n\t\treturn // fix\n\t}\n', '\tprintln(c.tries)\n']],
  },
  {
    name: 'an eviction that a way out behind the add skips',
    pattern: 'missing-delete-on-path',
    source: `
package m

import (
	"container/list"
	"sync"
)

type Cache struct {
	mu     sync.Mutex
	order  *list.List // hold
	most   int
	pinned bool
}

func (c *Cache) Put(size int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.order.PushFront(make([]byte, size)) // culprit hold
	if c.pinned {
		return // fix
	}
	for c.order.Len() > c.most {
		c.drop(c.order.Back())
	}
}

func (c *Cache) drop(entry *list.Element) { c.order.Remove(entry) }
`,
    twin: [['\tif c.pinned {\n\t\treturn // fix\n\t}\n', '']],
  },
  {
    name: 'a batch that is kept whole when it cannot be written',
    pattern: 'missing-delete-on-path',
    source: `
-- m/m.go --
package m

type B struct{ items []*int } // hold

func (b *B) Add() {
	b.items = append(b.items, new(int)) // culprit hold
}

func (b *B) Flush() {
	if err := write(b.items); err != nil {
		return // fix
	}
	b.items = nil
}

func write(x []*int) error { return nil }

func run(b *B) {
	b.Add()
	b.Flush()
}
`,
    twin: [
      [
        '\tif err := write(b.items); err != nil {\n\t\treturn // fix\n\t}\n',
        '\tif err := write(b.items); err != nil {\n\t\tprintln(err)\n\t}\n',
      ],
    ],
  },
  {
    name: 'a request that waits for its answer and gives up',
    pattern: 'missing-delete-on-path',
    source: `
-- m/rpc/rpc.go --
package rpc

import "context"

type Client struct {
	next    int
	pending map[int]chan []byte // hold
}

func (c *Client) Call(ctx context.Context, body []byte) ([]byte, error) {
	c.next++
	id := c.next
	reply := make(chan []byte, 1) // culprit
	c.pending[id] = reply // hold fix
	select {
	case b := <-reply:
		return b, nil
	case <-ctx.Done():
		return nil, ctx.Err() // fix
	}
}

func (c *Client) read(id int, body []byte) {
	ch, ok := c.pending[id]
	if !ok {
		return
	}
	delete(c.pending, id)
	ch <- body
}

func Dial(in chan []byte) *Client {
	c := &Client{pending: map[int]chan []byte{}}
	go c.loop(in)
	return c
}

func (c *Client) loop(in chan []byte) {
	for b := range in {
		c.read(int(b[0]), b)
	}
}
`,
    twin: [['c.pending[id] = reply // hold fix', 'c.pending[id] = reply\n\tdefer delete(c.pending, id)']],
  },
  {
    name: 'a function that adds and removes itself, with a way between',
    pattern: 'missing-delete-on-path',
    source: `
-- m/m.go --
package m

var active = map[string][]byte{} // hold

func Handle(id string, n int) error {
	active[id] = make([]byte, n) // culprit hold fix
	if err := work(n); err != nil {
		return err // fix
	}
	delete(active, id)
	return nil
}

func work(n int) error { return nil }
`,
    twin: [
      [
        'make([]byte, n) // culprit hold fix',
        'make([]byte, n) // culprit hold fix\n\tdefer delete(active, id)',
      ],
      ['\tdelete(active, id)\n\treturn nil', '\treturn nil'],
    ],
  },
  {
    name: 'a goroutine for each entry that removes it only when all goes well',
    pattern: 'missing-delete-on-path',
    source: `
-- m/m.go --
package m

import "context"

type S struct{ jobs map[string]*int } // hold

func (s *S) Start(ctx context.Context, id string, done chan int) {
	s.jobs[id] = new(int) // culprit hold
	go func() {
		select {
		case <-ctx.Done():
			return // fix
		case <-done:
		}
		delete(s.jobs, id)
	}()
}
`,
    twin: [['\t\t\treturn // fix\n', '']],
  },
  {
    name: 'entries that are counted down, and a user that does not',
    pattern: 'missing-delete-on-path',
    source: `
-- m/m.go --
package m

type lock struct{ refs int }
type Locks struct{ by map[string]*lock } // hold

func (l *Locks) Acquire(k string) *lock {
	x := l.by[k]
	if x == nil {
		x = &lock{} // culprit
		l.by[k] = x // hold
	}
	x.refs++
	return x
}

func (l *Locks) Release(k string) {
	x := l.by[k]
	x.refs--
	if x.refs == 0 {
		delete(l.by, k)
	}
}

func (l *Locks) With(k string, f func() error) error {
	l.Acquire(k) // fix
	if err := f(); err != nil {
		return err
	}
	l.Release(k)
	return nil
}
`,
    twin: [
      ['\tl.Acquire(k) // fix', '\tl.Acquire(k)\n\tdefer l.Release(k)'],
      ['\tl.Release(k)\n\treturn nil', '\treturn nil'],
    ],
  },
  {
    name: 'a sweeper that takes only what is marked, and a mark that is skipped',
    pattern: 'missing-delete-on-path',
    source: `
-- m/jobs/jobs.go --
package jobs

import "time"

type Job struct {
	body     []byte
	finished bool
}
type Table struct{ all map[string]*Job } // hold

func (t *Table) Add(k string, b []byte) *Job {
	j := &Job{body: b} // culprit
	t.all[k] = j // hold
	return j
}

func (t *Table) Finish(j *Job) { j.finished = true }

func (t *Table) Sweep(every time.Duration) {
	for range time.Tick(every) {
		for k, j := range t.all {
			if j.finished {
				delete(t.all, k)
			}
		}
	}
}
-- m/main.go --
package main

import "m/jobs"

func main() {
	t := &jobs.Table{all: nil}
	go t.Sweep(1)
	handle(t, "x")
}

func handle(t *jobs.Table, k string) error {
	j := t.Add(k, []byte(k)) // fix
	if err := run(k); err != nil {
		return err
	}
	t.Finish(j)
	return nil
}

func run(k string) error { return nil }
`,
    twin: [
      ['// fix', '\n\tdefer t.Finish(j)'],
      ['\tt.Finish(j)\n\treturn nil', '\treturn nil'],
    ],
  },
  {
    name: 'a slice in a package variable',
    pattern: 'append-to-global',
    source: `
-- m/m.go --
package m

var history []*int // hold

func Record(n int) {
	history = append(history, &n)
	history = append(history, new(int)) // culprit hold fix
}
`,
    twin: [
      ['\thistory = append(history, &n)\n', '\tif len(history) > 100 {\n\t\thistory = history[1:]\n\t}\n'],
    ],
  },
  {
    name: 'a slice for every user',
    pattern: 'unbounded-map',
    source: `
-- m/m.go --
package m

import "time"

type event struct{ at time.Time }
type Log struct{ byUser map[string][]*event } // hold

func (l *Log) Note(u string) {
	l.byUser[u] = append(l.byUser[u], &event{at: time.Now()}) // culprit hold fix
}
`,
    twin: [
      [
        '// culprit hold fix',
        '// culprit hold fix\n\tif e := l.byUser[u]; len(e) > 50 {\n\t\tl.byUser[u] = e[len(e)-50:]\n\t}',
      ],
    ],
  },
  {
    name: 'a sync.Map that only grows',
    pattern: 'unbounded-map',
    source: `
-- m/m.go --
package m

import "sync"

var locks sync.Map // hold

func lockFor(path string) *sync.Mutex {
	v, _ := locks.LoadOrStore(path, new(sync.Mutex)) // culprit hold fix
	return v.(*sync.Mutex)
}
`,
    twin: null,
  },
  {
    name: 'a list linked by hand',
    pattern: 'unbounded-map',
    source: `
-- m/m.go --
package m

type node struct {
	next *node
	body []byte
}
type Stack struct{ head *node } // hold

func (s *Stack) Push(b []byte) {
	n := &node{body: append([]byte(nil), b...)} // culprit
	n.next = s.head
	s.head = n // hold fix
}
`,
    twin: null,
  },
  {
    name: 'a helper that makes what its callers keep',
    pattern: 'unbounded-map',
    source: `
-- m/codec/codec.go --
package codec

func Encode(v string) []byte {
	out := make([]byte, 0, len(v)) // culprit
	return append(out, v...)
}
-- m/api/api.go --
package api

import "m/codec"

type API struct{ seen map[string][]byte } // hold

func (a *API) Get(k string) []byte {
	b, ok := a.seen[k]
	if !ok {
		b = codec.Encode(k)
		a.seen[k] = b // hold fix
	}
	return b
}

func (a *API) Ping() int { return len(codec.Encode("ping")) }
`,
    twin: null,
  },
  {
    name: 'a short piece of a large text',
    pattern: 'reslice-pins-array',
    source: `
-- m/m.go --
package m

import "io"

var names = map[string]bool{} // hold

func Read(r io.Reader) {
	b, _ := io.ReadAll(r)
	s := string(b) // culprit
	names[s[:8]] = true // hold fix
}
`,
    twin: null,
  },
  {
    name: 'listeners that nobody can remove',
    pattern: 'subscription-never-removed',
    source: `
-- m/bus/bus.go --
package bus

type Bus struct{ handlers map[string][]func(string) } // hold

func (b *Bus) On(topic string, f func(string)) {
	b.handlers[topic] = append(b.handlers[topic], f) // hold fix
}
-- m/api/api.go --
package api

import "m/bus"

func Handle(b *bus.Bus, id string) {
	buf := make([]byte, 1024) // culprit
	b.On("x", func(s string) { copy(buf, s) })
}
`,
    twin: null,
  },
  {
    name: 'a list that gets another element for a known key, and makes room by the size of its index',
    pattern: 'missing-delete-on-path',
    source: `
-- m/m.go --
package m

import (
	"container/list"
	"sync"
)

type entry struct {
	key string
	val []byte
}

type Cache struct {
	mu    sync.Mutex
	max   int
	order *list.List // hold
	items map[string]*list.Element
}

func (c *Cache) Put(k string, n int) {
	v := make([]byte, n) // culprit
	c.items[k] = c.order.PushFront(&entry{k, v}) // hold fix
	if len(c.items) > c.max {
		c.evict()
	}
}

func (c *Cache) evict() {
	last := c.order.Back()
	c.order.Remove(last)
	delete(c.items, last.Value.(*entry).key)
}
`,
    twin: [
      [
        '\tc.items[k] = c.order',
        '\tif el, ok := c.items[k]; ok {\n\t\tel.Value.(*entry).val = v\n\t\treturn\n\t}\n\tc.items[k] = c.order',
      ],
    ],
  },
  {
    name: 'a timer of a day whose function uses what was over long before, beside a map that is emptied',
    pattern: 'timer-not-stopped',
    source: `
-- m/m.go --
package m

import (
	"sync"
	"time"
)

type reservation struct {
	id    int
	goods []byte
}

type Desk struct {
	mu   sync.Mutex
	open map[int]*reservation
}

func (d *Desk) Reserve(id int) *reservation {
	r := &reservation{id: id, goods: make([]byte, 8000)} // culprit
	d.open[id] = r
	time.AfterFunc(24*time.Hour, func() { d.expire(r) }) // hold fix
	return r
}

func (d *Desk) expire(r *reservation) {
	delete(d.open, r.id)
}

func (d *Desk) Confirm(r *reservation) {
	delete(d.open, r.id)
}
`,
    twin: [['24*time.Hour', '30*time.Second']],
  },
  {
    name: 'a finalizer that tells a channel which nobody reads',
    pattern: 'finalizer-blocked',
    source: `
-- m/m.go --
package m

import "runtime"

type Conn struct {
	id  int
	buf []byte
}

var closed = make(chan int, 50)

func Dial(id int) *Conn {
	c := &Conn{id: id, buf: make([]byte, 7000)} // culprit
	runtime.SetFinalizer(c, func(c *Conn) { closed <- c.id }) // hold fix
	return c
}
`,
    twin: [['func Dial', 'func Count() {\n\tfor range closed {\n\t}\n}\n\nfunc Dial']],
  },
  {
    name: 'a value that a library keeps under every name',
    pattern: 'unbounded-map',
    source: `
-- m/m.go --
package m

type stats struct{ n int }
type Set struct{ by map[string]*stats } // hold

func (s *Set) of(name string) *stats {
	if x := s.by[name]; x != nil {
		return x
	}
	x := &stats{} // culprit
	s.by[name] = x // hold fix
	return x
}

func (s *Set) Hit(path string) { s.of(path).n++ }
`,
    twin: [
      [
        '\tx := &stats{} // culprit',
        '\tif len(s.by) >= 1000 {\n\t\treturn s.by["other"]\n\t}\n\tx := &stats{} // culprit',
      ],
    ],
  },
];

describe('explainSource for heap', () => {
  it.each(SHAPES)('names holder and fix of $name', ({ source, pattern }) => {
    const answer = explainDrawn(source, 'heap', parser);
    expect({ holder: answer.holder, fix: answer.fix, pattern: answer.pattern }).toEqual({
      holder: 'right',
      fix: 'right',
      pattern,
    });
  });

  it.each(SHAPES.filter(({ twin }) => twin !== null))(
    'accuses nobody in the twin of $name',
    ({ source, twin }) => {
      const healthy = (twin ?? []).reduce((text, [from, to]) => {
        expect(text).toContain(from);
        return text.replace(from, to);
      }, source);
      const answer = explainDrawn(healthy, 'heap', parser);
      expect(answer.confidence < ACCUSES ? 'quiet' : `${answer.pattern} ${answer.fix}`).toBe('quiet');
    },
  );
});
