import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import type { Evidence } from '../model/finding.ts';
import { drawAssessment } from '../testing/drawn-assessment.ts';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import { decodeGoroutineDump } from '../pprof/decode-goroutine-dump.ts';
import { reduceOrigins } from '../profile/goroutine-origins.ts';
import { drawDump } from '../testing/drawn-dump.ts';
import { findCauses } from './combine.ts';
import { findLane } from './unexplained.ts';
import { askDescriptors, askLenders, askNative, collectEvidence } from './evidence.ts';
import { askHeldHeap, findHeapOwner } from './held-by-count.ts';
import type { Lender } from './lenders.ts';
import { readProfiles } from './profile-evidence.ts';

type Shown = Readonly<Record<string, Evidence['outcome']>>;

/** Outcome by question for one lane that leaks, with these profiles. */
function ask(
  lane: 'heap' | 'goroutine' | 'fd' | 'thread' | 'native',
  drawing: string,
  grown = 20 * MIB,
  at = 2 * HOUR_MILLIS,
) {
  const assessment = drawAssessment(at, {
    [lane]: { verdict: 'leak', perHour: grown / 2, grown, level: 250 },
  });
  const profiles = readProfiles(drawSnapshots(drawing), null, 0, true);
  const [cause] = findCauses({ assessment, calls: new Map([[lane, 'confirmed' as const]]), profiles });
  const evidence = collectEvidence(cause, findLane(assessment, lane), profiles, assessment);
  return {
    evidence,
    cause,
    assessment,
    outcome: Object.fromEntries(evidence.map((e) => [e.question, e.outcome])) as Shown,
  };
}

const SITE = 'heap\nmain.main > orders/store.Put';
const GROUP = 'goroutines\norders/hub.run > runtime.chanrecv > runtime.gopark';

it('asks whether something bounds what grows, and the answer follows the profiles and the time watched', () => {
  const question = 'Are there signs of a bound?';
  const entries = `heap\nmain.main > orders/store.(*Table).Put | 512 | ${ramp(12, 3)}`;
  const sweeper = `${entries}\ngoroutines\norders/store.(*Table).sweep > runtime.selectgo | ${'1 '.repeat(12)}`;
  expect(ask('heap', entries).outcome[question]).toBe('supports');
  expect(ask('heap', sweeper).outcome[question]).toBe('contradicts');
  expect(ask('heap', sweeper, 20 * MIB, 4 * HOUR_MILLIS).outcome[question]).toBe('open');
});

it('asks what the sources say of a bound, and the answer follows how well they fit', () => {
  const { cause, assessment } = ask(
    'heap',
    `heap\nmain.main > orders/store.(*Table).Put | 512 | ${ramp(12, 3)}`,
  );
  const profiles = readProfiles(drawSnapshots(`${SITE} | 512 | ${ramp(12, 3)}`), null, 0, true);
  const outcome = (confidence: number | null, bound: string | null = null) => {
    const said = confidence === null ? null : { confidence, pattern: null, holders: [], fix: null, bound };
    const heap = cause.heap === null ? null : { ...cause.heap, said };
    const evidence = collectEvidence({ ...cause, heap }, null, profiles, assessment);
    return evidence.find(({ question }) => question.startsWith('Do the sources'))?.outcome;
  };
  expect([0.8, 0.35, null].map((confidence) => outcome(confidence))).toEqual(['supports', 'open', undefined]);
  expect([0.8, 0.1].map((confidence) => outcome(confidence, 'LRU.l'))).toEqual(['supports', 'contradicts']);
});

describe('every entry of evidence', () => {
  it.each(['heap', 'goroutine', 'fd', 'thread', 'native'] as const)(
    'for a %s leak has its statistic, threshold and window in numbers',
    (lane) => {
      const { evidence } = ask(lane, `${SITE} | 512 | ${ramp(12, 3)}\n${GROUP} | ${ramp(12, 9)}`, 200);
      expect(evidence.length).toBeGreaterThan(0);
      for (const { question, numbers } of evidence) {
        const { statistic, threshold, fromMillis, toMillis, snapshots } = numbers;
        expect(statistic === null || Number.isFinite(statistic), question).toBe(true);
        expect([threshold, fromMillis, toMillis, snapshots], question).toEqual(
          Array(4).fill(expect.any(Number)),
        );
        expect(toMillis).toBeGreaterThan(fromMillis as number);
      }
    },
  );
});

