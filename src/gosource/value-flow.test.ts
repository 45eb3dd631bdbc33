import { describe, expect, it } from 'vitest';
import { drawSources, findMark } from '../testing/drawn-sources.ts';
import { openGoParser } from '../workspace/go-parser.ts';
import { allocationsAt } from './allocations.ts';
import { SourceAnalysis } from './source-analysis.ts';

const parser = await openGoParser();

/** `kind place line` of where the first allocation on the line marked `// here` goes. */
function sinksOf(text: string): string[] {
  const texts = drawSources(text);
  const { path, line } = findMark(texts, 'here');
  const analysis = new SourceAnalysis(texts, parser, 'm');
  const file = analysis.index.file(path);
  if (file === null) throw new Error('no file');
  const [node] = allocationsAt(file, line);
  if (node === undefined) throw new Error('no allocation');
  return analysis
    .follow({ file, node })
    .map(({ kind, place, at, callee }) =>
      `${kind} ${place?.key ?? callee} ${at.file.tree.line(at.node)}`.replace('  ', ' '),
    );
}

/** `kind@depth line` of what is done with the place that the marked allocation goes to first. */
function operationsOf(text: string): string[] {
  const texts = drawSources(text);
  const { path, line } = findMark(texts, 'here');
  const analysis = new SourceAnalysis(texts, parser, 'm');
  const file = analysis.index.file(path);
  if (file === null) throw new Error('no file');
  const [sink] = allocationsAt(file, line).flatMap((node) => analysis.follow({ file, node }));
  if (!sink?.place) throw new Error('no sink');
  return analysis.operations
    .operationsOf(sink.place)
    .filter(({ kind }) => kind !== 'assign')
    .map(({ kind, depth, file: { tree }, node }) => `${kind}@${depth} ${tree.line(node)}`);
}

describe('ValueFlow', () => {
  it('follows a value through a constructor, a method and a field to a map', () => {
    expect(
      sinksOf(`
type Table struct{ rows map[string]*Row }
type Row struct{ body []byte }
func newRow(b []byte) *Row { return &Row{body: b} }
func (t *Table) put(k string, r *Row) { t.rows[k] = r }
func (t *Table) Handle(k string) {
	b := make([]byte, 10) // here
	r := newRow(b)
	t.put(k, r)
}
`),
    ).toEqual(['element m.Table.rows 5']);
  });

  it('sees a package variable, a list, a channel and a goroutine', () => {
    expect(
      sinksOf(`
import "container/list"
var all []*int
type q struct { l *list.List; c chan *int }
func (s *q) f() {
	x := new(int) // here
	all = append(all, x)
	s.l.PushBack(x)
	s.c <- x
	go func() { print(x) }()
}
`).sort(),
    ).toEqual(['element m.all 7', 'element m.q.c 9', 'element m.q.l 8', 'goroutine 10']);
  });

  it('takes the way back through the caller that the value came from', () => {
    expect(
      sinksOf(`
var a, b = map[int]*int{}, map[int]*int{}
func id(x *int) *int { return x }
func f() {
	x := id(new(int)) // here
	a[1] = x
}
func g(y *int) { b[1] = id(y) }
`),
    ).toEqual(['element m.a 6']);
  });

  it('keeps what a key and a piece of a value hold', () => {
    expect(
      sinksOf(
        'var seen = map[string]bool{}\nfunc f(b []byte) {\n\tkey := string(b) // here\n\tseen[key[:4]] = true\n}\n',
      ),
    ).toEqual(['element m.seen 5']);
  });

  it('finds nobody for a value that only passes', () => {
    expect(sinksOf('func f() int {\n\tb := make([]byte, 10) // here\n\treturn len(b)\n}\n')).toEqual([]);
  });

  it('finds the container of an object whose field it is', () => {
    expect(
      sinksOf(`
type D struct { text []byte }
type S struct { by map[string]*D }
func (s *S) Save(k, t string) {
	d, ok := s.by[k]
	if !ok { d = &D{}; s.by[k] = d }
	d.text = append(d.text[:0], t...) // here
}
`),
    ).toEqual(['whole m.D.text 7', 'element m.S.by 7', 'element m.S.by 6']);
  });

  it('goes on behind a channel, wherever somebody receives', () => {
    expect(
      sinksOf(`
type Hub struct{ joins chan *Client; clients map[*Client]bool }
type Client struct{}
func (h *Hub) Run() {
	for {
		select {
		case c := <-h.joins:
			h.clients[c] = true
		}
	}
}
func (h *Hub) Join() {
	h.joins <- &Client{} // here
}
`),
    ).toEqual(['element m.Hub.joins 13', 'element m.Hub.clients 8']);
  });

  it('takes a method as a value for its receiver', () => {
    expect(
      sinksOf(`
type Hooks struct{ all []func() }
func (h *Hooks) Add(f func()) { h.all = append(h.all, f) }
type Session struct{}
func (s *Session) flush() {}
func Open(h *Hooks) {
	s := &Session{} // here
	h.Add(s.flush)
}
`),
    ).toEqual(['element m.Hooks.all 3']);
  });

  it('ends at a copy and goes on with a piece', () => {
    const drawn = (expression: string) => `
import "strings"
var ids = map[string]bool{}
func Read(text string) {
	s := strings.Repeat(text, 2) // here
	id := ${expression}
	ids[id] = true
}
`;
    expect(sinksOf(drawn('strings.TrimSpace(s)'))).toContain('element m.ids 7');
    expect(sinksOf(drawn('strings.Clone(s)'))).not.toContain('element m.ids 7');
    expect(sinksOf(drawn('string([]byte(s))'))).not.toContain('element m.ids 7');
  });
});

describe('Operations', () => {
  it('finds what adds and what takes away, through other names and helpers', () => {
    expect(
      operationsOf(`
type Hub struct{ topics map[string]map[int]*int }
func (h *Hub) Add(t string) {
	subs := h.topics[t]
	if subs == nil {
		subs = make(map[int]*int)
		h.topics[t] = subs
	}
	subs[1] = new(int) // here
}
func (h *Hub) Del(t string) { drop(h.topics[t], 1) }
func drop(m map[int]*int, k int) { delete(m, k) }
func (h *Hub) Size() int { return len(h.topics) }
func (h *Hub) Reset() { h.topics = make(map[string]map[int]*int) }
`),
    ).toEqual(['add@0 7', 'add@1 9', 'remove@1 12', 'measure@0 13', 'remove@0 14']);
  });

  it('knows append from a cut', () => {
    expect(
      operationsOf(`
type Q struct{ jobs []*int }
func (q *Q) Push() {
	q.jobs = append(q.jobs, new(int)) // here
}
func (q *Q) Pop() { q.jobs = q.jobs[1:] }
func (q *Q) Cut() { q.jobs = append(q.jobs[:1], q.jobs[2:]...) }
func (q *Q) Take() []*int { all := q.jobs; q.jobs = nil; return all }
`),
    ).toEqual(['add@0 4', 'remove@0 6', 'remove@0 7', 'remove@0 8']);
  });

  it('does not take a field of the same name in another struct for the same place', () => {
    expect(
      operationsOf(`
type A struct{ rows map[int]*int }
type B struct{ rows map[int]*int }
func (a *A) Put() {
	a.rows[1] = new(int) // here
}
func (b *B) Drop() { delete(b.rows, 1) }
`),
    ).toEqual(['add@0 5']);
  });
});
