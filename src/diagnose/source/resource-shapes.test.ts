// Things that have to be released, each beside a twin in which they are.
import { describe, expect, it } from 'vitest';
import type { LeakClass } from '../../model/finding.ts';
import { explainDrawn } from '../../testing/source-shape.ts';
import { openGoParser } from '../../workspace/go-parser.ts';

const parser = await openGoParser();
const ACCUSES = 0.5;

interface Shape {
  readonly name: string;
  readonly kind: LeakClass;
  readonly pattern: string;
  readonly source: string;
  readonly twin: readonly (readonly [string, string])[];
}

const SHAPES: readonly Shape[] = [
  {
    name: 'a body that an unexpected status leaves open',
    kind: 'fd',
    pattern: 'body-not-closed',
    source: `
import "net/http"

type C struct{ hc *http.Client }

func (c *C) Level(u string) (int, error) {
	resp, err := c.hc.Get(u) // culprit hold
	if err != nil {
		return 0, err
	} // fix
	if resp.StatusCode != 200 {
		return 0, nil
	}
	defer resp.Body.Close()
	return 1, nil
}
`,
    twin: [
      ['\tif resp.StatusCode', '\tdefer resp.Body.Close()\n\tif resp.StatusCode'],
      ['\tdefer resp.Body.Close()\n\treturn 1', '\treturn 1'],
    ],
  },
  {
    name: 'a response that a helper returns',
    kind: 'fd',
    pattern: 'body-not-closed',
    source: `
import ("net/http"; "encoding/json")

func fetch(u string) (*http.Response, error) {
	return http.Get(u) // culprit hold
}

func Read(u string, v any) error {
	resp, err := fetch(u)
	if err != nil {
		return err
	} // fix
	return json.NewDecoder(resp.Body).Decode(v)
}
`,
    twin: [['\treturn json.', '\tdefer resp.Body.Close()\n\treturn json.']],
  },
  {
    name: 'rows that end with the first',
    kind: 'fd',
    pattern: 'rows-not-closed',
    source: `
import "database/sql"

type S struct{ db *sql.DB }

func (s *S) First() (int, error) {
	rows, err := s.db.Query("select id from open") // culprit hold
	if err != nil {
		return 0, err
	} // fix
	for rows.Next() {
		var id int
		return id, rows.Scan(&id)
	}
	return 0, rows.Close()
}
`,
    twin: [['\tfor rows.Next()', '\tdefer rows.Close()\n\tfor rows.Next()']],
  },
  {
    name: 'a file for each line of a list',
    kind: 'fd',
    pattern: 'file-not-closed',
    source: `
import "os"

func Sizes(names []string) (n int64) {
	for _, name := range names {
		f, err := os.Open(name) // culprit hold
		if err != nil {
			continue
		}
		st, err := f.Stat()
		if err != nil {
			continue // fix
		}
		n += st.Size()
		f.Close()
	}
	return n
}
`,
    twin: [
      [
        '\t\tif err != nil {\n\t\t\tcontinue // fix\n\t\t}\n\t\tn +=',
        '\t\tif err != nil {\n\t\t\tf.Close()\n\t\t\tcontinue\n\t\t}\n\t\tn +=',
      ],
    ],
  },
  {
    name: 'a transport for every call',
    kind: 'fd',
    pattern: 'transport-per-request',
    source: `
import ("net/http"; "io")

func client() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConns: 4}} // hold fix
}

func Deliver(u string) error {
	resp, err := client().Get(u) // culprit
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return nil
}
`,
    twin: [
      [
        'func client() *http.Client {\n\treturn &http.Client{Transport: &http.Transport{MaxIdleConns: 4}} // hold fix\n}',
        'var shared = &http.Client{Transport: &http.Transport{MaxIdleConns: 4}}\n\nfunc client() *http.Client { return shared }',
      ],
    ],
  },
  {
    name: 'a ticker for every parcel',
    kind: 'heap',
    pattern: 'ticker-not-stopped',
    source: `
import "time"

func await(arrived func() bool) {
	t := time.NewTicker(time.Second) // culprit hold fix
	for range t.C {
		if arrived() {
			return
		}
	}
}
`,
    twin: [['\tfor range t.C', '\tdefer t.Stop()\n\tfor range t.C']],
  },
  {
    name: 'a context whose cancel function an error skips',
    kind: 'heap',
    pattern: 'context-not-cancelled',
    source: `
import "context"

type S struct{ base context.Context }

func (s *S) Handle(n int) error {
	ctx, cancel := context.WithCancel(s.base) // culprit hold fix
	if err := work(ctx, n); err != nil {
		return err
	}
	cancel()
	return nil
}

func work(ctx context.Context, n int) error { return nil }
`,
    twin: [
      ['// culprit hold fix', '// culprit hold fix\n\tdefer cancel()'],
      ['\tcancel()\n\treturn nil', '\treturn nil'],
    ],
  },
  {
    name: 'a context that is returned without its cancel function',
    kind: 'heap',
    pattern: 'context-not-cancelled',
    source: `
import "context"

func Derive(base context.Context) context.Context {
	ctx, _ := context.WithCancel(base) // culprit hold fix
	return ctx
}
`,
    twin: [
      ['context.Context {', '(context.Context, context.CancelFunc) {'],
      ['ctx, _ :=', 'ctx, cancel :='],
      ['return ctx', 'return ctx, cancel'],
    ],
  },
  {
    name: 'a context kept in a field that nobody cancels',
    kind: 'heap',
    pattern: 'context-not-cancelled',
    source: `
-- m/sess/sess.go --
package sess

import "context"

type Session struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func Open(base context.Context) *Session {
	ctx, cancel := context.WithCancel(base) // culprit hold
	return &Session{ctx: ctx, cancel: cancel}
}

func (s *Session) Close() { s.cancel() }
-- m/api/api.go --
package api

import ("context"; "m/sess")

type API struct{ base context.Context }

func (a *API) Handle(n int) int {
	s := sess.Open(a.base) // fix
	if n > 1 {
		return 1
	}
	s.Close()
	return 0
}
`,
    twin: [
      ['sess.Open(a.base) // fix', 'sess.Open(a.base)\n\tdefer s.Close()'],
      ['\ts.Close()\n\treturn 0', '\treturn 0'],
    ],
  },
  {
    name: 'a timer for every round',
    kind: 'heap',
    pattern: 'timer-in-loop',
    source: `
import "time"

func run(in chan int) {
	for {
		select {
		case v := <-in:
			println(v)
		case <-time.After(time.Hour): // culprit hold fix
			return
		}
	}
}
`,
    twin: [
      ['\tfor {\n\t\tselect {', '\tt := time.NewTimer(time.Hour)\n\tdefer t.Stop()\n\tfor {\n\t\tselect {'],
      ['time.After(time.Hour)', 't.C'],
    ],
  },
  {
    name: 'a defer in a loop without an end',
    kind: 'fd',
    pattern: 'defer-in-loop',
    source: `
import "os"

func Serve(names chan string) {
	for name := range names {
		f, err := os.Open(name) // culprit
		if err != nil {
			continue
		}
		defer f.Close() // hold fix
		println(f.Name())
	}
}
`,
    twin: [
      ['\t\tdefer f.Close() // hold fix\n\t\tprintln(f.Name())', '\t\tprintln(f.Name())\n\t\tf.Close()'],
    ],
  },
  {
    name: 'a decoder of a library that is not closed',
    kind: 'goroutine',
    pattern: 'reader-not-closed',
    source: `
import ("github.com/klauspost/compress/zstd"; "io")

func Header(r io.Reader) ([]byte, error) {
	dec, err := zstd.NewReader(r) // culprit hold
	if err != nil {
		return nil, err
	} // fix
	b := make([]byte, 16)
	_, err = io.ReadFull(dec, b)
	return b, err
}
`,
    twin: [['\tb := make', '\tdefer dec.Close()\n\tb := make']],
  },
  {
    name: 'a C string',
    kind: 'native',
    pattern: 'cgo-cstring-not-freed',
    source: `
import "C"

func Name(s string) int {
	c := C.CString(s) // culprit hold fix
	return int(C.measure(c))
}
`,
    twin: [['\treturn int', '\tdefer C.free(unsafe.Pointer(c))\n\treturn int']],
  },
];

describe('explainSource for resources', () => {
  it.each(SHAPES)('names holder and fix of $name', ({ source, pattern, kind }) => {
    const answer = explainDrawn(source, kind, parser);
    expect({ holder: answer.holder, fix: answer.fix, pattern: answer.pattern }).toEqual({
      holder: 'right',
      fix: 'right',
      pattern,
    });
  });

  it.each(SHAPES)('accuses nobody in the twin of $name', ({ source, twin, kind }) => {
    const healthy = twin.reduce((text, [from, to]) => {
      expect(text).toContain(from);
      return text.replace(from, to);
    }, source);
    const answer = explainDrawn(healthy, kind, parser);
    expect(answer.confidence < ACCUSES ? 'quiet' : `${answer.pattern} ${answer.fix}`).toBe('quiet');
  });
});