describe('an outcome flips with the data', () => {
  const which = 'Which code allocates what stays?';
  it.each([
    [which, 'supports', `${SITE} | 512 | ${ramp(12, 3)}`],
    [which, 'open', `${SITE} | 512 | 0 0 0 0 1 1 1 1 2 2 2 2`],
    ['Does the growth last, or does it come and go?', 'supports', `${SITE} | 512 | ${ramp(12, 3)}`],
    [
      'Does the growth last, or does it come and go?',
      'contradicts',
      `${SITE} | 512 | 0 20 40 40 40 40 40 40 40 40 40 40`,
    ],
    ['Does the growth last, or does it come and go?', 'open', `${SITE} | 512 | 0 20`],
    ['How much of what is allocated there stays?', 'supports', `${SITE} | 512 | ${ramp(12, 3)}`],
    [
      'How much of what is allocated there stays?',
      'open',
      `${SITE} | 512 | ${ramp(12, 3)} | ${ramp(12, 60)}`,
    ],
    ['Do these sites account for the growth of the live heap?', 'supports', `${SITE} | 512 | ${ramp(12, 4)}`],
    [
      'Do these sites account for the growth of the live heap?',
      'contradicts',
      `${SITE} | 512 | 0 0 0 1 1 1 2 2 2 3 3 3`,
    ],
  ])('%s: %s', (question, outcome, drawing) => {
    expect(ask('heap', drawing).outcome[question]).toBe(outcome);
  });

  it.each([
    ['Which goroutines come and never go?', 'supports', `${GROUP} | ${ramp(12, 9)}`],
    ['Which goroutines come and never go?', 'open', `${GROUP} | 0 1 2 3 4 5 6 7 8 9 11 13`],
    ['What do these goroutines keep alive?', 'open', `${GROUP} | ${ramp(12, 9)}`],
    [
      'What do these goroutines keep alive?',
      'supports',
      `heap\norders/hub.run > strings.Repeat | 8192 | ${ramp(12, 3)}\n${GROUP} | ${ramp(12, 9)}`,
    ],
  ])('%s: %s', (question, outcome, drawing) => {
    expect(ask('goroutine', drawing, 120).outcome[question]).toBe(outcome);
  });

  it.each([
    [
      'supports',
      `goroutines\nnet/http.(*persistConn).readLoop > runtime.selectgo > runtime.gopark | ${ramp(12, 20)}`,
    ],
    ['open', `${SITE} | 512 | 1 1 1 1`],
  ])('What comes with each descriptor?: %s', (outcome, drawing) => {
    expect(ask('fd', drawing, 200).outcome['What comes with each descriptor?']).toBe(outcome);
  });

  it.each([
    ['supports', `${GROUP} | ${ramp(12, 18)}`],
    ['open', `${GROUP} | ${ramp(12, 3)}`],
  ])('What comes with each thread?: %s', (outcome, drawing) => {
    expect(ask('thread', drawing, 200).outcome['What comes with each thread?']).toBe(outcome);
  });
});

describe('the statistic', () => {
  const SUPPORTED: readonly (readonly ['heap' | 'goroutine' | 'fd' | 'thread', string])[] = [
    ['heap', `${SITE} | 512 | ${ramp(12, 4)}`],
    ['goroutine', `heap\norders/hub.run > strings.Repeat | 8192 | ${ramp(12, 3)}\n${GROUP} | ${ramp(12, 9)}`],
    [
      'fd',
      `goroutines\nnet/http.(*persistConn).readLoop > runtime.selectgo > runtime.gopark | ${ramp(12, 20)}`,
    ],
    ['thread', `${GROUP} | ${ramp(12, 18)}`],
  ];

  it.each(SUPPORTED)('of what supports a %s leak is at its threshold or above', (lane, drawing) => {
    const grown = lane === 'heap' ? undefined : 200;
    const supports = ask(lane, drawing, grown).evidence.filter(({ outcome }) => outcome === 'supports');
    expect(supports.length).toBeGreaterThan(0);
    for (const { question, numbers } of supports) {
      expect(Number(numbers.statistic), question).toBeGreaterThanOrEqual(Number(numbers.threshold));
    }
  });

  it('of connections is what their sites hold, where no goroutine comes with them', () => {
    const { evidence } = ask('fd', `${SITE} | 512 | 1 1 1 1`, 200);
    const asked = evidence.find(({ question }) => question === 'What comes with each descriptor?');
    expect(asked?.numbers).toMatchObject({ threshold: 0.5 });
    const cause = { ...ask('heap', `${SITE} | 512 | ${ramp(12, 4)}`).cause, kind: 'fd' as const };
    const held = askDescriptors(
      cause,
      null,
      readProfiles(drawSnapshots(`${SITE} | 512 | ${ramp(12, 4)}`), null, 0, true),
    );
    expect(held).toMatchObject({ outcome: 'supports', numbers: { threshold: 0, unit: 'bytes' } });
    expect(Number(held.numbers.statistic)).toBeGreaterThan(0);
  });
});

