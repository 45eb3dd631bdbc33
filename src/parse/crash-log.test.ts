import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeGoroutineDump } from '../pprof/decode-goroutine-dump.ts';
import { GoroutineGrouper } from '../profile/goroutine-groups.ts';
import { mutate } from '../testing/mutate.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { ByteLines, MAX_LINE } from './byte-lines.ts';
import { CrashLogReader, type Crash } from './crash-log.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'crash');
const LOGS = readdirSync(FIXTURES).filter((name) => name.endsWith('.log'));
const fixture = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');
const TODAY = fixture('go1.26.8-out-of-memory.log');

function read(text: string | Uint8Array): readonly Crash[] {
  const lines = new ByteLines();
  const reader = new CrashLogReader();
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  for (const line of [...lines.push(bytes), ...lines.end()]) reader.line(line);
  return reader.finish();
}
/** `5 chan receive main.wait` of every group that is the program's own. */
function groups(crash: Crash | undefined): string[] {
  if (crash === undefined) return ['no crash'];
  const grouper = new GoroutineGrouper();
  grouper.addDump(decodeGoroutineDump(new TextEncoder().encode(crash.dump)));
  return grouper
    .finish()
    .filter(({ waitsIn }) => waitsIn.function.startsWith('main.'))
    .map(({ count, reason, waitsIn }) => `${count} ${reason} ${waitsIn.function}`)
    .sort();
}
const WAITERS = '5 chan receive main.wait';
/** Each line as a log driver or shipper writes it. */
const ENVELOPES: Readonly<Record<string, (line: string, i: number) => string>> = {
  'docker json-file': (line) =>
    JSON.stringify({ log: `${line}\n`, stream: 'stderr', time: '2026-01-01T00:00:00.123456789Z' }),
  'Kubernetes (CRI)': (line, i) => `2026-01-01T00:00:00.12345678${i % 10}Z stderr F ${line}`,
  journald: (line, i) => `Jan 01 00:00:0${i % 10} node-7 orders[4312]: ${line}`.trimEnd(),
  'docker compose': (line) => `orders-1  | ${line}`,
  'kubectl --timestamps': (line, i) => `2026-01-01T00:00:00.${i}Z ${line}`,
  'kubectl --prefix': (line) => `[pod/orders-7d9f/orders] ${line}`,
};

