import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { GcTraceReader, type GcTraceCounts, type TracedCycle } from './gctrace-reader.ts';
import type { ScavengerLine } from './gctrace-scavenger.ts';

const FIXTURES = join(import.meta.dirname, '../../test/fixtures/gctrace');

interface ReadTrace {
  readonly cycles: TracedCycle[];
  readonly scavenger: ScavengerLine[];
  /** What passes through, as text. */
  readonly other: string;
  readonly counts: GcTraceCounts;
}

function readTrace(text: string, arrivedMillis: number | null = null): ReadTrace {
  const cycles: TracedCycle[] = [];
  const scavenger: ScavengerLine[] = [];
  let other = '';
  const reader = new GcTraceReader({
    cycle: (traced) => cycles.push(traced),
    scavenger: (line) => scavenger.push(line),
    other: (said, endsLine) => (other += said + (endsLine ? '\n' : '')),
  });
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) reader.push(line, arrivedMillis);
  reader.flush();
  return { cycles, scavenger, other, counts: reader.counts };
}

/** A trace line of Go 1.26, number `n`. */
const gc = (n: number, live = n) =>
  `gc ${n} @${n}.250s 0%: 0.15+1.3+0.002 ms clock, 0.31+0/0.21/0+0.004 ms cpu, 9->9->${live} MB, 20 MB goal, 0 MB stacks, 0 MB globals, 2 P`;

const numbers = ({ cycles }: ReadTrace) => cycles.map(({ cycle }) => cycle.number);

describe('GcTraceReader on what real runtimes wrote', () => {
  const traces = readdirSync(FIXTURES).filter((name) => name.endsWith('.log'));

  it.each(traces)('reads every collection of %s once, and passes on what the program said', (name) => {
    const text = readFileSync(join(FIXTURES, name), 'latin1');
    const read = readTrace(text);
    const collections = text.match(/gc \d+ @/g) ?? [];
    expect(collections.length).toBeGreaterThan(5);
    expect(numbers(read)).toEqual(collections.map((_, i) => i + 1));
    expect(read.counts.damaged).toBe(0);
    expect(read.other.replace(/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d (?:round|kept) \d+\n/g, '')).toBe('');
  });

  it('reads what the scavenger gives back, as Go 1.15, 1.18 and 1.26 say it', () => {
    for (const version of ['go1.15.15', 'go1.18.10', 'go1.26.8']) {
      const { scavenger } = readTrace(readFileSync(join(FIXTURES, `${version}-scavtrace.log`), 'latin1'));
      expect(scavenger.length, version).toBeGreaterThan(5);
      for (const { releasedBytes } of scavenger) expect(releasedBytes, version).toBeGreaterThan(0);
    }
  });

  it('reads the scavenger of Go up to 1.13', () => {
    const { scavenger, other } = readTrace(
      'scvg0: 1 MB released\nscvg0: inuse: 5, idle: 50, sys: 56, released: 48, consumed: 7 (MB)\n',
    );
    expect(scavenger).toEqual([
      { releasedBytes: null, workBytes: MIB, heapSysBytes: null },
      { releasedBytes: 48 * MIB, workBytes: null, heapSysBytes: 56 * MIB },
    ]);
    expect(other).toBe('');
  });
});

