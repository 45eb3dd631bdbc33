// Goroutines that stay, each beside a twin in which they go.
import { describe, expect, it } from 'vitest';
import { explainDrawn } from '../../testing/source-shape.ts';
import { openGoParser } from '../../workspace/go-parser.ts';

const parser = await openGoParser();
const ACCUSES = 0.5;

interface Shape {
  readonly name: string;
  readonly pattern: string;
  readonly source: string;
  readonly twin: readonly (readonly [string, string])[] | null;
}

const SHAPES: readonly Shape[] = [
  {
    name: 'an answer on an unbuffered channel after the caller has gone',
    pattern: 'goroutine-blocked-send',
    source: `
package m

import "context"

func Ask(ctx context.Context) (int, error) {
	answer := make(chan int) // hold fix
	go func() {
		answer <- work() // culprit hold
	}()
	select {
	case v := <-answer:
		return v, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func work() int { return 1 }
`,
    twin: null, // with a buffer nothing waits there, so no profile names the line
  },
  {
    name: 'an answer on a channel whose capacity is 0 on one of the ways to it',
    pattern: 'goroutine-blocked-send',
    source: `
package m

func Ask(both bool) int {
	room := 0
	if both {
		room = 2
	}
	answer := make(chan int, room) // hold fix
	for i := 0; i < 2; i++ {
		go func() {
			answer <- work() // culprit hold
		}()
	}
	return <-answer
}

func work() int { return 1 }
`,
    twin: [['room := 0', 'room := 1']],
  },
  {
    name: 'the first of several answers',
    pattern: 'goroutine-blocked-send',
    source: `
package m

func First(urls []string) string {
	c := make(chan string) // hold fix
	for _, u := range urls {
		go fetch(u, c)
	}
	return <-c
}

func fetch(u string, c chan<- string) {
	c <- u // culprit hold
}
`,
    twin: null,
  },
  {
    name: 'a generator whose reader stops',
    pattern: 'goroutine-blocked-send',
    source: `
package m

func numbers() <-chan int {
	c := make(chan int) // hold
	go func() {
		defer close(c)
		for i := 0; ; i++ {
			c <- i // culprit hold fix
		}
	}()
	return c
}

func Find() int {
	for v := range numbers() {
		if v > 10 {
			return v
		}
	}
	return 0
}
`,
    twin: null,
  },
  {
    name: 'a worker on a channel that nobody closes',
    pattern: 'goroutine-blocked-receive',
    source: `
package m

func Handle(items []int) {
	work := make(chan int) // hold
	go func() {
		for v := range work { // culprit hold
			println(v)
		}
	}()
	for _, i := range items {
		work <- i
	} // fix
}
`,
    twin: [['\tfor _, i := range items', '\tdefer close(work)\n\tfor _, i := range items']],
  },
  {
    name: 'a close that an early return skips',
    pattern: 'goroutine-blocked-receive',
    source: `
package m

func Handle(items []int) error {
	work := make(chan int) // hold
	go func() { // fix
		for v := range work { // culprit hold
			println(v)
		}
	}()
	for _, i := range items {
		if i < 0 {
			return nil
		}
		work <- i
	}
	close(work)
	return nil
}
`,
    twin: [
      ['\tfor _, i := range items', '\tdefer close(work)\n\tfor _, i := range items'],
      ['\tclose(work)\n', ''],
    ],
  },
  {
    name: 'a ticker loop without a way out',
    pattern: 'goroutine-no-exit',
    source: `
package m

import "time"

type Session struct{ t *time.Ticker }

func Open() *Session {
	s := &Session{t: time.NewTicker(time.Second)}
	go s.beat()
	return s
}

func (s *Session) beat() {
	for range s.t.C { // culprit hold fix
		println("beat")
	}
}

func (s *Session) Close() { s.t.Stop() }
`,
    twin: null,
  },
  {
    name: 'a stop function that the caller drops',
    pattern: 'goroutine-no-exit',
    source: `
-- m/poll/poll.go --
package poll

import "time"

func Every(d time.Duration, f func()) (stop func()) {
	done := make(chan struct{}) // hold
	go func() {
		t := time.NewTicker(d)
		defer t.Stop()
		for {
			select { // culprit hold
			case <-done:
				return
			case <-t.C:
				f()
			}
		}
	}()
	return func() { close(done) }
}
-- m/api/api.go --
package api

import "m/poll"

func Watch(id string) {
	_ = poll.Every(1, func() { println(id) }) // fix
}
`,
    twin: [
      [
        '_ = poll.Every(1, func() { println(id) }) // fix',
        'stop := poll.Every(1, func() { println(id) })\n\tdefer stop()',
      ],
    ],
  },
  {
    name: 'an object that is not closed',
    pattern: 'goroutine-no-exit',
    source: `
-- m/batch/batch.go --
package batch

import "time"

type Batcher struct {
	in   chan int
	quit chan struct{}
}

func New() *Batcher {
	b := &Batcher{in: make(chan int), quit: make(chan struct{})} // hold
	go b.run()
	return b
}

func (b *Batcher) run() {
	t := time.NewTicker(1)
	defer t.Stop()
	for {
		select { // culprit hold
		case <-b.in:
		case <-t.C:
		case <-b.quit:
			return
		}
	}
}

func (b *Batcher) Close() { close(b.quit) }
-- m/api/api.go --
package api

import "m/batch"

func Import(rows []int) error {
	b := batch.New() // fix
	for _, r := range rows {
		if r < 0 {
			return nil
		}
		println(b, r)
	}
	b.Close()
	return nil
}
`,
    twin: [
      ['b := batch.New() // fix', 'b := batch.New()\n\tdefer b.Close()'],
      ['\tb.Close()\n\treturn nil', '\treturn nil'],
    ],
  },
  {
    name: 'a context that never ends, handed over',
    pattern: 'goroutine-no-exit',
    source: `
-- m/feed/feed.go --
package feed

import "context"

func Follow(ctx context.Context, c chan int) {
	go func() {
		for {
			select { // culprit hold
			case <-ctx.Done():
				return
			case v := <-c:
				println(v)
			}
		}
	}()
}
-- m/api/api.go --
package api

import (
	"context"
	"m/feed"
)

func Handle(ctx context.Context) {
	c := make(chan int, 1)
	feed.Follow(context.Background(), c) // fix
	c <- 1
}
`,
    twin: [['context.Background(), c) // fix', 'ctx, c)']],
  },
  {
    name: 'a cancel function that an error skips',
    pattern: 'context-not-cancelled',
    source: `
package m

import "context"

func Handle(ctx context.Context, n int) error {
	ctx, cancel := context.WithCancel(context.Background()) // fix
	go pump(ctx)
	if n == 0 {
		return nil
	}
	cancel()
	return nil
}

func pump(ctx context.Context) {
	<-ctx.Done() // culprit hold
}
`,
    twin: [
      [
        'context.WithCancel(context.Background()) // fix',
        'context.WithCancel(context.Background())\n\tdefer cancel()',
      ],
      ['\tcancel()\n\treturn nil', '\treturn nil'],
    ],
  },
  {
    name: 'a lock that an early return keeps',
    pattern: 'goroutine-blocked-lock',
    source: `
package m

import "sync"

type S struct {
	mu sync.Mutex
	n  int
}

func (s *S) Add(n int) bool {
	s.mu.Lock() // hold fix
	if n < 0 {
		return false
	}
	s.n += n
	s.mu.Unlock()
	return true
}

func (s *S) Get() int {
	s.mu.Lock() // culprit
	defer s.mu.Unlock()
	return s.n
}
`,
    twin: [['\t\treturn false', '\t\ts.mu.Unlock()\n\t\treturn false']],
  },
  {
    name: 'a group that is not told of a failure',
    pattern: 'waitgroup-never-done',
    source: `
package m

import "sync"

func All(urls []string) {
	var wg sync.WaitGroup
	for _, u := range urls {
		wg.Add(1)
		go func() {
			if err := fetch(u); err != nil { // fix
				return
			}
			wg.Done() // hold
		}()
	}
	wg.Wait() // culprit
}

func fetch(u string) error { return nil }
`,
    twin: [
      ['\t\t\tif err', '\t\t\tdefer wg.Done()\n\t\t\tif err'],
      ['\t\t\twg.Done() // hold\n', ''],
    ],
  },
  {
    name: 'a slot of a semaphore that is not given back',
    pattern: 'goroutine-blocked-send',
    source: `
package m

var slots = make(chan struct{}, 8) // hold

func Do(n int) error {
	slots <- struct{}{} // culprit hold fix
	if err := work(n); err != nil {
		return err
	}
	<-slots
	return nil
}

func work(n int) error { return nil }
`,
    twin: [
      ['// culprit hold fix', '// culprit\n\tdefer func() { <-slots }()'],
      ['\t<-slots\n\treturn nil', '\treturn nil'],
    ],
  },
  {
    name: 'a consumer that leaves on its first error',
    pattern: 'goroutine-blocked-send',
    source: `
package m

type Sink struct{ in chan string }

func Open() *Sink {
	s := &Sink{in: make(chan string)} // hold
	go s.run()
	return s
}

func (s *Sink) run() {
	for line := range s.in {
		if err := write(line); err != nil {
			println(err)
			return // fix
		}
	}
}

func (s *Sink) Log(line string) {
	go func() {
		s.in <- line // culprit hold
	}()
}

func write(line string) error { return nil }
`,
    twin: [['\t\t\treturn // fix\n', '']],
  },
  {
    name: 'an answer that is not sent after an error',
    pattern: 'goroutine-blocked-receive',
    source: `
package m

func Ask(n int) int {
	c := make(chan int) // hold
	go answer(c, n)
	return <-c // culprit hold
}

func answer(c chan int, n int) {
	if n < 0 {
		return // fix
	}
	c <- n
}
`,
    twin: [['\t\treturn // fix', '\t\tn = 0']],
  },
  {
    name: 'a connection that is only taken off on a clean end',
    pattern: 'goroutine-blocked-receive',
    source: `
-- m/hub/hub.go --
package hub

type Client struct{ send chan string }
type Hub struct{ clients map[*Client]bool }

func (h *Hub) Register() *Client {
	c := &Client{send: make(chan string, 8)} // hold
	h.clients[c] = true
	go c.pump()
	return c
}

func (h *Hub) Unregister(c *Client) {
	delete(h.clients, c)
	close(c.send)
}

func (c *Client) pump() {
	for m := range c.send { // culprit hold
		println(m)
	}
}
-- m/api/api.go --
package api

import "m/hub"

func Serve(h *hub.Hub, read func() error) error {
	c := h.Register() // fix
	for {
		if err := read(); err != nil {
			return err
		}
		if done() {
			break
		}
	}
	h.Unregister(c)
	return nil
}

func done() bool { return true }
`,
    twin: [
      ['c := h.Register() // fix', 'c := h.Register()\n\tdefer h.Unregister(c)'],
      ['\th.Unregister(c)\n\treturn nil', '\treturn nil'],
    ],
  },
  {
    name: 'a goroutine for every retry that sleeps for ever',
    pattern: 'goroutine-no-exit',
    source: `
package m

import "time"

func Handle(id string) {
	go func() {
		for { // fix hold
			if ping(id) {
				println(id)
			}
			select { // culprit hold
			case <-time.After(time.Second):
			}
		}
	}()
}

func ping(id string) bool { return true }
`,
    twin: null,
  },
];

describe('explainSource for goroutines', () => {
  it.each(SHAPES)('names holder and fix of $name', ({ source, pattern }) => {
    const answer = explainDrawn(
      source.includes('-- m/') ? source : source.replace(/^\npackage m\n/, '\n'),
      'goroutine',
      parser,
    );
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
      const answer = explainDrawn(
        healthy.includes('-- m/') ? healthy : healthy.replace(/^\npackage m\n/, '\n'),
        'goroutine',
        parser,
      );
      expect(answer.confidence < ACCUSES ? 'quiet' : `${answer.pattern} ${answer.fix}`).toBe('quiet');
    },
  );
});
