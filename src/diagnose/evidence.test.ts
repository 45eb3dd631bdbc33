import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import type { Evidence } from '../model/finding.ts';
import { drawAssessment } from '../testing/drawn-assessment.ts';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import { findCauses } from './combine.ts';
import { findLane } from './unexplained.ts';
import { collectEvidence, collectRuledOut } from './evidence.ts';
import { readProfiles } from './profile-evidence.ts';

type Shown = Readonly<Record<string, Evidence['outcome']>>;

/** Outcome by question for one lane that leaks, with these profiles. */
function ask(lane: 'heap' | 'goroutine' | 'fd' | 'thread' | 'native', drawing: string, grown = 20 * MIB) {
  const assessment = drawAssessment(2 * HOUR_MILLIS, {
    [lane]: { verdict: 'leak', perHour: grown / 2, grown, level: 250 },
  });
  const profiles = readProfiles(drawSnapshots(drawing), null, 0, true);
  const [cause] = findCauses({ assessment, calls: new Map([[lane, 'confirmed' as const]]), profiles });
  const evidence = collectEvidence(cause, findLane(assessment, lane), profiles);
  return {
    evidence,
    cause,
    assessment,
    outcome: Object.fromEntries(evidence.map((e) => [e.question, e.outcome])) as Shown,
  };
}

const SITE = 'heap\nmain.main > orders/store.Put';
const GROUP = 'goroutines\norders/hub.run > runtime.chanrecv > runtime.gopark';

describe('every entry of evidence', () => {
  it.each(['heap', 'goroutine', 'fd', 'thread', 'native'] as const)(
    'for a %s leak has its statistic, threshold and window in numbers',
    (lane) => {
      const { evidence } = ask(lane, `${SITE} | 512 | ${ramp(12, 3)}\n${GROUP} | ${ramp(12, 9)}`, 200);
      expect(evidence.length).toBeGreaterThan(0);
      for (const { numbers } of evidence) {
        expect(Object.keys(numbers)).toEqual(expect.arrayContaining(['from', 'to', 'snapshots']));
        expect(
          Object.keys(numbers).some(
            (name) => /threshold|Threshold/.test(name) || name === 'smallestStackBytes',
          ),
        ).toBe(true);
        expect(numbers.to).toBeGreaterThan(numbers.from as number);
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
        creators: new Map([['orders/hub.run', { function: 'orders/hub.New', file: 'hub.go', line: 4 }]]),
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
    return { outcome, culprits: cause.culprits.map(({ role, function: name }) => `${role} ${name}`) };
  };

  it('is proof where it lists them and proves nothing where it does not', () => {
    expect(asked('orders/hub.run > runtime.chanrecv > runtime.gopark').outcome).toBe('supports');
    expect(asked('orders/other.run > runtime.chanrecv > runtime.gopark').outcome).toBe('open');
  });

  it('names the creator where a dump gave it', () => {
    expect(asked('orders/hub.run').culprits).toEqual(['blocks orders/hub.run', 'creates orders/hub.New']);
  });
});

describe('collectRuledOut', () => {
  it('rules out warm-up and buffers by their numbers, and not where the numbers do not', () => {
    const names = (drawing: string) => {
      const { cause, assessment } = ask('heap', drawing);
      return collectRuledOut(cause, assessment).map(({ explanation }) => explanation);
    };
    expect(names(`${SITE} | 512 | ${ramp(12, 3)}`)).toEqual(['buffers that come and go', 'warm-up']);
    expect(names(`${SITE} | 512 | 0 20 40 40 40 40 40 40 40 40 40 40`)).toEqual(['buffers that come and go']);
  });

  it('rules out GC pacing and allocator retention with the ledger', () => {
    const { cause, assessment } = ask('heap', `${SITE} | 512 | ${ramp(12, 3)}`);
    const ledger = {
      atMillis: assessment.atMillis,
      rssBytes: 100 * MIB,
      liveBytes: 40 * MIB,
      garbageBytes: 40 * MIB,
      stackBytes: MIB,
      runtimeBytes: MIB,
      fragmentationBytes: 2 * MIB,
      idleBytes: 3 * MIB,
      nativeBytes: 0,
      fileBackedBytes: MIB,
      residualBytes: 0,
    };
    const why = Object.fromEntries(
      collectRuledOut(cause, { ...assessment, ledger }).map((r) => [r.explanation, r.why]),
    );
    expect(why['GC pacing']).toContain('40 MiB');
    expect(why['allocator retention']).toContain('5 MiB');
  });
});