describe('GcTraceReader between other output', () => {
  it('passes unknown lines on unchanged, with carriage returns and bytes that are no text', () => {
    const said = 'hello\r\n\u0000\u00ff\u00fe\n\ngc is fine\n{"log":7}\ngc1(1): 5+6 us, 0 -> 0 MB\n';
    expect(readTrace(`${said}${gc(1)}\r\n${said}`).other).toBe(said + said);
  });

  it('mends a line that a message of the program cut, at any piece of it', () => {
    const line = gc(7, 3);
    const message = '2026/01/02 03:04:05 listening';
    const cuts: number[] = [];
    for (const piece of line.matchAll(/[\d.]+|[^\d.]+/g)) if (piece.index > 5) cuts.push(piece.index);
    expect(cuts.length).toBeGreaterThan(25);
    for (const at of cuts) {
      const read = readTrace(`${line.slice(0, at)}${message}\n${line.slice(at)}\nbye\n`);
      expect(read.cycles[0]?.cycle, line.slice(0, at)).toMatchObject({ number: 7, liveBytes: 3 * MIB });
      expect(read.other, line.slice(0, at)).toBe(`${message}\nbye\n`);
      expect(read.counts).toMatchObject({ cycles: 1, mended: 1, damaged: 0 });
    }
  });

  it('mends a line that several messages cut', () => {
    const read = readTrace(`${gc(1).slice(0, 17)}one\ntwo\nthree\n${gc(1).slice(17)}\n${gc(2)}\n`);
    expect(numbers(read)).toEqual([1, 2]);
    expect(read.other).toBe('one\ntwo\nthree\n');
  });

  it('gives a cut line back when its rest never comes', () => {
    const half = gc(1).slice(0, 40);
    const read = readTrace(`${half}\n${gc(2)}\n${half}\n`);
    expect(numbers(read)).toEqual([2]);
    expect(read.other).toBe(`${half}\n${half}\n`);
    expect(read.counts.damaged).toBe(2);
  });

  it('does not guess where digits of a message and of the line cannot be told apart', () => {
    const cut = gc(1).indexOf(' MB goal');
    for (const message of ['12.5 requests', '12 requests', '12', '1:2']) {
      const read = readTrace(`${gc(1).slice(0, cut)}${message}\n${gc(1).slice(cut)}\n`);
      expect(read.cycles, message).toEqual([]);
      expect(read.counts.damaged, message).toBe(1);
    }
  });

  it('reads a line behind a message without an end, and passes the message on', () => {
    const read = readTrace(`progress 10%${gc(1)}\n${gc(2)}${gc(3)}\n${gc(4)}done\n\nbye\n`);
    expect(numbers(read)).toEqual([1, 2, 3, 4]);
    expect(read.cycles[0]?.isGlued).toBe(true);
    expect(read.other).toBe(`progress 10%${gc(1)}\ndone\nbye\n`);
  });

  it('survives megabyte lines, line feeds alone and half an envelope', () => {
    const huge = 'x'.repeat(2 ** 20);
    const read = readTrace(`${huge}${gc(1)}\n\n\n{"log":"gc 1 @\n${gc(2)}\n`);
    expect(numbers(read)).toEqual([1, 2]);
    expect(read.other).toBe(`${huge}${gc(1)}\n\n\n{"log":"gc 1 @\n`);
  });

  it('loses no line of the program and invents no collection, whatever is cut, glued and mixed', () => {
    const random = seededRandom(11);
    const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)];
    const pieces = [
      '\n',
      '\r\n',
      'hello\n',
      '2026/01/02 03:04:05 x\n',
      '{"log":"',
      '\u0000',
      ' ms cpu, ',
      '7',
    ];
    for (let round = 0; round < 2000; round++) {
      let text = '';
      for (let n = 0; n < 12; n++) {
        const line = gc(1 + Math.floor(random() * 3));
        // The runtime writes whole pieces: numbers, and what stands between them.
        const parts = line.match(/[\d.]+|[^\d.]+/g) ?? [];
        const from = random() < 0.7 ? 0 : Math.floor(random() * parts.length);
        const to = random() < 0.5 ? parts.length : Math.floor(random() * parts.length);
        text += random() < 0.5 ? pick(pieces) : `${parts.slice(from, to).join('')}${pick(pieces)}`;
      }
      const read = readTrace(text);
      expect(read.counts.cycles).toBeLessThanOrEqual(text.split('gc ').length - 1);
      expect(read.cycles.length).toBe(read.counts.cycles);
      for (const { cycle } of read.cycles) expect(cycle.liveBytes).toBeLessThan(2 ** 54);
      const count = (said: string) => said.split('hello').length;
      expect(count(read.other), JSON.stringify(text)).toBe(count(text));
    }
  });

  it('reads any prefix of a trace without a throw, and never more collections than are whole', () => {
    const text = `start\n${gc(1)}\nscav 1 KiB work (bg), 0 KiB work (eager), 3 KiB now, 4% util\n${gc(2)}\n`;
    for (let end = 0; end <= text.length; end++) {
      const whole = text.slice(0, end).split(' 2 P').length - 1;
      expect(readTrace(text.slice(0, end)).cycles.length).toBe(whole);
    }
  });
});

describe('GcTraceReader in containers', () => {
  const time = '2026-03-01T12:00:00.5Z';
  const atMillis = Date.parse(time);

  it.each([
    ['json-file', (line: string) => JSON.stringify({ log: `${line}\n`, stream: 'stderr', time })],
    ['CRI', (line: string) => `${time} stderr F ${line}`],
    ['--timestamps', (line: string) => `${time} ${line}`],
    ['a recording', (line: string) => `${atMillis} ${line}`],
  ])('reads lines and their times as %s writes them', (_, wrap) => {
    const read = readTrace([wrap(gc(1)), wrap('hello'), wrap(gc(2))].join('\n'), 5);
    expect(numbers(read)).toEqual([1, 2]);
    expect(read.cycles[0]).toMatchObject({ atMillis, origin: '', isGlued: false });
    expect(read.other).toBe(`${wrap('hello')}\n`);
  });

  it('tells processes of one log apart by what stands before their lines', () => {
    const read = readTrace(`web-1  | ${gc(1)}\ndb-1   | ${gc(1)}\nMar  1 12:00:00 host app[12]: ${gc(3)}\n`);
    expect(read.cycles.map(({ origin }) => origin)).toEqual(['web-1  |', 'db-1   |', 'host app[12]:']);
  });

  it('joins the parts of a line that a log driver split', () => {
    const [a, b] = [gc(1).slice(0, 30), gc(1).slice(30)];
    expect(numbers(readTrace(`${time} stderr P ${a}\n${time} stdout F hi\n${time} stderr F ${b}\n`))).toEqual(
      [1],
    );
    const docker = (log: string) => JSON.stringify({ log, stream: 'stderr', time });
    expect(numbers(readTrace(`${docker(a)}\n${docker(`${b}\n`)}\n`))).toEqual([1]);
  });

  it('mends a cut line inside of an envelope', () => {
    const wrap = (line: string) => `${time} stderr F ${line}`;
    const read = readTrace(`${wrap(`${gc(1).slice(0, 18)}hello`)}\n${wrap(gc(1).slice(18))}\n`);
    expect(numbers(read)).toEqual([1]);
    const shipped = readTrace(`${time} ${gc(1).slice(0, 18)}hello\n${time} ${gc(1).slice(18)}\n`);
    expect(numbers(shipped)).toEqual([1]);
  });
});
