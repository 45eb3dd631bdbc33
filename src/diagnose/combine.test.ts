import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import type { Assessment, Lane } from '../detect/assessment.ts';
import { drawAssessment, type DrawnLane } from '../testing/drawn-assessment.ts';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import type { Cause } from './cause.ts';
import { findCauses } from './combine.ts';
import { askHeldGoroutines } from './held-by-count.ts';
import { readProfiles } from './profile-evidence.ts';

const LIB = '@/go/pkg/mod/github.com/acme/lib@v1.2.3/lib.go';
const READ_LOOP = 'net/http.(*persistConn).readLoop';
const WRITE_LOOP = 'net/http.(*persistConn).writeLoop';
const SELECT = 'runtime.selectgo > runtime.gopark';

function combine(
  drawing: string,
  lanes: Partial<Record<Lane, DrawnLane>>,
  rest: Partial<Assessment> = {},
): readonly Cause[] {
  const calls = new Map(
    Object.entries(lanes)
      .filter(([, lane]) => lane.verdict === 'leak')
      .map(([name]) => [name as Lane, 'confirmed' as const]),
  );
  const assessment = drawAssessment(2 * HOUR_MILLIS, lanes, rest);
  const profiles = readProfiles(drawSnapshots(drawing), null, 0, calls.has('goroutine'));
  return findCauses({ assessment, calls, profiles });
}

const LEAK = (perHour: number): DrawnLane => ({ verdict: 'leak', perHour });
const brief = (causes: readonly Cause[]) =>
  causes.map(({ kind, culprits, absorbed }) => [kind, culprits[0]?.function ?? null, absorbed]);

