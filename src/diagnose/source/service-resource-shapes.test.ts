// Leaks as services have them, several files each, drawn before any rule was read; the twins differ in the one detail that decides.
import { describeServiceShapes, type ServiceShape } from '../../testing/service-shapes.ts';
import { openGoParser } from '../../workspace/go-parser.ts';

const SHAPES: readonly ServiceShape[] = [
  {
    name: 'a poller whose place another one takes',
    kind: 'goroutine',
    pattern: 'goroutine-no-exit',
    source: `
-- m/poll/poll.go --
package poll

import "time"

type Poller struct {
	url    string
	ticker *time.Ticker
	done   chan struct{}
}

func Start(url string, every time.Duration) *Poller {
	p := &Poller{url: url, ticker: time.NewTicker(every), done: make(chan struct{})}
	go p.loop() // hold
	return p
}

func (p *Poller) loop() {
	for {
		select { // culprit hold
		case <-p.ticker.C:
			p.poll()
		case <-p.done:
			return
		}
	}
}

func (p *Poller) poll() {}

func (p *Poller) Stop() {
	p.ticker.Stop()
	close(p.done)
}
-- m/config/config.go --
package config

import (
	"sync"
	"time"

	"m/poll"
)

type Manager struct {
	mu      sync.Mutex
	pollers map[string]*poll.Poller
}

func (m *Manager) Apply(name, url string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pollers[name] = poll.Start(url, time.Second) // hold fix
}

func (m *Manager) Remove(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p, ok := m.pollers[name]; ok {
		p.Stop()
		delete(m.pollers, name)
	}
}
`,
    twin: [
      [
        '\tm.pollers[name] = poll.Start',
        '\tif old, ok := m.pollers[name]; ok {\n\t\told.Stop()\n\t}\n\tm.pollers[name] = poll.Start',
      ],
    ],
  },
  {
    name: 'a producer in an errgroup whose consumer fails',
    kind: 'goroutine',
    pattern: 'goroutine-blocked-send',
    source: `
-- m/sync/sync.go --
package sync

import (
	"context"

	"golang.org/x/sync/errgroup"
)

type Row struct{ ID int }

type Source interface{ Rows(context.Context) ([]Row, error) }
type Sink interface{ Put(context.Context, Row) error }

func Copy(ctx context.Context, from Source, to Sink) error {
	g, ctx := errgroup.WithContext(ctx)
	rows := make(chan Row) // hold
	g.Go(func() error {
		defer close(rows)
		all, err := from.Rows(ctx)
		if err != nil {
			return err
		}
		for _, r := range all {
			rows <- r // culprit hold fix
		}
		return nil
	})
	g.Go(func() error {
		for r := range rows {
			if err := to.Put(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}
`,
    twin: [
      [
        '\t\t\trows <- r // culprit hold fix',
        '\t\t\tselect {\n\t\t\tcase rows <- r: // culprit\n\t\t\tcase <-ctx.Done():\n\t\t\t\treturn ctx.Err()\n\t\t\t}',
      ],
    ],
  },
  {
    name: 'a body that a retry forgets',
    kind: 'fd',
    pattern: 'body-not-closed',
    source: `
-- m/client/client.go --
package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

type Client struct {
	http    *http.Client
	retries int
}

func (c *Client) Get(url string, into any) error {
	var last error
	for i := 0; i < c.retries; i++ {
		resp, err := c.http.Get(url) // culprit hold
		if err != nil {
			last = err
			continue
		}
		if resp.StatusCode >= 500 { // fix
			last = fmt.Errorf("status %d", resp.StatusCode)
			time.Sleep(time.Second)
			continue // fix
		}
		err = json.NewDecoder(resp.Body).Decode(into)
		resp.Body.Close()
		return err
	}
	return last
}
`,
    twin: [
      [
        '\t\t\tlast = fmt.Errorf("status %d", resp.StatusCode)',
        '\t\t\tresp.Body.Close()\n\t\t\tlast = fmt.Errorf("status %d", resp.StatusCode)',
      ],
    ],
  },
  {
    name: 'rows of a query builder',
    kind: 'fd',
    pattern: 'rows-not-closed',
    source: `
-- m/store/store.go --
package store

import "gorm.io/gorm"

type User struct {
	ID   int
	Name string
}

type Store struct{ db *gorm.DB }

func (s *Store) Export(each func(User) error) error {
	rows, err := s.db.Model(&User{}).Where("active = ?", true).Rows() // culprit hold
	if err != nil {
		return err
	} // fix
	for rows.Next() {
		var u User
		if err := s.db.ScanRows(rows, &u); err != nil {
			return err
		}
		if err := each(u); err != nil {
			return err
		}
	}
	return rows.Close()
}
`,
    twin: [
      ['\tfor rows.Next()', '\tdefer rows.Close()\n\tfor rows.Next()'],
      ['\treturn rows.Close()', '\treturn rows.Err()'],
    ],
  },
  {
    name: 'a worker for every tenant',
    kind: 'goroutine',
    pattern: 'goroutine-blocked-receive',
    source: `
-- m/dispatch/dispatch.go --
package dispatch

import "sync"

type Event struct {
	Tenant string
	Body   []byte
}

type Dispatcher struct {
	mu      sync.Mutex
	workers map[string]chan Event // hold
	handle  func(Event)
}

func (d *Dispatcher) Dispatch(ev Event) {
	d.mu.Lock()
	ch, ok := d.workers[ev.Tenant]
	if !ok {
		ch = make(chan Event, 16) // hold
		d.workers[ev.Tenant] = ch // hold fix
		go d.work(ch) // hold fix
	}
	d.mu.Unlock()
	ch <- ev
}

func (d *Dispatcher) work(ch chan Event) {
	for ev := range ch { // culprit hold
		d.handle(ev)
	}
}
`,
    twin: [
      [
        'func (d *Dispatcher) work(',
        'func (d *Dispatcher) Forget(tenant string) {\n\td.mu.Lock()\n\tdefer d.mu.Unlock()\n\tif ch, ok := d.workers[tenant]; ok {\n\t\tclose(ch)\n\t\tdelete(d.workers, tenant)\n\t}\n}\n\nfunc (d *Dispatcher) Reconcile(gone []string) {\n\tfor _, t := range gone {\n\t\td.Forget(t)\n\t}\n}\n\nfunc (d *Dispatcher) work(',
      ],
    ],
  },
  {
    name: 'a stream that does not look at its context',
    kind: 'goroutine',
    pattern: 'goroutine-no-exit',
    source: `
-- m/stream/stream.go --
package stream

import (
	"context"
	"time"
)

type Event struct{ At time.Time }

type Sender interface{ Send(Event) error }

type Stream struct {
	events chan Event
	flush  time.Duration
}

func (s *Stream) Watch(ctx context.Context, out Sender) {
	buf := make([]Event, 0, 64)
	t := time.NewTicker(s.flush)
	defer t.Stop()
	go func() { // hold
		for { // fix
			select { // culprit hold fix
			case ev := <-s.events: // fix
				buf = append(buf, ev)
			case <-t.C:
				for _, ev := range buf {
					_ = out.Send(ev)
				}
				buf = buf[:0]
			}
		}
	}()
	<-ctx.Done()
}
`,
    twin: [['\t\t\tcase <-t.C:', '\t\t\tcase <-ctx.Done():\n\t\t\t\treturn\n\t\t\tcase <-t.C:']],
  },
  {
    name: 'a connection dialled for every call',
    kind: 'goroutine',
    pattern: 'not-closed',
    source: `
-- m/users/users.go --
package users

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "m/userspb"
)

type Client struct{ addr string }

func (c *Client) Name(ctx context.Context, id string) (string, error) {
	conn, err := grpc.NewClient(c.addr, grpc.WithTransportCredentials(insecure.NewCredentials())) // culprit hold
	if err != nil {
		return "", fmt.Errorf("dial: %w", err)
	} // fix
	u, err := pb.NewUsersClient(conn).Get(ctx, &pb.GetRequest{Id: id})
	if err != nil {
		return "", err
	}
	return u.Name, nil
}
`,
    twin: [['\tu, err := pb', '\tdefer conn.Close()\n\tu, err := pb']],
  },
  {
    name: 'answers of shards behind the first error',
    kind: 'goroutine',
    pattern: 'goroutine-blocked-send',
    source: `
-- m/search/search.go --
package search

import (
	"context"
	"time"
)

type Result struct {
	Shard string
	Hits  []string
	Err   error
}

type Shard interface {
	Name() string
	Search(context.Context, string) ([]string, error)
}

type Engine struct{ shards []Shard }

func (e *Engine) Query(ctx context.Context, q string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	results := make(chan Result) // hold fix
	for _, s := range e.shards {
		s := s
		go func() {
			hits, err := s.Search(ctx, q)
			results <- Result{Shard: s.Name(), Hits: hits, Err: err} // culprit hold fix
		}()
	}
	var all []string
	for range e.shards {
		r := <-results
		if r.Err != nil {
			return nil, r.Err
		}
		all = append(all, r.Hits...)
	}
	return all, nil
}
`,
    twin: [['make(chan Result)', 'make(chan Result, len(e.shards))']],
  },
  {
    name: 'a subscription of a library that is not closed',
    kind: 'goroutine',
    pattern: 'not-closed',
    source: `
-- m/notify/notify.go --
package notify

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

type Notifier struct{ rdb *redis.Client }

func (n *Notifier) WaitFor(ctx context.Context, topic string) (string, error) {
	sub := n.rdb.Subscribe(ctx, topic) // culprit hold fix
	select {
	case msg := <-sub.Channel():
		return msg.Payload, nil
	case <-time.After(30 * time.Second):
		return "", context.DeadlineExceeded
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
`,
    twin: [['\tselect {\n\tcase msg', '\tdefer sub.Close()\n\tselect {\n\tcase msg']],
  },
  {
    name: 'a producer whose stream breaks',
    kind: 'goroutine',
    pattern: 'goroutine-blocked-send',
    source: `
-- m/stream/stream.go --
package stream

import "context"

type Event struct{ N int }

type Server interface {
	Send(*Event) error
	Context() context.Context
}

type Source interface{ Next() (*Event, bool) }

func Stream(src Source, srv Server) error {
	out := make(chan *Event) // hold
	go func() {
		defer close(out)
		for {
			ev, ok := src.Next()
			if !ok {
				return
			}
			out <- ev // culprit hold fix
		}
	}()
	for ev := range out {
		if err := srv.Send(ev); err != nil {
			return err
		}
	}
	return nil
}
`,
    twin: [
      [
        '\t\t\tout <- ev // culprit hold fix',
        '\t\t\tselect {\n\t\t\tcase out <- ev: // culprit\n\t\t\tcase <-srv.Context().Done():\n\t\t\t\treturn\n\t\t\t}',
      ],
    ],
  },
];

describeServiceShapes('explainSource for resources of services', await openGoParser(), SHAPES);
