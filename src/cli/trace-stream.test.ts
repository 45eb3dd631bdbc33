import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/seeded-random.ts';
import { TraceStream } from './trace-stream.ts';

const gc = (n: number) =>
  `gc ${n} @${n}.250s 0%: 0.15+1.3+0.002 ms clock, 0.31+0/0.21/0+0.004 ms cpu, 9->9->3 MB, 20 MB goal, 2 P`;

function run(chunks: readonly Buffer[], withTrace = false) {
  const passed: Buffer[] = [];
  const stream = new TraceStream({
    passOn: (bytes) => passed.push(bytes),
    isLive: true,
    now: null,
    withTrace,
  });
  for (const chunk of chunks) stream.write(chunk);
  const beforeEnd = Buffer.concat(passed);
  stream.end();
  return { passed: Buffer.concat(passed), beforeEnd, cycles: stream.trace.lines.cycles };
}

describe('TraceStream', () => {
  const bytes = Buffer.from(
    `héllo 日本\n${gc(1)}\n\u0000\r\n\n${gc(2)}\r\n{"log":"x\n${gc(3).slice(0, 17)}cut\n${gc(3).slice(17)}\nlast`,
  );
  const rest = Buffer.from('héllo 日本\n\u0000\r\n\n{"log":"x\ncut\nlast');

  it('passes on all but the trace, byte by byte, however the bytes arrive', () => {
    const random = seededRandom(3);
    for (let round = 0; round < 200; round++) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length;) {
        const size = 1 + Math.floor(random() * (round === 0 ? 1 : 60));
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      const { passed, cycles } = run(chunks);
      expect(passed.toString('latin1')).toBe(rest.toString('latin1'));
      expect(cycles).toBe(3);
    }
  });

  it('keeps bytes that are no text', () => {
    const noise = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(run([noise, Buffer.from('\n'), noise]).passed).toEqual(
      Buffer.concat([noise, Buffer.from('\n'), noise]),
    );
  });

  it('passes on the trace as well where that is asked for', () => {
    expect(run([bytes], true).passed).toEqual(bytes);
    expect(run([bytes], true).cycles).toBe(3);
  });

  it('shows a prompt before its line ends, and only once', () => {
    const { passed, beforeEnd } = run([Buffer.from('password: '), Buffer.from('ok\n> ')]);
    expect(beforeEnd.toString()).toBe('password: ok\n> ');
    expect(passed.toString()).toBe('password: ok\n> ');
  });

  it('passes lines on that have no end, without keeping them', () => {
    const huge = Buffer.alloc(1 << 20, 'x');
    const { passed, cycles } = run([huge, huge, Buffer.from(`\n${gc(1)}\nbye`)]);
    expect(cycles).toBe(1);
    expect(passed.length).toBe(2 * huge.length + 4);
    expect(passed.subarray(-4).toString()).toBe('\nbye');
  });

  it('keeps the line feeds of a log that breaks off behind a cut line', () => {
    const brokenOff = Buffer.from(`${gc(3).slice(0, 17)}said\nand\n${gc(3).slice(17, 60)}`);
    expect(run([brokenOff]).passed.toString()).toBe(brokenOff.toString());
    expect(run([brokenOff, Buffer.from('\n')]).passed.toString()).toBe(`${brokenOff.toString()}\n`);
  });

  it('gives a cut line back when nothing follows', () => {
    const cut = `${gc(1).slice(0, 30)}\n`;
    expect(run([Buffer.from(cut)])).toMatchObject({ beforeEnd: Buffer.alloc(0), passed: Buffer.from(cut) });
  });
});