describe('findCauses', () => {
  it('makes goroutines that pin heap one goroutine cause that says how many bytes they hold', () => {
    const [cause, ...others] = combine(
      `heap
       orders/jobs.run:7 > strings.Repeat | 1048576 | ${ramp(12, 4)}
       goroutines
       orders/jobs.run:9 > runtime.chanrecv > runtime.gopark | ${ramp(12, 10)}`,
      { heap: LEAK(20 * MIB), goroutine: LEAK(60) },
    );
    expect(others).toEqual([]);
    expect(brief([cause])).toEqual([['goroutine', 'orders/jobs.run', ['heap']]]);
    expect(cause.heldBytes).toBeGreaterThan(44 * MIB);
    expect(cause.pattern).toBe('goroutine-blocked-on-receive');
    expect(cause.growth?.perHour).toBeGreaterThan(20 * MIB);
    expect(cause.counts?.unit).toBe('goroutines');
  });

  it('finds a leak of the heap beside goroutines that hold most of it, each with its part of the growth', () => {
    const drawing = (segments: string) => `heap
       orders/jobs.run:7 > strings.Repeat | 1048576 | ${ramp(12, 4)}
       orders/archive.Loop > orders/archive.open | 32768 | ${segments}
       goroutines
       orders/jobs.run:9 > runtime.chanrecv > runtime.gopark | ${ramp(12, 4)}`;
    const lanes = { heap: LEAK(36 * MIB) };
    const [jobs, archive, ...others] = combine(drawing(ramp(12, 3)), lanes);
    expect(others).toEqual([]);
    expect(brief([jobs, archive])).toEqual([
      ['goroutine', 'orders/jobs.run', []],
      ['heap', 'orders/archive.open', []],
    ]);
    expect((jobs.growth?.perHour ?? 0) / MIB).toBeGreaterThan(22);
    expect((jobs.growth?.perHour ?? 0) / MIB).toBeLessThan(33);
    expect((archive.growth?.perHour ?? 0) / MIB).toBeGreaterThan(5);
    expect((archive.growth?.perHour ?? 0) / MIB).toBeLessThan(15);
    // Given back by turns: no leak by itself, so one cause as before.
    expect(brief(combine(drawing('0 9 3 12 6 15 9 18 12 21 15 24'), lanes))).toHaveLength(1);
  });

  it('keeps what comes by one object for each goroutine with the goroutines, whoever allocates it', () => {
    const causes = combine(
      `heap
       orders/jobs.run:7 > strings.Repeat | 1048576 | ${ramp(12, 4)}
       orders/api.Loop > orders/api.body | 1048576 | ${ramp(12, 4)}
       goroutines
       orders/jobs.run:9 > runtime.chanrecv > runtime.gopark | ${ramp(12, 4)}`,
      { heap: LEAK(48 * MIB) },
    );
    expect(brief(causes)).toEqual([['goroutine', 'orders/jobs.run', ['heap']]]);
  });

  it('counts goroutines by their profiles where the number of all of them shows no growth', () => {
    const noisy = { unit: 'goroutines', perHour: 8, low: -4, high: 20, confidence: 0.95 };
    const [cause] = combine(
      `heap
       orders/jobs.run:7 > strings.Repeat | 1048576 | ${ramp(13, 2)}
       goroutines
       orders/jobs.run:9 > runtime.chanrecv > runtime.gopark | ${ramp(13, 2)}`,
      { heap: LEAK(12 * MIB), goroutine: { verdict: 'no-growth', growth: noisy } },
    );
    expect(cause.counts?.perHour).toBeCloseTo(24 / 2, 0);
    expect(cause.counts?.low).toBeGreaterThan(0);
    expect(cause.counts?.high).toBeGreaterThan(12);
  });

  it('calls a few goroutines that hold much goroutines although only the heap was called', () => {
    const causes = combine(
      `heap
       orders/jobs.run:7 > strings.Repeat | 1048576 | ${ramp(12, 1)}
       goroutines
       orders/jobs.run:9 > runtime.chanrecv > runtime.gopark | ${ramp(12, 1)}`,
      { heap: LEAK(6 * MIB) },
    );
    expect(brief(causes)).toEqual([['goroutine', 'orders/jobs.run', ['heap']]]);
    expect(causes[0]?.lane).toBe('heap');
  });

  it('leaves heap a heap leak where goroutines of another package grow beside it uncalled', () => {
    const causes = combine(
      `heap
       main.main > editor/drafts.Save | 512 | ${ramp(12, 3)}
       goroutines
       editor/board.Join.func1 > ${SELECT} | ${ramp(12, 1)}`,
      { heap: LEAK(4 * MIB) },
    );
    expect(brief(causes)).toEqual([['heap', 'editor/drafts.Save', []]]);
  });

  it('leaves a leak of the package of leaking goroutines a cause of its own where it does not grow with them', () => {
    const causes = (journal: string) =>
      combine(
        `heap
         acme/desk.serve > acme/desk.(*Journal).Write | 4096 | ${journal}
         goroutines
         acme/desk.(*Feed).read:36 > runtime.chanrecv > runtime.gopark | ${ramp(12, 30)}`,
        { heap: LEAK(9 * MIB), goroutine: LEAK(180) },
      );
    const apart = [
      ['goroutine', 'acme/desk.(*Feed).read', []],
      ['heap', 'acme/desk.(*Journal).Write', []],
    ];
    // As many bytes by the end, at other times.
    expect(brief(causes('0 1 1 2 2 3 4 6 10 18 30 44'))).toEqual(apart);
    // In step, a dozen objects for each goroutine.
    expect(brief(causes(ramp(12, 3)))).toEqual(apart);
  });

  it('keeps what the type of the goroutines allocates with them, or one object of their package for each', () => {
    const causes = (site: string) =>
      combine(
        `heap
         acme/desk.serve > ${site}
         goroutines
         acme/desk.(*Feed).read:36 > runtime.chanrecv > runtime.gopark | ${ramp(12, 30)}`,
        { heap: LEAK(9 * MIB), goroutine: LEAK(180) },
      );
    const one = [['goroutine', 'acme/desk.(*Feed).read', ['heap']]];
    expect(brief(causes(`acme/desk.(*Feed).subscribe | 4096 | ${ramp(12, 3)}`))).toEqual(one);
    expect(brief(causes(`acme/desk.newBuffer | 524288 | ${ramp(12, 19)}`))).toEqual(one);
  });

  it('does not blame connections that serve requests for what the requests keep', () => {
    const causes = combine(
      `heap
       net/http.(*conn).serve > orders/sessions.Open | 4096 | ${ramp(12, 3)}
       goroutines
       net/http.(*conn).serve > internal/poll.runtime_pollWait > runtime.gopark | ${ramp(12, 1)}`,
      { heap: LEAK(4 * MIB) },
    );
    expect(brief(causes)).toEqual([['heap', 'orders/sessions.Open', []]]);
  });

  it("gives a library's goroutines the heap that their caller filled in step with them", () => {
    const causes = combine(
      `heap
       main.main > quotes/desk.Quote:31 | 8192 | ${ramp(12, 2)}
       goroutines
       github.com/acme/lib.(*Cache).expire${LIB}:4 > ${SELECT} | ${ramp(12, 30)}`,
      { heap: LEAK(4 * MIB), goroutine: LEAK(180) },
    );
    expect(brief(causes)).toEqual([['goroutine', 'github.com/acme/lib.(*Cache).expire', ['heap']]]);
  });

  it('sees two causes where heap of another package grows by itself beside application goroutines', () => {
    const causes = combine(
      `heap
       main.main > editor/api.Save > editor/drafts.Save | 512 | ${ramp(12, 3)}
       goroutines
       editor/board.Join.func1 > ${SELECT} | ${ramp(12, 30)}`,
      { heap: LEAK(4 * MIB), goroutine: LEAK(180) },
    );
    expect(brief(causes)).toEqual([
      ['goroutine', 'editor/board.Join.func1', []],
      ['heap', 'editor/drafts.Save', []],
    ]);
  });

  it('names whoever makes the requests for connections that nobody closes', () => {
    const [cause, ...others] = combine(
      `heap
       net/http.(*Transport).dialConnFor > net/http.(*Transport).dialConn > bufio.NewReader | 4096 | ${ramp(12, 2)}
       main.main > stock.(*Client).Level@/src/stock/client.go:40 > net/http.(*Client).Get > net/http.(*Client).do | 112 | 0 0 0 0 0 0 0 0 0 0 0 0 | ${ramp(12, 2)}
       goroutines
       ${READ_LOOP} > ${SELECT}  | ${ramp(12, 20)}
       ${WRITE_LOOP} > ${SELECT} | ${ramp(12, 20)}`,
      { heap: LEAK(4 * MIB), goroutine: LEAK(240), fd: { ...LEAK(120), level: 250 } },
    );
    expect(others).toEqual([]);
    expect(brief([cause])).toEqual([['fd', 'stock.(*Client).Level', ['goroutine', 'heap']]]);
    expect(cause.pattern).toBe('response-body-not-closed');
    expect(cause.culprits.map((culprit) => culprit.function)).toContain('net/http.(*Transport).dialConn');
  });

  it('tells idle connections that are kept from bodies that are not closed by where the reader waits', () => {
    const reading =
      'net.(*conn).Read > internal/poll.runtime_pollWait > runtime.netpollblock > runtime.gopark';
    const [cause] = combine(
      `goroutines
       ${READ_LOOP} > ${reading} | ${ramp(12, 20)}
       ${WRITE_LOOP} > ${SELECT} | ${ramp(12, 20)}`,
      { goroutine: LEAK(240), fd: { ...LEAK(120), level: 250 } },
    );
    expect([cause.kind, cause.pattern]).toEqual(['fd', 'idle-connections-kept']);
  });

  it('makes one cause of descriptors of which each goroutine has two', () => {
    const proxied = (perStep: number) =>
      combine(
        `goroutines
         edge/proxy.(*Session).pump:31 > net.(*conn).Read > internal/poll.runtime_pollWait > runtime.gopark | ${ramp(12, perStep)}`,
        { goroutine: LEAK(55), fd: { ...LEAK(110), level: 250 } },
      );
    expect(brief(proxied(10))).toEqual([['fd', 'edge/proxy.(*Session).pump', ['goroutine', 'heap']]]);
    // A third as many come from elsewhere.
    expect(proxied(7).map(({ kind }) => kind)).toEqual(['fd', 'goroutine']);
  });

  it('takes buffers for those of a connection that has several goroutines of one kind', () => {
    const withBuffers = (buffers: string) =>
      combine(
        `heap
         rpc/wire.newConn${LIB}:9 > rpc/wire.newBuffer${LIB}:12 | 65536 | ${buffers}
         goroutines
         acme/sync.(*Serializer).run${LIB}:88 > ${SELECT} | ${ramp(12, 30)}
         rpc/wire.(*Client).read${LIB}:16 > net.(*conn).Read > internal/poll.runtime_pollWait > runtime.gopark | ${ramp(12, 10)}`,
        { heap: LEAK(4 * MIB), goroutine: LEAK(220), fd: { ...LEAK(55), level: 150 } },
      );
    expect(withBuffers(ramp(12, 10)).map(({ kind, absorbed }) => [kind, absorbed])).toEqual([
      ['fd', ['goroutine', 'heap']],
    ]);
    // Many times as many objects are none of the connections'.
    expect(withBuffers(ramp(12, 300)).map(({ kind }) => kind)).toEqual(['fd', 'heap']);
  });

  it('tells two kinds of goroutines apart only once their numbers can be compared', () => {
    const grown = (steps: number, second: string) =>
      combine(
        `goroutines
         orders/jobs.run:9 > runtime.chanrecv > runtime.gopark | ${ramp(steps, 12)}
         mail/queue.send:7 > runtime.chansend > runtime.gopark | ${second}`,
        { goroutine: LEAK(60) },
      ).map(({ culprits }) => culprits.map((culprit) => culprit.function));
    expect(grown(3, '0 9 15')).toEqual([['orders/jobs.run', 'mail/queue.send']]);
    expect(grown(8, '0 13 13 13 13 50 90 130')).toEqual([['mail/queue.send'], ['orders/jobs.run']]);
  });

  it('makes growing connections a descriptor cause where nobody counts descriptors', () => {
    const causes = combine(`goroutines\n${READ_LOOP} > ${SELECT} | ${ramp(12, 20)}`, {
      goroutine: LEAK(120),
      fd: { level: 0 },
    });
    expect(brief(causes)).toEqual([['fd', READ_LOOP, ['goroutine', 'heap']]]);
  });

  it('makes descriptors with their buffers one cause, named by the query above the driver', () => {
    const causes = combine(
      `heap
       main.main > billing.(*Store).FirstOpen > database/sql.(*DB).conn > github.com/acme/lib.Open${LIB}:9 > bufio.NewReader | 4096 | ${ramp(12, 1)}`,
      { heap: LEAK(2 * MIB), fd: { ...LEAK(120), level: 250 } },
    );
    expect(brief(causes)).toEqual([['fd', 'billing.(*Store).FirstOpen', ['heap']]]);
  });

  it('leaves a leak of timers a heap cause of its own beside connections that nobody closes', () => {
    const causes = combine(
      `heap
       main.main > stock.(*Client).Level > stock.newLog | 16384 | ${ramp(12, 1)}
       main.main > stock.(*Client).Level > net/http.(*Client).do | 112 | ${ramp(12, 0)} | ${ramp(12, 1)}
       main.main > mail.deliver > time.NewTicker | 112 | ${ramp(12, 4)}
       goroutines
       ${READ_LOOP} > ${SELECT}  | ${ramp(12, 30)}
       ${WRITE_LOOP} > ${SELECT} | ${ramp(12, 30)}`,
      { heap: LEAK(4 * MIB), goroutine: LEAK(360), fd: { ...LEAK(180), level: 350 } },
    );
    expect(brief(causes)).toEqual([
      ['fd', 'stock.(*Client).Level', ['goroutine']],
      ['heap', 'mail.deliver', []],
    ]);
  });

  it('leaves a leak of other requests a cause of its own, also where as many come as connections', () => {
    const causes = (keeper: string) =>
      combine(
        `heap
         app.run:40 > stock.(*Client).Level > stock.newLog | 16384 | ${ramp(12, 1)}
         app.run:40 > stock.(*Client).Level > net/http.(*Client).do | 112 | ${ramp(12, 0)} | ${ramp(12, 1)}
         ${keeper} | 32768 | ${ramp(12, 7)}
         goroutines
         ${READ_LOOP} > ${SELECT}  | ${ramp(12, 30)}
         ${WRITE_LOOP} > ${SELECT} | ${ramp(12, 30)}`,
        { heap: LEAK(4 * MIB), goroutine: LEAK(360), fd: { ...LEAK(180), level: 350 } },
      );
    expect(brief(causes('shop.login > sessions.Open'))).toEqual([
      ['fd', 'stock.(*Client).Level', ['goroutine']],
      ['heap', 'sessions.Open', []],
    ]);
    // What a goroutine calls from one line are components that it starts; from another it goes on with the same.
    expect(causes('app.run:40 > sessions.Open')).toHaveLength(2);
    expect(causes('app.run:41 > sessions.Open')).toHaveLength(1);
  });

  it('never blames the stack on which the runtime makes goroutines', () => {
    const causes = combine(
      `heap
       runtime.systemstack > runtime.newproc1 > runtime.malg | 480 | ${ramp(12, 9)}
       main.main > orders/store.Put | 512 | ${ramp(12, 3)}`,
      { heap: LEAK(4 * MIB) },
    );
    expect(causes[0]?.culprits.map((culprit) => culprit.function)).toEqual(['orders/store.Put', 'main.main']);
    const [alone] = combine(
      `heap
runtime.systemstack > runtime.newproc1 > runtime.malg | 480 | ${ramp(12, 9)}`,
      { heap: LEAK(4 * MIB) },
    );
    expect([alone.culprits, alone.isNamed]).toEqual([[], false]);
  });

  describe('growth of goroutines in bytes', () => {
    const WAITING = `goroutines\norders/jobs.run:9 > runtime.chanrecv > runtime.gopark | ${ramp(12, 30)}`;
    const growthOf = (drawing: string, rest: Partial<Assessment> = {}) =>
      combine(drawing, { goroutine: LEAK(180) }, rest)[0]?.growth ?? null;

    it('says that it is of stacks only, as uncertain as their size and the count are', () => {
      const growth = growthOf(WAITING);
      expect(growth?.covers).toBe('stacks only');
      // 162 to 198 goroutines an hour; nobody measured the stack: 2 to 8 KiB, and what the runtime keeps beside it.
      expect(growth?.low).toBeCloseTo(162 * (2048 + 448), 6);
      expect(growth?.high).toBeCloseTo(198 * (8192 + 448), 6);
      expect(growth?.perHour).toBeCloseTo(180 * (4096 + 448), 6);
    });

    it('is as certain as the gauges are about the size of a stack', () => {
      const stack = { value: 4000, low: 3900, high: 4100 };
      const growth = growthOf(WAITING, { goroutineCost: { stack, resident: null, stackInFloor: 0 } });
      expect(growth?.low).toBeCloseTo(162 * (3900 + 448), 6);
      expect(growth?.high).toBeCloseTo(198 * (4100 + 448), 6);
    });

    it('carries the count of the profiles where stage 1 has no rate', () => {
      const [cause] = combine(
        `heap
         orders/jobs.run:7 > strings.Repeat | 1048576 | ${ramp(12, 4)}
         ${WAITING}`,
        { heap: LEAK(20 * MIB) },
      );
      expect(cause.growth?.covers).toBeUndefined();
      expect(cause.growth?.low).toBeGreaterThan(18 * MIB + 130 * 2048);
      expect(cause.growth?.high).toBeLessThan(22 * MIB + 230 * 8192);
    });

    it('counts stacks and descriptors once, as far as the live floor holds them', () => {
      const stack = { value: 4000, low: 4000, high: 4000 };
      const rateWith = (stackInFloor: number) =>
        combine(
          `heap
           orders/jobs.run:7 > strings.Repeat | 1048576 | ${ramp(12, 4)}
           ${WAITING}`,
          { heap: LEAK(20 * MIB), goroutine: LEAK(180) },
          { goroutineCost: { stack, resident: null, stackInFloor } },
        )[0].growth?.perHour;
      expect(rateWith(0)).toBeCloseTo(20 * MIB + 180 * 4000, 0);
      expect(rateWith(0.5)).toBeCloseTo(20 * MIB + 180 * 2000, 0);
    });
  });

  it("lets the caller of a library's constructor answer for the goroutines that the library starts", () => {
    const [cause] = combine(
      `heap
       main.main > quotes/desk.partials:31 > github.com/acme/lib.NewCache${LIB}:2 | 16384 | ${ramp(12, 1)}
       goroutines
       github.com/acme/lib.(*Cache).expire${LIB}:4 > ${SELECT} | ${ramp(12, 30)}`,
      { goroutine: LEAK(180) },
    );
    expect(cause.culprits.slice(0, 2).map(({ function: name, role }) => [name, role])).toEqual([
      ['quotes/desk.partials', 'creates'],
      ['github.com/acme/lib.(*Cache).expire', 'blocks'],
    ]);
    expect(cause.isNamed).toBe(true);
  });

  it('does not blame C for what the Go heap brings along', () => {
    const drawing = `heap\nmain.main > orders/store.Put | 512 | ${ramp(12, 4)}`;
    const kinds = (native: number) =>
      combine(drawing, { heap: LEAK(20 * MIB), native: LEAK(native) }).map(({ kind }) => kind);
    expect(kinds(5 * MIB)).toEqual(['heap']);
    expect(kinds(50 * MIB)).toEqual(['native', 'heap']);
  });

  it('lists callers of C without a share, since nothing tells which of them allocates', () => {
    const [cause] = combine(
      `heap
       main.main > backup.plan:3 > github.com/acme/sqlite.(*Conn).Name${LIB}:7 > github.com/acme/sqlite._Cfunc_GoString@_cgo_gotypes.go:9 | 64 | 0 0 0 0 | 0 1 2 3`,
      { native: LEAK(5 * MIB) },
    );
    expect(cause.culprits.map(({ function: name, share }) => [name, share])).toEqual([
      ['backup.plan', null],
      ['github.com/acme/sqlite.(*Conn).Name', null],
    ]);
    expect(cause.isNamed).toBe(false);
  });

  it('makes threads held in C one thread cause with their goroutines', () => {
    const causes = combine(
      `goroutines\nscan/worker.run > scan/worker._Cfunc_wait > runtime.cgocall | ${ramp(12, 5)}`,
      { goroutine: LEAK(30), thread: LEAK(30) },
    );
    expect(brief(causes)).toEqual([['thread', 'scan/worker.run', ['goroutine']]]);
  });

  it('makes goroutines that wait with a thread each one thread cause, and no other goroutines', () => {
    const kinds = (threads: number) =>
      brief(
        combine(`goroutines\ntest/devices.drive > runtime.chanrecv > runtime.gopark | ${ramp(12, 5)}`, {
          goroutine: LEAK(30),
          thread: LEAK(threads),
        }),
      );
    expect(kinds(28)).toEqual([['thread', 'test/devices.drive', ['goroutine']]]);
    expect(kinds(12)).toEqual([
      ['thread', null, []],
      ['goroutine', 'test/devices.drive', ['heap']],
    ]);
  });

  it('leaves confirmed lanes without profiles causes without a name', () => {
    expect(
      combine('', { heap: LEAK(MIB), native: LEAK(MIB) }).map((cause) => [cause.kind, cause.isNamed]),
    ).toEqual([
      ['native', false],
      ['heap', false],
    ]);
  });

  it('gives the heap to what is counted where no profile can tell, unless it is more than such things hold', () => {
    const [cause, ...others] = combine('', { heap: LEAK(MIB), goroutine: LEAK(60) });
    expect(others).toEqual([]);
    expect(brief([cause])).toEqual([['goroutine', null, ['heap']]]);
    // 17 KiB of heap and the stack of each.
    expect(cause.growth?.perHour).toBeGreaterThan(MIB);
    expect(cause.growth?.perHour).toBeLessThan(2 * MIB);
    expect(cause.counts?.perHour).toBe(60);
    expect(cause.heldHeap?.eachBytes).toBeCloseTo(MIB / 60);
    const fds = combine('', { heap: LEAK(MIB), fd: { ...LEAK(40), level: 90 } });
    expect(brief(fds)).toEqual([['fd', null, ['heap']]]);
    const kinds = combine('', { heap: LEAK(60 * MIB), goroutine: LEAK(60) }).map(({ kind }) => kind);
    expect(kinds).toEqual(['goroutine', 'heap']);
  });

  it('gives goroutines to descriptors where no profile can tell, and as many come as connections have', () => {
    const kinds = (perHour: number, share = 0.02) => {
      const growth = (rate: number) => ({
        ...LEAK(rate),
        growth: {
          unit: '',
          perHour: rate,
          low: (1 - share) * rate,
          high: (1 + share) * rate,
          confidence: 0.95,
        },
      });
      const causes = combine('', { fd: { ...growth(6), level: 90 }, goroutine: growth(perHour) });
      return causes.map(({ kind, heldGoroutines }) => [
        kind,
        heldGoroutines && askHeldGoroutines(heldGoroutines).outcome,
      ]);
    };
    const two = [
      ['fd', 'contradicts'],
      ['goroutine', null],
    ];
    expect(kinds(12)).toEqual([['fd', 'supports']]);
    expect(kinds(6.1)).toEqual([['fd', 'supports']]);
    expect(kinds(15)).toEqual(two);
    expect(kinds(30)).toEqual(two);
    // Not told apart yet.
    expect(kinds(12, 0.2)).toEqual([['fd', 'open']]);
    expect(kinds(40, 0.2)).toEqual(two);
  });

  it('asks the profiles where there are any', () => {
    const drawing = `heap
       editor/audit.Append | 262144 | ${ramp(12, 2)}
       goroutines
       editor/board.Join.func1 > ${SELECT} | ${ramp(12, 30)}`;
    const causes = combine(drawing, { heap: LEAK(4 * MIB), goroutine: LEAK(180) });
    expect(causes.map(({ kind }) => kind)).toEqual(['goroutine', 'heap']);
  });

  it('finds nothing to say while no lane is called', () => {
    expect(combine(`heap\nmain.main > orders/store.Put | 512 | ${ramp(12, 9)}`, {})).toEqual([]);
  });
});
