import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import { findHeapCauses, weighSites } from './heap-cause.ts';
import { foldSites } from './site-growth.ts';
import { createPathReader } from './stack-path.ts';

/** First culprits of each cause, as `function share`. */
function causes(drawing: string, module: string | null = null, standing: readonly string[] = []): string[] {
  const drawn = drawSnapshots(drawing);
  const table = foldSites(drawn.heap, createPathReader(drawn.stacks, module));
  return findHeapCauses(table, weighSites(table, 0), 0, standing).map(
    ({ culprits }) => `${culprits[0].frame.function} ${culprits[0].share?.value.toFixed(2)}`,
  );
}

function culprits(drawing: string): string[] {
  const drawn = drawSnapshots(drawing);
  const table = foldSites(drawn.heap, createPathReader(drawn.stacks, null));
  return findHeapCauses(table, weighSites(table, 0), 0)[0].culprits.map(({ frame }) => frame.function);
}

const LIB = '@/go/pkg/mod/github.com/acme/lib@v1.2.3/lib.go';
const HTTP = 'net/http.(*conn).serve > net/http.HandlerFunc.ServeHTTP';

describe('findHeapCauses', () => {
  it('names the application function that calls the library, and then the library function that allocates', () => {
    const drawing = `${HTTP} > shop/session.(*Shop).Basket:27 > github.com/acme/lib.(*Store).Get${LIB}:7 > github.com/acme/lib.newEntry${LIB}:3 | 512 | ${ramp(10, 2)}`;
    expect(culprits(drawing).slice(0, 2)).toEqual([
      'shop/session.(*Shop).Basket',
      'github.com/acme/lib.newEntry',
    ]);
  });

  it('keeps apart what stands as two leaks, however little one of them brings by now, and nothing else', () => {
    const drawing = `
      shop/session.Loop > shop/session.load | 4096 | ${ramp(10, 20)}
      shop/track.Loop > shop/track.Note | 4096 | ${ramp(10, 1)}`;
    const [session, track] = ['shop/session.load', 'shop/track.Note'];
    expect(causes(drawing)).toHaveLength(1);
    expect(causes(drawing, null, [session, track])).toEqual([`${session} 1.00`, `${track} 1.00`]);
    expect(causes(drawing, null, [track])).toHaveLength(1);
  });

  it('names the function over which growth is spread when none of its callees carries most of it', () => {
    const drawing = ['a', 'b', 'c', 'd']
      .map((name) => `main.main > shop/store.Put > shop/store.${name} | 512 | ${ramp(10, 3)}`)
      .join('\n');
    expect(causes(drawing)).toEqual(['shop/store.Put 1.00']);
  });

  it('names the deepest function that carries the majority, from whichever handler it is called', () => {
    const drawing = ['x', 'y', 'z']
      .map((name) => `main.main > shop/api.${name} > shop/store.Put | 512 | ${ramp(10, 2)}`)
      .join('\n');
    expect(causes(drawing)).toEqual(['shop/store.Put 1.00']);
  });

  it('lets middleware of a library answer for itself, not the handler above the dispatch', () => {
    const drawing = `main.main.func1 > net/http.HandlerFunc.ServeHTTP > github.com/acme/lib.Count.func1${LIB}:9 > github.com/acme/lib.newSeries${LIB}:3 | 512 | ${ramp(10, 2)}`;
    expect(causes(drawing)).toEqual(['github.com/acme/lib.Count.func1 1.00']);
  });

  it('charges a driver that the standard library calls to the query above it', () => {
    const drawing = `main.main > shop/db.First:4 > database/sql.(*DB).Query > github.com/acme/lib.Open${LIB}:9 > bufio.NewReader | 4096 | ${ramp(10, 2)}`;
    expect(causes(drawing)).toEqual(['shop/db.First 1.00']);
  });

  it("names the library's function where a goroutine of a library has no application frame", () => {
    const drawing = `github.com/acme/lib.(*Pool).loop${LIB}:5 > github.com/acme/lib.grow${LIB}:8 > bytes.growSlice | 512 | ${ramp(10, 2)}`;
    expect(causes(drawing)).toEqual(['github.com/acme/lib.grow 1.00']);
  });

  it('takes a module name without a dot for application code', () => {
    expect(causes(`main.main > orders/store.Put > strings.Repeat | 512 | ${ramp(10, 2)}`)).toEqual([
      'orders/store.Put 1.00',
    ]);
  });

  it('is not misled by megabyte buffers that come and go in every diff', () => {
    const drawing = `
      ${HTTP} > shop/zip.Write > compress/flate.NewWriter | 1048576 | 0 4 1 5 2 6 1 5 3 6 | 0 8 16 24 32 40 48 56 64 72
      ${HTTP} > shop/store.Put                            | 512     | 0 1 1 2 3 3 4 5 6 6
    `;
    expect(causes(drawing)[0]).toMatch(/^shop\/store.Put/);
  });

  it('is not misled by caches of regexp that are dropped and filled again', () => {
    const drawing = `
      ${HTTP} > shop/route.Match > regexp.(*Regexp).doExecute > regexp.newbitState | 524288 | 0 6 2 7 1 8 3 6 2 7 | 0 9 18 27 36 45 54 63 72 81
      ${HTTP} > shop/store.Put                                                     | 512    | 0 1 1 2 3 3 4 5 6 6
    `;
    expect(causes(drawing)[0]).toMatch(/^shop\/store.Put/);
  });

  it('names functions of packages whose last element has a dot, as profiles escape it', () => {
    const NATS = '@/go/pkg/mod/github.com/nats-io/nats.go@v1.36.0/nats.go';
    const drawing = `main.main > orders/feed.Subscribe > github.com/nats-io/nats%2ego.(*Conn).subscribe${NATS}:4 | 512 | ${ramp(10, 2)}`;
    expect(culprits(drawing).slice(0, 2)).toEqual([
      'orders/feed.Subscribe',
      'github.com/nats-io/nats%2ego.(*Conn).subscribe',
    ]);
  });

  it('is not misled by what grew only while the service warmed up', () => {
    const drawing = `
      main.main > shop/cache.Fill | 512 | 0 20 40 40 40 40 40 40 40 40
      main.main > shop/store.Put  | 512 | ${ramp(10, 1)}
    `;
    expect(causes(drawing)[0]).toMatch(/^shop\/store.Put/);
  });

  it('leaves out what serving profiles and metrics allocates', () => {
    const drawing = `
      ${HTTP} > net/http/pprof.Index > runtime/pprof.writeHeap > compress/flate.NewWriter | 1048576 | ${ramp(10, 1)}
      ${HTTP} > github.com/prometheus/client_golang/prometheus/promhttp.HandlerForTransactional.func1${LIB}:3 | 65536 | ${ramp(10, 1)}
    `;
    expect(causes(drawing)).toEqual([]);
  });

  it('drops an allocation that only moved to another function of the same caller', () => {
    const drawing = `
      main.main > shop/codec.Encode > shop/codec.v1 | 512 | 40 36 32 28 24 20 16 12 8 4 | 40 40 40 40 40 40 40 40 40 40
      main.main > shop/codec.Encode > shop/codec.v2 | 512 | 0 4 8 12 16 20 24 28 32 36
    `;
    expect(causes(drawing)).toEqual([]);
  });

  it('keeps what grew where objects of another size went: those are other objects', () => {
    const drawing = `
      main.main > shop/codec.Encode > shop/codec.v1 | 256 | 40 36 32 28 24 20 16 12 8 4 | 40 40 40 40 40 40 40 40 40 40
      main.main > shop/codec.Encode > shop/codec.v2 | 512 | 0 4 8 12 16 20 24 28 32 36
    `;
    expect(causes(drawing)[0]).toMatch(/^shop\/codec.v2/);
  });

  it('sees two causes where a second site provably grows by itself', () => {
    const drawing = `
      main.main > shop/api.Save > shop/drafts.Save | 512 | 0 10 20 30 40 50 60 70 80 90 100 110
      main.main > shop/api.Open > shop/board.Join  | 512 | 0 0 0 0 0 0 12 24 36 48 60 72
    `;
    expect(causes(drawing).map((cause) => cause.split(' ')[0])).toEqual([
      'shop/drafts.Save',
      'shop/board.Join',
    ]);
  });

  it('sees one cause where two sites of one structure grow in step', () => {
    const drawing = `
      main.main > shop/api.Save > shop/drafts.Save  | 512 | ${ramp(12, 4)}
      main.main > shop/api.Save > shop/index.Insert | 64  | ${ramp(12, 3)}
    `;
    expect(causes(drawing)).toHaveLength(1);
  });

  it('sees two causes where two leaks grow in step with the requests, and only middleware is above both', () => {
    const drawing = `
      ${HTTP} > shop/api.Count.func1 > net/http.HandlerFunc.ServeHTTP > shop/api.Login > shop/session.load | 4096 | ${ramp(12, 6)}
      ${HTTP} > shop/api.Count.func1 > shop/track.Note | 2048 | ${ramp(12, 4)}
    `;
    expect(causes(drawing)).toEqual(['shop/session.load 1.00', 'shop/track.Note 1.00']);
  });

  it('sees one cause where one handler makes both in step, or where the second gives things back', () => {
    const drawing = (alive: string, allocated: string) => `
      ${HTTP} > shop/api.Login > shop/session.load | 4096 | ${ramp(12, 6)}
      ${HTTP} > shop/api.Order > shop/track.Note | 2048 | ${alive} | ${allocated}
    `;
    const inStep = drawing(ramp(12, 4), ramp(12, 4)).replace('shop/api.Order', 'shop/api.Login');
    expect(causes(inStep)).toHaveLength(1);
    expect(causes(drawing(ramp(12, 4), ramp(12, 12)))).toHaveLength(1);
    expect(causes(drawing(ramp(12, 4), ramp(12, 4)))).toHaveLength(2);
  });

  it('gives the same lead whatever the order of rows', () => {
    const lines = [
      `main.main > shop/api.A > shop/store.Put:3 | 512 | ${ramp(8, 2)}`,
      `main.main > shop/api.B > shop/store.Put:3 | 512 | ${ramp(8, 2)}`,
      `main.main > shop/api.B > shop/store.Del:9 | 512 | ${ramp(8, 1)}`,
      `main.main > shop/api.C > strings.Repeat | 96 | ${ramp(8, 1)}`,
    ];
    const expected = causes(lines.join('\n'));
    fc.assert(
      fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), (shuffled) => {
        expect(causes(shuffled.join('\n'))).toEqual(expected);
      }),
      { seed: 3, numRuns: 24 },
    );
  });

  it('shows the share with the width that its few samples leave', () => {
    const drawn = drawSnapshots(`main.main > shop/store.Put | 512 | ${ramp(4, 1)}`);
    const table = foldSites(drawn.heap, createPathReader(drawn.stacks, null));
    const share = findHeapCauses(table, weighSites(table, 0), 0)[0].culprits[0].share;
    expect(share?.value).toBe(1);
    expect(share?.low).toBeLessThan(0.5);
  });

  it('gives the line with most growth', () => {
    const drawn = drawSnapshots(`
      main.main > shop/store.Put@store.go:10 | 512 | ${ramp(8, 1)}
      main.main > shop/store.Put@store.go:20 | 512 | ${ramp(8, 5)}
    `);
    const table = foldSites(drawn.heap, createPathReader(drawn.stacks, null));
    expect(findHeapCauses(table, weighSites(table, 0), 0)[0].culprits[0].frame.line).toBe(20);
  });
});