describe('CrashLogReader', () => {
  it('knows a whole dump from one that ends within a stack', () => {
    for (const name of LOGS) expect([name, read(fixture(name))[0]?.isWhole]).toEqual([name, true]);
    const stack = TODAY.lastIndexOf('\ngoroutine ');
    const [head, call, place] = TODAY.slice(stack + 1)
      .split('\n')
      .map((line) => line.length + 1);
    const ends = [head - 4, head, head + 8, head + call, head + call + 6].map((end) => stack + 1 + end);
    for (const end of ends)
      expect([TODAY.slice(end - 20, end), read(TODAY.slice(0, end))[0]?.isWhole]).toEqual([
        TODAY.slice(end - 20, end),
        false,
      ]);
    expect(read(TODAY.slice(0, stack + 1 + head + call + place))[0]?.isWhole).toBe(true);
  });

  it.each(LOGS)('reads what a real program wrote: %s', (name) => {
    const [crash, ...more] = read(fixture(name));
    expect(more).toEqual([]);
    expect(crash?.kind).toBe(name.includes('sigquit') ? 'signal' : 'out-of-memory');
    expect(crash?.headline).toBe(name.includes('sigquit') ? 'SIGQUIT: quit' : 'fatal error: out of memory');
    expect(groups(crash)).toContain(WAITERS);
    if (crash?.kind === 'out-of-memory') {
      expect(crash.wantedBytes).toBe(4 << 20);
      expect(crash.inUseBytes).toBeGreaterThan(100 << 20);
    }
  });

  it.each(Object.keys(ENVELOPES))('takes off what %s puts around the lines', (name) => {
    const wrap = ENVELOPES[name] ?? ((line: string) => line);
    const wrapped = TODAY.trimEnd().split('\n').map(wrap).join('\n');
    const [crash, ...more] = read(`${wrapped}\n`);
    expect(more).toEqual([]);
    expect(groups(crash)).toEqual(groups(read(TODAY)[0]));
    expect(crash).toMatchObject({ kind: 'out-of-memory', headline: 'fatal error: out of memory' });
  });

  it('tells when and whose, where the log does', () => {
    const wrapped = TODAY.split('\n').map((line) => `2026-01-01T00:00:00Z orders-1 | ${line}`);
    expect(read(wrapped.join('\n'))[0]).toMatchObject({
      atMillis: Date.UTC(2026, 0, 1),
      origin: 'orders-1 |',
    });
  });

  it('finds a crash behind megabytes of other lines, and several of them', () => {
    const noise = '{"level":"info","msg":"served","ms":3}\n'.repeat(20_000);
    const log = `${noise}${TODAY}${noise}${fixture('go1.15.15-sigquit.log')}${noise}`;
    expect(read(log).map(({ kind }) => kind)).toEqual(['out-of-memory', 'signal']);
  });

  it('drops lines of other threads and processes in between', () => {
    const disturbed = TODAY.split('\n')
      .flatMap((line, i) => (i % 4 === 2 ? [line, `10:00:00 INFO served request ${i}`] : [line]))
      .join('\n');
    expect(groups(read(disturbed)[0])).toEqual(groups(read(TODAY)[0]));
    const other = TODAY.split('\n').flatMap((line, i) => [
      `orders-1 | ${line}`,
      `stock-1  | 10:00:00 listening ${i}`,
    ]);
    expect(groups(read(other.join('\n'))[0])).toContain(WAITERS);
  });

  it('takes no message that quotes a crash for one', () => {
    expect(read('2026/01/01 the child said fatal error: out of memory\n')).toEqual([]);
    expect(read('fatal error: out of memory\n')).toEqual([]);
    expect(read('panic: runtime error\nno goroutine follows\n')).toEqual([]);
  });

  it('counts no goroutine more where the log is cut anywhere', () => {
    const total = Number(WAITERS.split(' ')[0]);
    for (let end = 0; end < TODAY.length; end += 7) {
      const [crash] = read(TODAY.slice(0, end));
      if (crash === undefined || !/\]:\n/.test(crash.dump)) continue;
      const [waiting] = groups(crash).filter((group) => group.endsWith('main.wait'));
      expect(Number(waiting?.split(' ')[0] ?? 0)).toBeLessThanOrEqual(total);
    }
  });

  it('throws at nothing, whatever is damaged', () => {
    const random = seededRandom(17);
    for (const name of LOGS) {
      const whole = readFileSync(join(FIXTURES, name));
      for (let round = 0; round < 80; round++) read(mutate(whole, random));
    }
  });

  it('reads a line of megabytes once', () => {
    const long = `main.f(${'a.('.repeat(2_000_000)})`;
    expect(read(`${long}\n${TODAY}${long}\n`)).toHaveLength(1);
  });
});

describe('ByteLines', () => {
  it('gives the same lines however the bytes are cut', () => {
    const bytes = new TextEncoder().encode('a\r\nbö\n\nlast');
    for (let at = 0; at <= bytes.length; at++) {
      const lines = new ByteLines();
      const all = [...lines.push(bytes.slice(0, at)), ...lines.push(bytes.slice(at)), ...lines.end()];
      expect(all).toEqual(['a', 'bö', '', 'last']);
    }
  });

  it('cuts a line that is too long', () => {
    const lines = new ByteLines();
    const all = [
      ...lines.push(new Uint8Array(MAX_LINE * 3).fill(65)),
      ...lines.push(Uint8Array.of(10, 66, 10)),
    ];
    expect(all.map(({ length }) => length)).toEqual([MAX_LINE, 1]);
  });
});
