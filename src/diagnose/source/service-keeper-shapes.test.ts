// Who keeps what a service makes: one of several containers, a queue that nobody reads, an object of a library. The twins differ in
// the one detail that decides.
import { describeServiceShapes, type ServiceShape } from '../../testing/service-shapes.ts';
import { openGoParser } from '../../workspace/go-parser.ts';

const SHAPES: readonly ServiceShape[] = [
  {
    name: 'orders that leave one index and stay in the list of their customer',
    kind: 'heap',
    pattern: 'missing-delete-on-path',
    source: `
-- m/store/store.go --
package store

import "sync"

type Order struct {
	ID       int64
	Customer string
	Note     []byte
}

type memory struct {
	mu         sync.Mutex
	byID       map[int64]*Order
	byCustomer map[string][]*Order // hold
}

func New() *memory {
	return &memory{byID: map[int64]*Order{}, byCustomer: map[string][]*Order{}}
}

func newOrder(id int64, customer string) *Order {
	return &Order{ID: id, Customer: customer, Note: make([]byte, 700)} // culprit
}

func (m *memory) Add(id int64, customer string) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := newOrder(id, customer) // caller
	m.byID[o.ID] = o
	m.byCustomer[customer] = append(m.byCustomer[customer], o) // hold
	return o.ID
}

func (m *memory) Complete(id int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.byID[id]
	delete(m.byID, id) // fix
	m.forget(o.Customer)
}

func (m *memory) forget(customer string) {
}
-- m/api/api.go --
package api

import (
	"encoding/json"

	"m/store"
)

type API struct{ repo Repository }

type Repository interface {
	Add(id int64, customer string) int64
	Complete(id int64)
}

func New() *API { return &API{repo: store.New()} }

func (a *API) Place(id int64, customer string) error {
	added := a.repo.Add(id, customer)
	if _, err := json.Marshal(added); err != nil {
		return err
	}
	a.repo.Complete(added)
	return nil
}
-- m/main.go --
package main

import "m/api"

func main() { api.New().Place(1, "a") }
`,
    twin: [
      [
        'func (m *memory) forget(customer string) {\n',
        'func (m *memory) forget(customer string) {\n\tdelete(m.byCustomer, customer)\n',
      ],
      ['\tif _, err := json.Marshal(added); err != nil {\n\t\treturn err\n\t}\n', '\tjson.Marshal(added)\n'],
    ],
  },
  {
    name: 'a queue whose reader leaves on the first bad event',
    kind: 'heap',
    pattern: 'consumer-ended',
    source: `
-- m/events/bus.go --
package events

import "log"

type Event struct {
	Kind    string
	Payload []byte
}

type Bus struct {
	queue chan *Event // hold
}

func NewBus() *Bus {
	b := &Bus{queue: make(chan *Event, 100000)}
	go b.consume()
	return b
}

func newEvent(kind string) *Event {
	return &Event{Kind: kind, Payload: make([]byte, 900)} // culprit
}

func (b *Bus) Publish(kind string) {
	b.queue <- newEvent(kind) // caller hold
}

func (b *Bus) consume() {
	for e := range b.queue {
		if err := b.handle(e); err != nil {
			log.Print(err)
			return // fix
		}
	}
}

func (b *Bus) handle(e *Event) error { return nil }
-- m/main.go --
package main

import "m/events"

func main() {
	b := events.NewBus()
	for {
		b.Publish("sent")
	}
}
`,
    twin: [['\t\t\treturn // fix\n', '\t\t\tcontinue\n']],
  },
  {
    name: 'a limiter whose sweep compares seconds with nanoseconds',
    kind: 'heap',
    pattern: 'unbounded-map',
    source: `
-- m/track/track.go --
package track

import (
	"sync"
	"time"
)

type mark struct {
	at   int64
	hops [30]int64
}

type Tracker struct {
	mu    sync.Mutex
	marks map[string]*mark // hold
	keep  time.Duration
}

func New(keep time.Duration) *Tracker {
	t := &Tracker{marks: make(map[string]*mark), keep: keep}
	go t.sweep()
	return t
}

func (t *Tracker) Seen(device string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.marks[device] = &mark{at: time.Now().Unix()} // culprit hold
}

func (t *Tracker) sweep() {
	for range time.Tick(time.Second) {
		t.mu.Lock()
		now := time.Now().Unix()
		for k, m := range t.marks {
			if now-m.at > int64(t.keep) { // fix
				delete(t.marks, k)
			}
		}
		t.mu.Unlock()
	}
}
-- m/main.go --
package main

import (
	"time"

	"m/track"
)

func main() {
	t := track.New(5 * time.Minute)
	for {
		t.Seen("a")
	}
}
`,
    twin: [['int64(t.keep)', 'int64(t.keep/time.Second)']],
  },
  {
    name: 'entries of a cache from a library that never expire',
    kind: 'heap',
    pattern: 'never-unregistered',
    source: `
-- m/lookup/lookup.go --
package lookup

import "github.com/patrickmn/go-cache"

type Place struct {
	Name  string
	Names [30]string
}

type Service struct {
	known *cache.Cache // hold
}

func New() *Service { return &Service{known: cache.New(0, 0)} }

func resolve(addr string) *Place {
	return &Place{Name: addr} // culprit
}

func (s *Service) Find(addr string) *Place {
	p := resolve(addr) // caller
	s.known.Set(addr, p, cache.NoExpiration) // hold fix
	return p
}

func (s *Service) Forget(addr string) {
}
-- m/main.go --
package main

import "m/lookup"

func main() {
	s := lookup.New()
	for {
		s.Find("a")
		s.Forget("a")
	}
}
`,
    twin: [
      [
        'func (s *Service) Forget(addr string) {\n',
        'func (s *Service) Forget(addr string) {\n\ts.known.Delete(addr)\n',
      ],
    ],
  },
  {
    name: 'a history that begins in one of a fixed number of slots',
    kind: 'heap',
    pattern: 'unbounded-map',
    source: `
-- m/run/run.go --
package run

type history struct {
	up   *history
	line string
	pad  [20]string
}

var tail [200]*history // hold

func Tag(n int, line string) {
	h := &history{line: line} // culprit
	h.up = tail[n]
	tail[n] = h // hold fix
}
-- m/main.go --
package main

import "m/run"

func main() {
	for i := range 1000 {
		run.Tag(i%200, "a")
	}
}
`,
    twin: [['\th.up = tail[n]\n', '']],
  },
];

describeServiceShapes('explainSource for those who keep', await openGoParser(), SHAPES);
