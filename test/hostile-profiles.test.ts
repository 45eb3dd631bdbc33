// Files of a megabyte or less that stand for gigabytes: answered or refused within bounded memory, or killed after 30 s.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAIN, requireBuild } from './built-cli.ts';

requireBuild();

/** What no hostile file of a megabyte may take. */
const MAX_RSS_KIB = 512 * 1024;
/** Nor how long; the process is killed then, and has no status. */
const MAX_MILLIS = 30_000;
/** Says at the end how much memory the process had at most. */
const TELL_RSS = `data:text/javascript,process.on("exit",()=>process.stderr.write("\\nrss="+process.resourceUsage().maxRSS))`;
const MIB = 1024 * 1024;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-hostile-'));
});
afterAll(() => rm(folder, { recursive: true }));

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
const number = (field: number, value: number): Buffer =>
  Buffer.from([...varint(field << 3), ...varint(value)]);
const message = (field: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(body.length)]), body]);
};
const repeat = (piece: Buffer, bytes: number): Buffer =>
  Buffer.alloc(Math.floor(bytes / piece.length) * piece.length, piece);
const text = (value: string): Buffer => message(6, Buffer.from(value));

/** One sample type, space/bytes. */
const HEAD = Buffer.concat([message(1, number(1, 1), number(2, 2)), text(''), text('space'), text('bytes')]);
const FUNCTION = message(5, number(1, 1), number(2, 1));

/** @returns a stack of one location, and a value of 1. */
const sample = (location: number): Buffer => message(2, number(1, location), number(2, 1));

const HOSTILE: readonly (readonly [string, () => Buffer])[] = [
  ['a gzip bomb', () => Buffer.alloc(400 * MIB)],
  ['thirty million samples', () => Buffer.concat([HEAD, repeat(message(2, number(2, 1)), 127 * MIB)])],
  ['sixty million strings', () => Buffer.concat([HEAD, repeat(text(''), 127 * MIB)])],
  [
    'samples that share a location of a hundred thousand lines',
    () => {
      const location = message(4, number(1, 1), repeat(message(4, number(1, 1)), 4 * 100_000));
      return Buffer.concat([HEAD, FUNCTION, location, repeat(sample(1), 10 * MIB)]);
    },
  ],
  [
    'a name of a megabyte on every frame',
    () => {
      const location = message(4, number(1, 1), repeat(message(4, number(1, 1)), 4 * 1000));
      const named = message(5, number(1, 1), number(2, 3));
      return Buffer.concat([HEAD, text('x'.repeat(MIB)), named, location, repeat(sample(1), 8000)]);
    },
  ],
  ['stacks that part ways at the root', () => partingStacks(20_000)],
];

/** Samples with stacks of 700 frames of 120 functions that part ways at the root: their tree has a row for nearly every frame. */
function partingStacks(samples: number): Buffer {
  const functions = 120;
  const names = Array.from({ length: functions }, (_, row) => text(`f${row}`));
  const tables = Array.from({ length: functions }, (_, row) => [
    message(5, number(1, row + 1), number(2, row + 3)),
    message(4, number(1, row + 1), message(4, number(1, row + 1))),
  ]);
  const shared = Buffer.from(Array.from({ length: 697 }, (_, frame) => 1 + ((frame * 7) % functions)));
  const stacks = Array.from({ length: samples }, (_, row) => {
    const root = [row, Math.floor(row / functions), Math.floor(row / functions ** 2)];
    return message(
      2,
      message(1, shared, Buffer.from(root.map((name) => 1 + (name % functions)))),
      number(2, 1),
    );
  });
  return Buffer.concat([HEAD, ...names, ...tables.flat(), ...stacks]);
}

describe.each(HOSTILE)('%s', (_, build) => {
  it.each(['top', 'traces', 'flame'])(
    'is answered or refused by %s within 512 MiB and 30 s',
    async (report) => {
      const file = join(folder, 'hostile.pb.gz');
      await writeFile(file, gzipSync(build(), { level: 9 }));
      const { code, stderr } = await run(['profile', report, `-output=${join(folder, 'out')}`, file]);
      expect([0, 3], stderr.slice(0, 500)).toContain(code);
      expect(Number(/rss=(\d+)/.exec(stderr)?.[1]), stderr.slice(0, 500)).toBeLessThan(MAX_RSS_KIB);
      if (code === 3) expect(stderr).toMatch(/^plimsoll: (?:pprof|profile): .*hostile\.pb\.gz/);
    },
    60_000,
  );
});

/** Functions with names of a megabyte that all call each other. */
function longNames(): Buffer {
  const rows = Array.from({ length: 30 }, (_, row) => row + 1);
  return Buffer.concat([
    HEAD,
    ...rows.map((row) => text(`${row}/${'x'.repeat(MIB)}`)),
    ...rows.map((row) => message(5, number(1, row), number(2, row + 2))),
    ...rows.map((row) => message(4, number(1, row), message(4, number(1, row)))),
    ...rows.flatMap((row) =>
      rows.map((other) => message(2, number(1, row), number(1, other), number(2, row * other))),
    ),
  ]);
}

