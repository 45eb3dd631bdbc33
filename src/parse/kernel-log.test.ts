import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mutate } from '../testing/mutate.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { KernelLogReader, MAX_KERNEL_LINE, type KernelLine, type KernelLogContext } from './kernel-log.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'kernel-log');
const CONTEXT: KernelLogContext = { nowMillis: Date.UTC(2026, 0, 10), eastMinutes: 0, bootAtMillis: null };

function read(bytes: Uint8Array | string, context: Partial<KernelLogContext> = {}): KernelLine[] {
  const reader = new KernelLogReader({ ...CONTEXT, ...context });
  const data = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  return [...reader.push(data), ...reader.end()];
}
/** The one line of a text, its time as ISO text. */
function open(text: string, context: Partial<KernelLogContext> = {}) {
  const [line] = read(text, context);
  const at = line?.atMillis ?? null;
  return [at === null ? null : new Date(at).toISOString(), line?.bootSeconds ?? null, line?.text];
}

describe('KernelLogReader', () => {
  it.each([
    ['Nov 20 10:00:00 node-7 kernel: text', 'node-7'],
    ['Nov 20 10:00:00 node-7 kernel: [   12.345678] text', 'node-7'],
    ['2025-11-20T10:00:00+0000 node-7.example kernel: text', 'node-7.example'],
    ['Nov 20 10:00:00 node-7 systemd[1]: text', 'node-7'],
    ['[   12.345678] node-7 kernel: text', 'node-7'],
    ['<4>1 2025-11-20T10:00:00Z node-7 kernel - - - text', 'node-7'],
    ['{"_HOSTNAME":"node-7","MESSAGE":"text","_TRANSPORT":"kernel"}', 'node-7'],
    ['Nov 20 10:00:00 kernel: text', null],
    ['[   12.345678] text', null],
  ])('tells the machine of %s', (line, host) => {
    expect(read(line).map((one) => one.host)).toEqual([host]);
  });

  it('counts the times of dmesg --reltime on from the minute that it told last', () => {
    const log = '[  +0.1] lost\n[Nov20 10:00] a\n[  +0.500000] b\n[  +2.250000] c\n[Nov20 10:01] d\n';
    expect(
      read(log).map(({ atMillis }) => atMillis && new Date(atMillis).toISOString().slice(14, 23)),
    ).toEqual([null, '00:00.000', '00:00.500', '00:02.750', '01:00.000']);
  });

  it.each([
    ['[   12.345678] text here', [null, 12.345678, 'text here']],
    ['[   12.345678][ T1234] text here', [null, 12.345678, 'text here']],
    ['<4>[   12.345678] text here', [null, 12.345678, 'text here']],
    ['kern  :err   : [   12.345678] text here', [null, 12.345678, 'text here']],
    ['[Thu Nov 20 23:59:58 2025] text here', ['2025-11-20T23:59:58.000Z', null, 'text here']],
    ['[月  1月 26 01:49:41 2026] text here', ['2026-01-26T01:49:41.000Z', null, 'text here']],
    ['[Mo Mär  2 01:49:41 2026] text here', [null, null, 'text here']],
    ['[Nov20 10:00] text here', ['2025-11-20T10:00:00.000Z', null, 'text here']],
    [
      '<4>1 2025-11-20T10:00:00.25Z node-7 kernel - - - [   12.345678] text here',
      ['2025-11-20T10:00:00.250Z', 12.345678, 'text here'],
    ],
    [
      '<4>1 2025-11-20T10:00:00+02:00 node-7 kernel - ID1 [a@1 b="c\\] d"][e@2] \ufefftext here',
      ['2025-11-20T08:00:00.000Z', null, 'text here'],
    ],
    ['[  +0.000012] text here', [null, null, 'text here']],
    ['2025-11-20T10:00:00,250000+02:00 text here', ['2025-11-20T08:00:00.250Z', null, 'text here']],
    ['2025-11-20T10:00:00+0000 node-7 kernel: text here', ['2025-11-20T10:00:00.000Z', null, 'text here']],
    ['Nov 20 10:00:00 node-7 kernel: text here', ['2025-11-20T10:00:00.000Z', null, 'text here']],
    ['Nov 20 10:00:00 kernel: text here', ['2025-11-20T10:00:00.000Z', null, 'text here']],
    [
      'Nov 20 10:00:00 node-7 kernel: [   12.345678] text here',
      ['2025-11-20T10:00:00.000Z', 12.345678, 'text here'],
    ],
    ['[   12.345678] node-7 kernel: text here', [null, 12.345678, 'text here']],
    ['1763632800.500000 node-7 kernel: text here', ['2025-11-20T10:00:00.500Z', null, 'text here']],
    [
      '2025-11-20T10:00:00.127Z In(05) vcpu-5 - Guest: <6>[12.345678] text here',
      ['2025-11-20T10:00:00.127Z', 12.345678, 'text here'],
    ],
    ['6,339,12345678,-;text here', [null, 12.345678, 'text here']],
    ['6,339,12345678,-,caller=T1;text here', [null, 12.345678, 'text here']],
    ['text here', [null, null, 'text here']],
    ['[   1234]     0  1234   180000', [null, null, '[   1234]     0  1234   180000']],
  ])('opens %s', (text, expected) => {
    expect(open(text)).toEqual(expected);
  });

  it('gives syslog the last year in which its time was not in the future', () => {
    expect(open('Jan  9 10:00:00 n kernel: x')[0]).toBe('2026-01-09T10:00:00.000Z');
    expect(open('Jan 12 10:00:00 n kernel: x')[0]).toBe('2025-01-12T10:00:00.000Z');
    expect(open('Feb 29 10:00:00 n kernel: x', { nowMillis: Date.UTC(2024, 2, 5) })[0]).toBe(
      '2024-02-29T10:00:00.000Z',
    );
  });

  it('takes the zone of the log off where the text has none', () => {
    expect(open('[Thu Nov 20 01:00:00 2025] x', { eastMinutes: 120 })[0]).toBe('2025-11-19T23:00:00.000Z');
    expect(open('2025-11-20T01:00:00+00:00 x', { eastMinutes: 120 })[0]).toBe('2025-11-20T01:00:00.000Z');
  });

  it('makes times of seconds since boot where the boot is known', () => {
    expect(open('[   60.000000] x', { bootAtMillis: Date.UTC(2026, 0, 1) })[0]).toBe(
      '2026-01-01T00:01:00.000Z',
    );
  });

  it('passes fields of a kmsg record over, and splits a record of several lines', () => {
    const lines = read(
      '6,1,1000000,-;first\\x0asecond\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP\n6,2,2000000,-;third\n',
    );
    expect(lines.map(({ text, bootSeconds }) => [text, bootSeconds])).toEqual([
      ['first', 1],
      ['second', 1],
      ['third', 2],
    ]);
  });

  it('reads the journal as JSON, its kernel messages alone, and bytes that are no text', () => {
    const entry = (fields: object) => `${JSON.stringify(fields)}\n`;
    const lines = read(
      entry({ MESSAGE: 'Killed', _TRANSPORT: 'kernel', __REALTIME_TIMESTAMP: '1763632800500000' }) +
        entry({ MESSAGE: 'Killed process 1 (x)', _TRANSPORT: 'stdout' }) +
        '\u001e' +
        entry({ MESSAGE: [72, 105, 255], _TRANSPORT: 'kernel', _SOURCE_MONOTONIC_TIMESTAMP: '2500000' }) +
        entry({ MESSAGE: null, _TRANSPORT: 'kernel' }) +
        '{"MESSAGE":"cut sho\n',
    );
    expect(lines).toEqual([
      { text: 'Killed', atMillis: 1763632800500, bootSeconds: null, host: null },
      { text: 'Hi\ufffd', atMillis: null, bootSeconds: 2.5, host: null },
    ]);
  });

  it('reads the export format of the journal, binary fields too, wherever it is cut into pieces', () => {
    const message = 'first\nsecond';
    const size = new Uint8Array(8);
    size[0] = message.length;
    const text = new TextEncoder();
    const bytes = Uint8Array.from([
      ...text.encode('__CURSOR=s=1\n__REALTIME_TIMESTAMP=1763632800000000\n_TRANSPORT=kernel\nMESSAGE\n'),
      ...size,
      ...text.encode(`${message}\n_BOOT_ID=abc\n\n`),
      ...text.encode('__REALTIME_TIMESTAMP=1763632801000000\n_TRANSPORT=kernel\nMESSAGE=third\n\n'),
    ]);
    const expected = ['first', 'second', 'third'];
    expect(read(bytes).map((line) => line.text)).toEqual(expected);
    for (let at = 0; at <= bytes.length; at++) {
      const reader = new KernelLogReader(CONTEXT);
      const lines = [...reader.push(bytes.slice(0, at)), ...reader.push(bytes.slice(at)), ...reader.end()];
      expect(lines.map((line) => line.text)).toEqual(expected);
    }
  });

  it('gives a journal entry without its empty line at the end', () => {
    expect(read('__REALTIME_TIMESTAMP=1\n_TRANSPORT=kernel\nMESSAGE=last').map((l) => l.text)).toEqual([
      'last',
    ]);
  });

  it('keeps the beginning of a line of megabytes, and goes on behind it', () => {
    const lines = read(`${'x'.repeat(3_000_000)}\nnext\n`);
    expect(lines.map(({ text }) => text.length)).toEqual([MAX_KERNEL_LINE, 4]);
  });

  it('tells one kill the same in every form that this machine wrote it', () => {
    const names = readdirSync(FIXTURES).filter((name) => name.startsWith('linux-') && !name.endsWith('json'));
    expect(names.length).toBeGreaterThanOrEqual(6);
    const texts = names.map((name) =>
      read(readFileSync(join(FIXTURES, name))).map(({ text }) => text.trim()),
    );
    const [first] = texts;
    for (const text of texts) expect(text).toEqual(first);
    expect(first?.at(-1)).toMatch(/^Memory cgroup out of memory: Killed process \d+ \(node\)/);
  });

  it.each<[string, (line: string, i: number) => string]>([
    [
      "Docker's JSON",
      (line, i) =>
        JSON.stringify({ log: `${line}\n`, stream: 'stdout', time: `2026-01-01T00:00:0${i % 10}.5Z` }),
    ],
    ['CRI', (line, i) => `2026-01-01T00:00:0${i % 10}.500000000Z stderr F ${line}`],
  ])('reads every form of a line in the envelope of %s as it reads it without', (_, wrap) => {
    const names = readdirSync(FIXTURES).filter((name) => !/export|README|\.mjs$/.test(name));
    expect(names.length).toBeGreaterThanOrEqual(6);
    for (const name of names.filter((one) => !/dmesg.*json/.test(one))) {
      const text = readFileSync(join(FIXTURES, name), 'utf8');
      const wrapped = text.replace(/\n$/, '').split('\n').map(wrap).join('\n');
      const [bare, opened] = [read(text), read(wrapped)];
      expect(opened.map((line) => line.text)).toEqual(bare.map((line) => line.text));
      expect(opened.map((line) => line.bootSeconds)).toEqual(bare.map((line) => line.bootSeconds));
    }
  });

  it('takes the time of an envelope where the line has none of its own', () => {
    expect(open('2026-01-01T00:00:00.5Z stderr F [123456.789012] text here')).toEqual([
      '2026-01-01T00:00:00.500Z',
      123456.789012,
      'text here',
    ]);
    expect(open('{"log":"Nov 20 10:00:00 n kernel: x\\n","time":"2026-01-01T00:00:00.5Z"}')).toEqual([
      '2025-11-20T10:00:00.000Z',
      null,
      'x',
    ]);
  });

  it('reads dmesg --json', () => {
    const name = readdirSync(FIXTURES).find((file) => file.endsWith('json')) ?? '';
    const lines = read(readFileSync(join(FIXTURES, name)));
    expect(lines[0]?.text).toMatch(/^node invoked oom-killer/);
    expect(lines[0]?.bootSeconds).toBeGreaterThan(0);
    expect(lines.at(-1)?.text).toMatch(/^Memory cgroup out of memory: Killed process/);
  });

  it('throws at nothing, whatever is damaged', () => {
    const random = seededRandom(11);
    for (const name of readdirSync(FIXTURES)) {
      const whole = readFileSync(join(FIXTURES, name));
      for (let round = 0; round < 60; round++) read(mutate(whole, random));
    }
  });
});
