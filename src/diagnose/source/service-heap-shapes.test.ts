// Leaks as services have them, several files each, drawn before any rule was read; the twins differ in the one detail that decides.
import { describe, expect, it } from 'vitest';
import type { LeakClass } from '../../model/finding.ts';
import { explainDrawn } from '../../testing/source-shape.ts';
import { openGoParser } from '../../workspace/go-parser.ts';

const parser = await openGoParser();
/** From here on users read the sentence. */
const TELLS = 0.25;

interface Shape {
  readonly name: string;
  readonly kind: LeakClass;
  readonly pattern: string;
  readonly source: string;
  /** Parts of the source that are replaced to make the twin. */
  readonly twin: readonly (readonly [string, string])[];
}

const SHAPES: readonly Shape[] = [
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
];

describe('explainSource for heap of services', () => {
  it.each(SHAPES)('names holder and fix of $name', ({ source, pattern, kind }) => {
    const answer = explainDrawn(source, kind, parser);
    expect({ holder: answer.holder, fix: answer.fix, pattern: answer.pattern }).toEqual({
      holder: 'right',
      fix: 'right',
      pattern,
    });
    expect(answer.confidence).toBeGreaterThanOrEqual(TELLS);
  });

  it.each(SHAPES)('says nothing of the twin of $name', ({ source, twin, kind }) => {
    const healthy = twin.reduce((text, [from, to]) => {
      expect(text).toContain(from);
      return text.replace(from, () => to);
    }, source);
    const answer = explainDrawn(healthy, kind, parser);
    expect(answer.confidence < TELLS ? 'quiet' : `${answer.pattern} ${answer.advice}`).toBe('quiet');
  });
});