describe('names of a megabyte that stand in many lines', () => {
  it.each([['tree'], ['peek', '.'], ['svg']])(
    'take %s no more than 512 MiB',
    async (...words) => {
      const file = join(folder, 'long-names.pb.gz');
      await writeFile(file, gzipSync(longNames()));
      const { code, stderr } = await run(['profile', ...words, '-output=/dev/null', file]);
      expect(code, stderr.slice(0, 500)).toBe(words[0] === 'svg' ? 3 : 0);
      if (code === 3) expect(stderr).toMatch(/long-names\.pb\.gz.* more than 16 million characters/);
      expect(Number(/rss=(\d+)/.exec(stderr)?.[1])).toBeLessThan(MAX_RSS_KIB);
    },
    60_000,
  );
});

describe('two profiles of ten million samples each', () => {
  it.each(['', '-base=', '-diff_base='])(
    'are refused together within 512 MiB, with what they would take: %s',
    async (flag) => {
      const file = join(folder, 'many.pb.gz');
      const samples = repeat(message(2, number(2, 1)), 40 * MIB);
      await writeFile(file, gzipSync(Buffer.concat([HEAD, samples])));
      const { code, stderr } = await run(['profile', 'top', `${flag}${file}`, file]);
      expect(code, stderr.slice(0, 500)).toBe(3);
      expect(stderr).toMatch(/many\.pb\.gz.*its tables would take more than \d+ MiB/);
      expect(Number(/rss=(\d+)/.exec(stderr)?.[1])).toBeLessThan(MAX_RSS_KIB);
    },
    60_000,
  );
});

describe('stacks that part ways at the root', () => {
  it('are written as folded lines within 512 MiB and 30 s', async () => {
    const file = join(folder, 'parting.pb.gz');
    await writeFile(file, gzipSync(partingStacks(20_000)));
    const { code, stderr } = await run(['profile', 'folded', '-output=/dev/null', file]);
    expect(code, stderr.slice(0, 500)).toBe(0);
    expect(Number(/rss=(\d+)/.exec(stderr)?.[1])).toBeLessThan(MAX_RSS_KIB);
  }, 60_000);

  it('are refused as a call tree within 512 MiB and 30 s, with how many nodes there may be', async () => {
    const file = join(folder, 'parting.pb.gz');
    await writeFile(file, gzipSync(partingStacks(20_000)));
    const { code, stderr } = await run(['profile', 'dot', '-call_tree', '-output=/dev/null', file]);
    expect(code, stderr.slice(0, 500)).toBe(3);
    expect(stderr).toMatch(/parting\.pb\.gz.*-call_tree: its call tree has more than 1000000 nodes/);
    expect(Number(/rss=(\d+)/.exec(stderr)?.[1])).toBeLessThan(MAX_RSS_KIB);
  }, 60_000);
});

/** One stack through `functions` functions, in which every one calls every other; all edges weigh the same. */
function denseStack(functions: number): Buffer {
  const names = Array.from({ length: functions }, (_, row) => text(`f${row}`));
  const tables = Array.from({ length: functions }, (_, row) => [
    message(5, number(1, row + 1), number(2, row + 3)),
    message(4, number(1, row + 1), message(4, number(1, row + 1))),
  ]);
  const stack: Buffer[] = [];
  for (let from = 1; from <= functions; from++)
    for (let to = from + 1; to <= functions; to++) stack.push(number(1, from), number(1, to));
  return Buffer.concat([HEAD, ...names, ...tables.flat(), message(2, ...stack, number(2, 1))]);
}

describe('a graph in which every function calls every other', () => {
  it('is refused by svg within 30 s and 512 MiB, with its size and what to do', async () => {
    const file = join(folder, 'dense.pb.gz');
    await writeFile(file, gzipSync(denseStack(79)));
    const { code, stderr } = await run(['profile', 'svg', `-output=${join(folder, 'out')}`, file]);
    expect(code, stderr.slice(0, 500)).toBe(3);
    expect(stderr).toMatch(
      /^plimsoll: profile: .*dense\.pb\.gz: the graph has 79 nodes and \d{4} edges: .* -nodecount, .*flame.*\n/,
    );
    expect(Number(/rss=(\d+)/.exec(stderr)?.[1])).toBeLessThan(MAX_RSS_KIB);
  }, 60_000);

  it('is a picture as far as -nodecount leaves it small', async () => {
    const [file, out] = [join(folder, 'dense.pb.gz'), join(folder, 'small.svg')];
    await writeFile(file, gzipSync(denseStack(79)));
    const { code, stderr } = await run(['profile', 'svg', '-nodecount=6', `-output=${out}`, file]);
    expect(code, stderr.slice(0, 500)).toBe(0);
    expect((await readFile(out, 'utf8')).match(/class="node"/g)?.length).toBeGreaterThan(5);
  }, 60_000);
});

function run(args: readonly string[]): Promise<{ code: number | null; stderr: string }> {
  const env = { ...process.env, NODE_OPTIONS: `--import ${JSON.stringify(TELL_RSS)}` };
  const limits = { env, timeout: MAX_MILLIS, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], limits, (_error, _stdout, stderr) =>
      resolve({ code: child.exitCode, stderr }),
    );
  });
}