describe('where no profile was taken', () => {
  it.each(['goroutine', 'fd', 'thread'] as const)(
    'what came with each of a %s leak is not known, never 0, and the window is that of the gauges',
    (lane) => {
      const { evidence, assessment } = ask(lane, '', 200);
      const asked = evidence.filter(({ question }) => !question.startsWith('Does'));
      expect(asked.length).toBeGreaterThan(0);
      for (const { question, numbers, outcome } of asked) {
        expect(outcome, question).toBe('open');
        const { statistic, goroutinesEach = null, grownGoroutines = null, fromMillis, toMillis } = numbers;
        expect([statistic, goroutinesEach, grownGoroutines], question).toEqual([null, null, null]);
        expect([fromMillis, toMillis], question).toEqual([
          assessment.incarnationStartMillis,
          assessment.atMillis,
        ]);
      }
    },
  );

  it('what goroutines hold of the heap has the window of the gauges that say so', () => {
    const held = findHeapOwner(
      drawAssessment(2 * HOUR_MILLIS, {
        goroutine: { verdict: 'leak', perHour: 100, grown: 200, level: 250 },
        heap: { verdict: 'leak', perHour: MIB, grown: 2 * MIB, level: 64 * MIB },
      }),
      null,
      () => true,
    );
    const numbers = held === null ? null : askHeldHeap(held).numbers;
    expect(numbers).toMatchObject({ fromMillis: 0, toMillis: 2 * HOUR_MILLIS });
  });
});

describe('callers', () => {
  const profiles = readProfiles(drawSnapshots(`${SITE} | 512 | ${ramp(12, 3)}`), null, 0, true);
  const lender = (samples: number, share: number): Lender => ({
    frame: { function: 'stock.Level', file: 'stock.go', line: 4 },
    path: [],
    share: { value: share, low: share, high: share },
    samples,
    objectsEach: { value: 1, low: 0.5, high: 2 },
    sites: [],
  });

  it.each([
    [6, 0.9, 'supports'],
    [3, 0.9, 'open'],
    [6, 0.4, 'open'],
  ] as const)('of a library with %s samples and a share of %s: %s', (samples, share, outcome) => {
    const asked = askLenders([lender(samples, share)], profiles);
    expect(asked).toMatchObject({ outcome, numbers: { statistic: samples, threshold: 4, share } });
  });

  it.each([
    [0, 'open'],
    [2, 'supports'],
  ] as const)('of C, of which %s were seen: %s', (callers, outcome) => {
    const { cause } = ask('heap', `${SITE} | 512 | ${ramp(12, 3)}`);
    const culprits = Array.from({ length: callers }, () => cause.culprits[0]);
    const asked = askNative({ ...cause, kind: 'native', culprits }, profiles);
    expect(asked).toMatchObject({ outcome, numbers: { statistic: callers, callersSeen: callers } });
  });
});

describe('a goroutineleak profile', () => {
  const asked = (dead: string) => {
    const drawn = drawSnapshots(`${GROUP} | ${ramp(12, 9)}`);
    const leaked = drawSnapshots(`goroutines\n${dead} | 30`);
    const rows = leaked.goroutines[0];
    const stack = Int32Array.from(rows.stack, (row) =>
      drawn.stacks.intern(leaked.stacks.frames(row as (typeof rows.stack)[number])),
    ) as typeof rows.stack;
    const assessment = drawAssessment(2 * HOUR_MILLIS, { goroutine: { verdict: 'leak', perHour: 60 } });
    const profiles = readProfiles(
      {
        ...drawn,
        leakedGoroutines: [{ ...rows, stack }],
      },
      null,
      0,
      true,
    );
    const [cause] = findCauses({
      assessment,
      calls: new Map([['goroutine', 'confirmed' as const]]),
      profiles,
    });
    const outcome = collectEvidence(cause, null, profiles).find((e) =>
      e.question.startsWith('Has the collector'),
    )?.outcome;
    return outcome;
  };

  it('is proof where it lists them and proves nothing where it does not', () => {
    expect(asked('orders/hub.run > runtime.chanrecv > runtime.gopark')).toBe('supports');
    expect(asked('orders/other.run > runtime.chanrecv > runtime.gopark')).toBe('open');
  });
});

