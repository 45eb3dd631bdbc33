// Every report against the installed `go tool pprof`, on the same files, letter by letter where pprof's own output does
// not vary. Ours runs without a `go` on its PATH.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeProfile } from '../src/pprof/encode-proto.ts';
import { ProfileBuilder } from '../src/pprof/profile-builder.ts';
import { NO_ROW, type Profile, type ProfileHeader } from '../src/pprof/tables.ts';
import { fixtureNames, fixturePath } from '../src/testing/fixture-profiles.ts';
import { LEGACY_PROFILES } from '../src/testing/legacy-profiles.ts';
import { requireBuild, runCli } from './built-cli.ts';

requireBuild();

const PPROF = findPprof();
const NO_PPROF = PPROF === null ? 'no go (https://go.dev/dl)' : false;

function findPprof(): string | null {
  try {
    execFileSync('go', ['tool', 'pprof', '-h'], { stdio: 'pipe' });
  } catch (error) {
    // Its usage exits with 2; a missing go does not start at all.
    if ((error as { status?: number | null }).status !== 2) return null;
  }
  try {
    return execFileSync('go', ['tool', '-n', 'pprof'], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-parity-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function askPprof(args: readonly string[]): Promise<string | null> {
  const env = { ...process.env, TZ: 'UTC', PPROF_TMPDIR: folder, PPROF_BINARY_PATH: join(folder, 'none') };
  try {
    const { stdout } = await promisify(execFile)(PPROF ?? 'pprof', [...args], {
      env,
      maxBuffer: 1 << 28,
    });
    return stdout;
  } catch {
    return null;
  }
}

/** What does not matter: blanks in runs and at ends, empty lines. */
function squeeze(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').trim())
    .filter((line) => line !== '');
}

interface Case {
  readonly report: string;
  readonly symbol?: string;
  readonly flags?: readonly string[];
}

/** Lines of graphs come in no order in pprof; so do rows of one file name and value, with their running sums. */
function settle({ report, flags = [] }: Case, lines: string[]): string[] {
  if (report === 'dot') return shape(lines);
  if (!flags.includes('-files')) return lines;
  return lines.map((line) => line.replace(/^(\S+ \S+%) \S+% /, '$1 ')).sort();
}

const CASES: readonly Case[] = [
  ...['top', 'tree', 'traces', 'raw', 'tags', 'comments', 'dot'].map((report) => ({ report })),
  ...[
    '-cum',
    '-nodecount=5',
    '-trim=false',
    '-lines',
    '-files',
    '-filefunctions',
    '-noinlines',
    '-unit=auto',
  ].map((flag) => ({ report: 'top', flags: [flag] })),
  { report: 'top', flags: ['-addresses', '-nodefraction=0x1p-4', '-nodecount=1_0'] },
  { report: 'text', flags: ['-cum'] },
  { report: 'top', flags: ['-divide_by=3', '-drop_negative'] },
  { report: 'tree', flags: ['-lines', '-nodecount=20'] },
  { report: 'tree', flags: ['-edgefraction=0.1', '-cum'] },
  { report: 'peek', symbol: '.' },
  { report: 'peek', symbol: 'no_such_function' },
  { report: 'top', flags: ['-focus=main\\.'] },
  { report: 'top', flags: ['-ignore=(?i)RUNTIME'] },
  { report: 'tree', flags: ['-hide=^net/http'] },
  { report: 'traces', flags: ['-show_from=main\\.'] },
  { report: 'traces', flags: ['-tagfocus=:4kb'] },
  { report: 'traces', flags: ['-tagfocus==:4kb'] },
  { report: 'raw', flags: ['-tagroot=bytes', '-tagleaf=other,bytes'] },
  { report: 'top', flags: ['-tagignore=1kb:'] },
  { report: 'traces', flags: ['-tagroot=bytes'] },
  { report: 'tree', flags: ['-tagleaf=bytes'] },
  { report: 'top', flags: ['-focus=('] },
  { report: 'top', flags: ['-lines', '-files'] },
  { report: 'dot', flags: ['-nodecount=12', '-nodefraction=0.02'] },
  { report: 'dot', flags: ['-call_tree', '-nodecount=0'] },
  { report: 'top', flags: ['-sample_index=0', '-mean'] },
];

describe.skipIf(NO_PPROF)(`parity with go tool pprof${NO_PPROF ? `: skipped, ${NO_PPROF}` : ''}`, () => {
  const compare = async (each: Case, files: readonly string[]) => {
    const { report, symbol, flags = [] } = each;
    const asked = symbol === undefined ? `-${report}` : `-${report}=${symbol}`;
    const theirs = await askPprof([asked, '-symbolize=remote', ...flags, ...files]);
    const operands = symbol === undefined ? [] : [symbol];
    const ours = await runCli(['profile', report, ...operands, ...flags, ...files], {
      env: { PATH: '/nowhere', TZ: 'UTC' },
    });
    if (theirs === null) return expect(ours.status).not.toBe(0);
    expect(ours.stderr + String(ours.status)).toMatch(/0$/);
    expect(settle(each, squeeze(ours.stdout))).toEqual(settle(each, squeeze(theirs)));
  };

  describe.concurrent.each(fixtureNames('.pb.gz'))('%s', (name) => {
    it.each(
      CASES.map((each) => [[each.report, each.symbol, ...(each.flags ?? [])].join(' '), each] as const),
    )('%s', (_, each) => compare(each, [fixturePath(name)]));

    it('the protobuf that is written reads back as the same profile', async () => {
      const file = join(folder, `${name}.written`);
      await runCli(['profile', 'proto', `-output=${file}`, fixturePath(name)]);
      expect(await askPprof(['-raw', '-symbolize=none', file])).toBe(
        await askPprof(['-raw', '-symbolize=none', fixturePath(name)]),
      );
    });
  });

  it.each(
    [...LEGACY_PROFILES].flatMap(([name, bytes]) =>
      (['raw', 'traces', 'top'] as const).map((report) => [name, report, bytes] as const),
    ),
  )('%s: %s', async (name, report, bytes) => {
    const file = join(folder, name.replaceAll(' ', '-'));
    await writeFile(file, bytes);
    await compare({ report, flags: report === 'top' ? ['-addresses'] : [] }, [file]);
  });

  it.each([
    ['heap_v2 with a memory map', 'growth'],
    ['heap of Go', 'heap with a map that has to be mended'],
    ['threadz', 'threadz'],
    ['contentionz of C++', 'mutex of Go'],
    ['contentionz of Java', 'contentionz of C++'],
    ['heapz of Java', 'heapz of Java with a name twice'],
    ['heapz of Java', 'growth'],
    // The first two are taken for the binary of the other: Go reads them as Windows objects.
    ['CPU, 32 bits, little-endian', 'CPU of Java'],
    ['CPU, 64 bits, little-endian', 'CPU, 64 bits, big-endian'],
    ['CPU of Java', 'CPU, 32 bits, big-endian'],
  ])('%s and %s together', async (...names) => {
    const files = await Promise.all(
      names.map(async (name, at) => {
        const file = join(folder, `${at}-${name.replaceAll(' ', '-')}`);
        await writeFile(file, LEGACY_PROFILES.get(name) ?? '');
        return file;
      }),
    );
    await compare({ report: 'raw' }, files);
    await compare({ report: 'raw', flags: [`-diff_base=${files[1]}`] }, files.slice(0, 1));
  });

  const [before, after] = [fixturePath('heap.before.pb.gz'), fixturePath('heap.pb.gz')];
  it.each([
    ['-base', { report: 'top', flags: [`-base=${before}`] }],
    ['-diff_base', { report: 'tree', flags: [`-diff_base=${before}`] }],
    ['-normalize', { report: 'top', flags: [`-base=${before}`, '-normalize', '-cum'] }],
    ['labels of a base', { report: 'traces', flags: [`-diff_base=${before}`] }],
    ['of several -base the last', { report: 'top', flags: [`-base=${after}`, `-base=${before}`] }],
    [
      'of several -diff_base the last',
      { report: 'top', flags: [`-diff_base=${after}`, `-diff_base=${before}`] },
    ],
    ['no base after all', { report: 'top', flags: [`-base=${before}`, '-base='] }],
    ['a base of itself', { report: 'top', flags: [`-base=${after}`] }],
  ] as const)('%s', (_, each) => compare(each, [after]));

  it('several profiles are added up', () => compare({ report: 'top' }, [before, after, after]));
  it('what has no type in common is refused', () =>
    compare({ report: 'top' }, [after, fixturePath('cpu.pb.gz')]));
  it('one that is missing among several is a warning', () =>
    compare({ report: 'raw' }, [after, join(folder, 'missing')]));

  it.each(['top', 'tree', 'traces', 'raw', 'tags', 'comments', 'callgrind'])(
    '%s: names of any bytes, in any script, with tabs and line breaks, byte for byte',
    async (report) => {
      const [file, ours, theirs] = ['odd.pb', 'ours', 'theirs'].map((name) =>
        join(folder, `${report}-${name}`),
      );
      await writeFile(file, encodeProfile(oddNames()));
      await askPprof([`-${report}`, '-symbolize=remote', `-output=${theirs}`, file]);
      await runCli(['profile', report, `-output=${ours}`, file], { env: { TZ: 'UTC' } });
      expect(await readFile(ours, 'latin1')).toBe(await readFile(theirs, 'latin1'));
    },
  );

  it.each(
    ['top', 'tree', 'dot', 'callgrind'].flatMap((report) =>
      ['-lines', '-addresses', '-functions'].map((flag) => [report, flag] as const),
    ),
  )('%s %s: lines of functions without name and file stay apart', async (report, flag) => {
    const file = join(folder, 'nameless.pb');
    await writeFile(file, encodeProfile(namelessLines()));
    await compare({ report, flags: [flag] }, [file]);
  });

  it.each([
    ['heap.pb.gz', 'main\\.|store'],
    ['cpu.pb.gz', '^main'],
    ['goroutine.pb.gz', 'main'],
  ])('list shows the source of %s line by line as pprof does', async (name, symbol) => {
    const source = fixturePath('src');
    const flags = ['-trim_path=example.com/harbour', `-source_path=${source}`];
    const file = fixturePath(name);
    const theirs = await askPprof([`-list=${symbol}`, '-symbolize=remote', ...flags, file]);
    // Without Go: neither its PATH nor its sources.
    const env = { PATH: '/nowhere', GOROOT: '/nowhere', TZ: 'UTC' };
    const ours = await runCli(['profile', 'list', symbol, ...flags, file], { env });
    expect(theirs).toContain('ROUTINE');
    expect(theirs).toContain('func ');
    expect(ours.stdout.split('\n')).toEqual(theirs?.split('\n'));
  });

  it.each([0, 12, 18, 100])(
    'list of a function that begins on line %s, with values on line 12 of a file that is not there',
    async (startLine) => {
      const builder = new ProfileBuilder();
      builder.addSampleType(builder.string('cpu'), builder.string('ns'));
      const name = builder.string('main.made');
      const file = builder.string('/nowhere/made.go');
      const made = builder.internFunction({ name, systemName: name, file, startLine });
      const lines = [{ function: made, line: 12, column: 0 }];
      const location = builder.internLocation({ mapping: NO_ROW, address: 0, lines, isFolded: false });
      builder.addSample(builder.internStack([location]), [10n], []);
      const path = join(folder, `begins-${startLine}.pb`);
      await writeFile(path, encodeProfile(builder.finish()));
      const theirs = await askPprof(['-list=made', '-symbolize=remote', path]);
      const ours = await runCli(['profile', 'list', 'made', path], { env: { TZ: 'UTC' } });
      expect(theirs).toContain('ROUTINE');
      expect(ours.stdout.split('\n')).toEqual(theirs?.split('\n'));
    },
  );
});

/** Escaped bytes (src/base/utf8.ts) are bytes that are no UTF-8. */
function oddNames(): Profile {
  const builder = new ProfileBuilder();
  const row = (text: string) => builder.string(text);
  builder.addSampleType(row('n'), row('count'));
  builder.addSampleType(row('v'), row('😀s'));
  builder.setHeader({ comment: Int32Array.of(row('comment \udcee')) as ProfileHeader['comment'] });
  const place = (name: string, address: number) => {
    const fn = builder.internFunction({
      name: row(name),
      systemName: row(name),
      file: row('/s/\udc80.go'),
      startLine: 0,
    });
    return builder.internLocation({
      mapping: NO_ROW,
      address,
      lines: [{ function: fn, line: 3, column: 0 }],
      isFolded: false,
    });
  };
  const text = (key: string, value: string) => ({ key: row(key), text: row(value) });
  const stack = (...names: string[]) => builder.internStack(names.map((name, at) => place(name, at + 1)));
  builder.addSample(
    stack('main.\udcff\udcc3odd', 'naïve😀', 'עברית.func1'),
    [1n, 100n],
    [text('k😀 emoji', 'v1'), text('tab', 'a\tb\tc'), { key: row('bytes'), number: 64n, unit: row('bytes') }],
  );
  builder.addSample(
    stack('zz\udcff'),
    [2n, 50n],
    [text('k😀 emoji', '\udcfe\udc80'), text('long key', 'p\tq')],
  );
  builder.addSample(
    stack('zz\ue000'),
    [2n, 50n],
    [
      text('\udcfe', 'line\nbreak'),
      text('tab', 'long\tlonger\tlongest'),
      { key: row('size😀'), number: 7n, unit: row('😀😀') },
    ],
  );
  builder.addSample(
    stack('zz😀'),
    [2n, 50n],
    [text('tab', '\tb'), text('feed', 'a\fb'), text('feed', 'a\vb\vcc')],
  );
  return builder.finish();
}

/** A function without name and file on lines 43 and 45, and a location without lines. */
function namelessLines(): Profile {
  const builder = new ProfileBuilder();
  const empty = builder.string('');
  builder.addSampleType(builder.string('cpu'), builder.string('ns'));
  const fn = builder.internFunction({ name: empty, systemName: empty, file: empty, startLine: 0 });
  const addSample = (lines: readonly number[], value: bigint): void => {
    const location = builder.internLocation({
      mapping: NO_ROW,
      address: 0,
      lines: lines.map((line) => ({ function: fn, line, column: 0 })),
      isFolded: false,
    });
    builder.addSample(builder.internStack([location]), [value], []);
  };
  addSample([43], 10n);
  addSample([], 5n);
  addSample([45], 7n);
  return builder.finish();
}

/** Lines of a graph without the numbers that pprof gives nodes by chance. */
function shape(lines: string[]): string[] {
  const names = new Map<string, string>();
  for (const line of lines) {
    const node = /^(N\d+) \[label="(.*?)" id=.* tooltip="(.*?)" color/.exec(line);
    if (node) names.set(node[1], node[3]);
  }
  return lines
    .map((line) =>
      line
        .replace(/\bN\d+(?=[ _])/g, (id) => names.get(id) ?? id)
        .replace(/id="[^"]*"/, '')
        .replace(/N?N\d+_/g, '_'),
    )
    .sort();
}
