import { describe, expect, it } from 'vitest';
import { MIB } from '../base/units.ts';
import { readFixture } from '../testing/fixture-profiles.ts';
import { decodeGoroutineDump } from './decode-goroutine-dump.ts';
import {
  GOROUTINE_ELIDED,
  GOROUTINE_LEAKED,
  GOROUTINE_LOCKED_TO_THREAD,
  type GoroutineDump,
} from './goroutine-dump.ts';

function decode(text: string): GoroutineDump {
  return decodeGoroutineDump(new TextEncoder().encode(text));
}

/** One goroutine a line: `id reason minutes flags {labels} leaf < caller, by creator (id)`. */
function render(dump: GoroutineDump): string {
  const { goroutines, stacks, frames, strings } = dump;
  const frame = (row: number): string =>
    `${strings.get(frames.function[row])}@${strings.get(frames.file[row])}:${frames.line[row]}`;
  const lines: string[] = [];
  for (let row = 0; row < goroutines.length; row++) {
    const stack = goroutines.stack[row];
    const path = Array.from(
      stacks.frame.subarray(stacks.frameStart[stack], stacks.frameStart[stack + 1]),
      frame,
    );
    const flags = goroutines.flags[row];
    const marks = [
      flags & GOROUTINE_LEAKED ? ' leaked' : '',
      flags & GOROUTINE_LOCKED_TO_THREAD ? ' locked' : '',
      flags & GOROUTINE_ELIDED ? ' elided' : '',
    ].join('');
    const labels: string[] = [];
    for (let at = goroutines.labelStart[row]; at < goroutines.labelStart[row + 1]; at++)
      labels.push(`${strings.get(dump.labelKey[at])}=${strings.get(dump.labelValue[at])}`);
    const creator = goroutines.createdBy[row] < 0 ? 'nobody' : frame(goroutines.createdBy[row]);
    lines.push(
      `${goroutines.id[row]} ${strings.get(goroutines.waitReason[row])}, ${goroutines.waitMinutes[row]} min${marks}` +
        ` {${labels.join(' ')}} ${path.join(' < ')} by ${creator} (${goroutines.creatorId[row]})`,
    );
  }
  return lines.join('\n') + (dump.isTruncated ? '\ntruncated' : '');
}

const BODY = 'main.f(0x1, {0x2?, 0x3})\n\t/src/a b.go:11 +0x1e\n';
const BLOCK = 'main.f@/src/a b.go:11 by nobody (-1)';

