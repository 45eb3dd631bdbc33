import { describe, expect, it } from 'vitest';
import { drawSources } from '../testing/drawn-sources.ts';
import { openGoParser } from '../workspace/go-parser.ts';
import { formatType } from './go-type.ts';
import { SourceIndex } from './source-index.ts';
import { TypeReader } from './type-reader.ts';

const parser = await openGoParser();

/** Types of the right sides of `_ = x` and of `use(x)`, in the order of the text. */
function typesIn(text: string): string[] {
  const index = new SourceIndex(drawSources(text), parser, 'm');
  const reader = new TypeReader(index);
  const file = index.file('m/m.go');
  if (file === null) throw new Error('no file');
  const { tree } = file;
  return [...tree.descendants(tree.root, 'assignment_statement')]
    .filter((node) => tree.textOf(tree.child(node, 'left')) === '_')
    .map((node) => tree.children(tree.child(node, 'right'))[0])
    .map((node) =>
      node === undefined ? '' : `${tree.textOf(node)}: ${formatType(reader.typeOf({ file, node }))}`,
    );
}

describe('TypeReader', () => {
  it('follows locals, fields, embedded structs and calls between packages', () => {
    const found = typesIn(`
-- m/m.go --
package m
import ("m/hub"; ctxt "context"; "time")
type base struct { hub *hub.Hub[string] }
type Handler struct { base; seen map[string][]time.Time }
func (h *Handler) Poll(ctx ctxt.Context, n ...int) {
	sub, err := h.hub.Subscribe("x")
	_ = sub
	_ = err
	_ = sub.C
	_ = <-sub.C
	_ = h.seen["a"][0]
	for k, v := range h.seen { _ = k; _ = v }
	_ = n
	_ = hub.New[string](3)
	c, cancel := ctxt.WithCancel(ctx)
	_ = c
	_ = cancel
	if sub := 1; sub > 0 { _ = sub }
	t := time.NewTicker(1)
	_ = t.C
	_ = func() (int, error) { return 0, nil }
	_ = &Handler{}
}
-- m/hub/hub.go --
package hub
type Message struct { Topic string }
type Sub struct { C chan Message }
type Hub[K comparable] struct { all map[K]*Sub }
func New[K comparable](n int) *Hub[K] { return &Hub[K]{} }
func (h *Hub[K]) Subscribe(k K) (*Sub, error) { return nil, nil }
`);
    expect(found).toEqual([
      'sub: m/hub.Sub',
      'err: error',
      'sub.C: chan m/hub.Message',
      '<-sub.C: m/hub.Message',
      'h.seen["a"][0]: time.Time',
      'k: string',
      'v: []time.Time',
      'n: []int',
      'hub.New[string](3): m/hub.Hub',
      'c: context.Context',
      'cancel: func() ()',
      'sub: int',
      't.C: chan time.Time',
      'func() (int, error) { return 0, nil }: func() (int, error)',
      '&Handler{}: m.Handler',
    ]);
  });

  it('says unknown for what it cannot see, and ends where a program goes in circles', () => {
    const found = typesIn(`
type A B
type B A
type L struct { *L; next *L }
var a = b
var b = a
func f() {
	x := x2
	_ = x
	_ = a
	_ = elsewhere.Thing()
	var c A
	_ = c.field
	var l L
	_ = l.next.next.missing
	y := func() { _ = y }
}
`);
    expect(found).toEqual([
      'x: ?',
      'a: ?',
      'elsewhere.Thing(): ()',
      'c.field: ?',
      'l.next.next.missing: ?',
      'y: ?',
    ]);
  });
});