describe('a dump of all goroutines', () => {
  const LIB = 'example.com/log.(*Log).run@/go/pkg/mod/example.com/log@v1.0.0/log.go:9';
  const asked = (group: string, dump: string | null) => {
    const drawn = drawSnapshots(`goroutines\n${group} > runtime.chanrecv > runtime.gopark | ${ramp(12, 9)}`);
    const assessment = drawAssessment(2 * HOUR_MILLIS, { goroutine: { verdict: 'leak', perHour: 60 } });
    const origins =
      dump === null ? null : reduceOrigins(decodeGoroutineDump(drawDump(dump)), drawn.stacks, 0);
    const profiles = readProfiles({ ...drawn, origins }, 'orders', 0, true);
    const [cause] = findCauses({
      assessment,
      calls: new Map([['goroutine', 'confirmed' as const]]),
      profiles,
    });
    const starter = collectEvidence(cause, null, profiles).find((e) =>
      e.question.startsWith('Which code of'),
    );
    return {
      culprits: cause.culprits.map(
        ({ role, function: name, file, line }) => `${role} ${name} ${file}:${line}`,
      ),
      outcome: starter?.outcome ?? null,
      numbers: starter?.numbers ?? {},
    };
  };

  it('names the function of the service that started goroutines of a library, behind where they wait', () => {
    const told = asked(
      LIB,
      `30 | chan receive, 7 minutes | ${LIB} | orders/export.Open@/src/export/open.go:14`,
    );
    expect(told.culprits).toEqual([
      'blocks example.com/log.(*Log).run /go/pkg/mod/example.com/log@v1.0.0/log.go:9',
      'creates orders/export.Open export/open.go:14',
    ]);
    expect(told.outcome).toBe('supports');
    expect(told.numbers).toMatchObject({
      share: 1,
      goroutines: 30,
      longestMinutes: 7,
      waits: 'chan receive',
      createdAt: 'export/open.go:14',
    });
  });

  it('leaves open whose code it is where a library starts its own, or nobody starts most of them', () => {
    const own = `30 | select | ${LIB} | example.com/log.New@/go/pkg/mod/example.com/log@v1.0.0/log.go:4`;
    expect(asked(LIB, own)).toMatchObject({ outcome: 'open', numbers: { share: 0 } });
    const three = ['a', 'b', 'c'].map(
      (name) => `9 | select | ${LIB} | orders/${name}.Open@/src/${name}.go:1`,
    );
    expect(asked(LIB, three.join('\n')).outcome).toBeNull();
    expect(asked(LIB, null).outcome).toBeNull();
  });

  it('tells groups of one function apart by where they wait', () => {
    const run = 'example.com/log.(*Log).run@/go/pkg/mod/example.com/log@v1.0.0/log.go:';
    const dump = `
      90 | select | ${run}77 | orders/main.Start@/src/main/start.go:2
      30 | select | ${run}9 | orders/export.Open@/src/export/open.go:14`;
    expect(asked(LIB, dump).culprits[1]).toContain('creates orders/export.Open');
    expect(asked(`${run}55`, dump).culprits[1]).toContain('creates orders/main.Start');
  });

  it('puts the code of the service first where what waits is the standard library, and leaves plumbing out', () => {
    const copy = 'io.Copy@/usr/lib/go/src/io/io.go:388';
    expect(
      asked(copy, `30 | IO wait | ${copy} | orders/proxy.Pipe@/src/proxy/pipe.go:8`).culprits[0],
    ).toContain('creates orders/proxy.Pipe');
    const after = `30 | select | ${LIB} | time.goFunc@/usr/lib/go/src/time/sleep.go:215`;
    expect(asked(LIB, after).culprits).toHaveLength(1);
  });
});