describe('decodeGoroutineDump', () => {
  it('reads creators with and without a goroutine number', () => {
    const text =
      `goroutine 7 [chan send]:\n${BODY}created by main.g in goroutine 12\n\t/src/a.go:5 +0x6\n\n` +
      `goroutine 8 [chan send]:\n${BODY}created by main.(*T[...]).g\n\t/src/a.go:5 +0x6\n\n` +
      `goroutine 1 [running]:\n${BODY}`;
    expect(render(decode(text))).toBe(
      [
        '7 chan send, 0 min {} main.f@/src/a b.go:11 by main.g@/src/a.go:5 (12)',
        '8 chan send, 0 min {} main.f@/src/a b.go:11 by main.(*T[...]).g@/src/a.go:5 (-1)',
        `1 running, 0 min {} ${BLOCK}`,
      ].join('\n'),
    );
  });

  it.each([
    ['[chan receive, 5 minutes]', 'chan receive, 5 min {}'],
    ['[chan receive (nil chan), 5 minutes, locked to thread]', 'chan receive (nil chan), 5 min locked {}'],
    ['[select (no cases) (leaked), 1190 minutes]', 'select (no cases), 1190 min leaked {}'],
    ['[IO wait (scan)]', 'IO wait, 0 min {}'],
    ['[chan send (durable), synctest bubble 3]', 'chan send, 0 min {}'],
    ['[running] {pattern: "GET /panic"}', 'running, 0 min {pattern=GET /panic}'],
    ['[select, 3 minutes labels:{"a": "x]y", "b c": "\\"z\\""}]', 'select, 3 min {a=x]y b c="z"}'],
  ])('reads the status %s', (status, expected) => {
    expect(render(decode(`goroutine 3 ${status}:\n${BODY}`))).toBe(`3 ${expected} ${BLOCK}`);
  });

  it('reads the header of a crash with its pointers', () => {
    const text = `panic: boom\n\ngoroutine 1 gp=0xc000002380 m=0 mp=0x5b6f40 [running]:\n${BODY}exit status 2\n`;
    expect(render(decode(text))).toBe(`1 running, 0 min {} ${BLOCK}`);
  });

  it('marks goroutines of which frames were left out, and passes over ancestors', () => {
    const text =
      `goroutine 3 [select]:\n${BODY}...23 frames elided...\n${BODY}` +
      `[originating from goroutine 1]:\nmain.other()\n\t/src/b.go:1\n\n` +
      `goroutine 4 [select]:\n${BODY}...additional frames elided...\n`;
    expect(render(decode(text))).toBe(
      [
        `3 select, 0 min elided {} main.f@/src/a b.go:11 < ${BLOCK}`,
        `4 select, 0 min elided {} ${BLOCK}`,
      ].join('\n'),
    );
  });

  it('takes a frame whose place is missing, and a goroutine without a stack', () => {
    const text =
      'goroutine 3 [running]:\n\tgoroutine running on other thread; stack unavailable\n\n' +
      'goroutine 4 [select]:\nmain.f()\nmain.g()\n\t/src/a.go:1\n';
    expect(render(decode(text))).toBe(
      [
        '3 running, 0 min {}  by nobody (-1)',
        '4 select, 0 min {} main.f@:0 < main.g@/src/a.go:1 by nobody (-1)',
      ].join('\n'),
    );
  });

  it('leaves out the goroutine in whose middle the text stops, and says so', () => {
    const whole = `goroutine 3 [select]:\n${BODY}\n`;
    for (const cut of [
      'goroutine 4 [sel',
      'goroutine 4 [select]:\nmain.f(',
      'goroutine 4 [select]:\nmain.f()\n',
    ])
      expect(render(decode(whole + cut))).toBe(`3 select, 0 min {} ${BLOCK}\ntruncated`);
  });

  it('reads a dump of 64 MiB, where the runtime stops in the middle of a line, and says that it is cut', () => {
    // net/http/pprof grows its buffer up to 64 MiB and gives what runtime.Stack could write.
    const limit = 64 * MIB;
    const block = (id: number) => `goroutine ${String(id).padStart(7, '0')} [chan receive]:\n${BODY}\n`;
    const size = block(0).length;
    const bytes = new Uint8Array(limit);
    const encoder = new TextEncoder();
    let whole = 0;
    for (let at = 0; at < limit; at += size) {
      const text = encoder.encode(block(whole));
      bytes.set(text.subarray(0, limit - at), at);
      if (at + size <= limit) whole++;
    }
    expect(limit % size).not.toBe(0);
    const dump = decodeGoroutineDump(bytes);
    expect([dump.goroutines.length, dump.stacks.length, dump.isTruncated]).toEqual([whole, 1, true]);
    const larger = decodeGoroutineDump(Buffer.concat([bytes, encoder.encode(`\n\n${block(whole)}`)]));
    expect([larger.goroutines.length, larger.isTruncated]).toEqual([whole + 2, false]);
  });

  it('refuses a text without any goroutine', () => {
    expect(() => decode('goroutine \nnothing\n')).toThrow(/no complete "goroutine N/);
  });

  it('reads what Go writes: one row a goroutine, every stack once', () => {
    const dump = decodeGoroutineDump(readFixture('goroutine.debug2.txt'));
    const waiting = Array.from(dump.goroutines.waitReason, (row) => dump.strings.get(row));
    expect(waiting.filter((reason) => reason === 'chan receive')).toHaveLength(40);
    expect([dump.goroutines.length, dump.stacks.length, dump.isTruncated]).toEqual([41, 2, false]);
  });
});
