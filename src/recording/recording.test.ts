import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack, type Header } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { toRecordedMillis, toVirtualMillis, type RawEvidence } from '../model/raw-evidence.ts';
import { readArchive } from './read-archive.ts';
import { openRecording, type Recording } from './read-recording.ts';
import { MANIFEST_LAG_MILLIS, RecordingWriter, type RecordingStart } from './write-recording.ts';

let folder = '';
let next = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'plimsoll-recording-'));
});
afterAll(() => rm(folder, { recursive: true }));
const freshPath = (suffix = '') => join(folder, `${next++}${suffix}`);

const MANIFEST = JSON.stringify({
  ...{ format: 'plimsoll-recording', version: 1, service: 'orders', instance: 'a:1' },
  ...{ startedAt: 1790000000000, endedAt: 1790000100000, timeScale: 60 },
});

/** A small recording as text: path -> content. Times are given in seconds after the start to keep them readable. */
const FILES: Readonly<Record<string, string>> = {
  'recording.json': MANIFEST,
  'scrapes/1790000002000.prom': 'go_goroutines 2\n',
  'scrapes/1790000001000.prom': 'go_goroutines 1\n',
  'vars/1790000001000.json': '{}',
  'proc/1790000001000.json': '{"fds":1}',
  'profiles/1790000001000.heap.pb.gz': 'not looked into',
  'profiles/1790000001000.goroutine.txt': 'goroutine profile: total 0\n',
  'profiles/1790000001000.unknown.pb.gz': 'ignored',
  'native/1790000001000.folded': 'main;malloc 100\n',
  'gctrace.log':
    'no time yet\n1789999999000 starting\n1790000001000 gc 1 @0.1s\n1790000003000 panic: x\n\tgoroutine 1\n\n1790000003000 end',
  'events.jsonl':
    '{"t":1790000001000,"kind":"deploy","version":"v2"}\nnot json\n{"kind":"start"}\n\n{"t":1790000000500,"kind":"start"}',
  'source/example.com/orders/main.go': 'package main\n',
  'notes.md': 'ignored',
};

type Entry = Partial<Header> & { name: string; content?: string };

async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of entries) {
    if (header.type === undefined || header.type === 'file') tar.entry(header, content ?? '');
    else tar.entry(header);
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar as unknown as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function writeArchive(entries: readonly Entry[], name = '.tar.gz'): Promise<string> {
  const path = freshPath(name);
  const tar = await tarOf(entries);
  await writeFile(path, name.endsWith('gz') ? gzipSync(tar) : tar);
  return path;
}

const entriesOf = (prefix = '', files = FILES): Entry[] =>
  Object.entries(files).map(([name, content]) => ({ name: prefix + name, content }));

async function writeDirectory(files: Readonly<Record<string, string>>): Promise<string> {
  const root = freshPath();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  return root;
}

/** `+3600s metrics go_goroutines 1`: virtual seconds after the start. */
async function render(recording: Recording): Promise<string[]> {
  const lines: string[] = [];
  for await (const evidence of recording.evidence()) {
    const kind = evidence.kind === 'profile' ? `${evidence.profile} ${evidence.form}` : evidence.kind;
    const seconds = (evidence.atMillis - recording.fromMillis) / 1000;
    lines.push(`${seconds}s ${kind} ${JSON.stringify(new TextDecoder().decode(evidence.bytes))}`);
  }
  return lines;
}

const RENDERED = [
  '-60s log-line "starting"',
  '30s event "{\\"t\\":1790000000500,\\"kind\\":\\"start\\"}"',
  '60s metrics "go_goroutines 1\\n"',
  '60s vars "{}"',
  '60s proc "{\\"fds\\":1}"',
  '60s goroutine text "goroutine profile: total 0\\n"',
  '60s heap proto "not looked into"',
  '60s log-line "gc 1 @0.1s"',
  '60s event "{\\"t\\":1790000001000,\\"kind\\":\\"deploy\\",\\"version\\":\\"v2\\"}"',
  '120s metrics "go_goroutines 2\\n"',
  '180s log-line "panic: x"',
  '180s log-line "\\tgoroutine 1"',
  '180s log-line ""',
  '180s log-line "end"',
];

async function errorOf(path: string): Promise<string> {
  try {
    const recording = await openRecording(path);
    await render(recording);
    return 'none';
  } catch (error) {
    return error instanceof PlimsollError ? `${error.code} ${error.message}` : `UNEXPECTED ${String(error)}`;
  }
}

describe('openRecording', () => {
  it.each([
    ['a directory', () => writeDirectory(FILES)],
    ['an archive with members at the root', () => writeArchive(entriesOf())],
    ['an archive with members under ./', () => writeArchive(entriesOf('./'))],
    ['an archive with members under one folder', () => writeArchive(entriesOf('orders-1/'))],
    ['an archive with members under ./folder', () => writeArchive(entriesOf('./orders-1/'))],
    ['an archive with the members in another order', () => writeArchive(entriesOf().reverse())],
    ['a .tgz', () => writeArchive(entriesOf(), '.tgz')],
    ['a plain .tar', () => writeArchive(entriesOf(), '.tar')],
  ])('reads the same from %s', async (_, write) => {
    const recording = await openRecording(await write());
    expect(await render(recording)).toEqual(RENDERED);
    expect(recording.evidenceCount).toBe(RENDERED.length);
    expect([recording.fromMillis, recording.toMillis]).toEqual([1790000000000, 1790006000000]);
    expect(recording.manifest.service).toBe('orders');
    expect(recording.nativeFileCount).toBe(1);
    expect(recording.events.map(({ atMillis, kind }) => `${atMillis} ${kind}`)).toEqual([
      '1790000030000 start',
      '1790000060000 deploy',
    ]);
    expect(recording.sourceFiles).toEqual(['example.com/orders/main.go']);
    const source = await recording.sourceFile('example.com/orders/main.go');
    expect(new TextDecoder().decode(source ?? undefined)).toBe('package main\n');
    expect(await recording.sourceFile('../recording.json')).toBeNull();
    expect(recording.warnings).toEqual([
      'events.jsonl line 2: not a JSON object with a number "t": left out',
      'events.jsonl line 3: not a JSON object with a number "t": left out',
      'gctrace.log: 1 lines before the first one with a time are left out',
    ]);
  });

  it('can be walked twice with the same result', async () => {
    const recording = await openRecording(await writeArchive(entriesOf()));
    expect(await render(recording)).toEqual(await render(recording));
  });

  /** Warnings, and what is left by time, of the scrapes, events and lines at these times. */
  async function readTimed(files: Readonly<Record<string, string>>) {
    const recording = await openRecording(await writeDirectory({ 'recording.json': MANIFEST, ...files }));
    const recordedMillis: number[] = [];
    for await (const { atMillis } of recording.evidence())
      recordedMillis.push(toRecordedMillis(recording.timeMap, atMillis));
    return { recordedMillis, recording, warnings: recording.warnings };
  }

  it('leaves out what lies far from all the rest, and names file, line and time', async () => {
    const { recordedMillis, recording, warnings } = await readTimed({
      'scrapes/1790000002000.prom': '',
      'scrapes/1821536000000.prom': '',
      'scrapes/3.prom': '',
      'gctrace.log': '1790000003000 gc 1\n1890000003000 gc 2',
      'events.jsonl':
        '{"t":1790000004000,"kind":"deploy"}\n\n{"t":1e99,"kind":"deploy"}\n{"t":-5,"kind":"x"}',
    });
    expect(recordedMillis).toEqual([1790000002000, 1790000003000, 1790000004000]);
    expect([recording.evidenceCount, recording.events.length]).toEqual([3, 1]);
    expect(warnings).toEqual([
      'events.jsonl line 4: its time -5 is more than a day before all the rest of the recording: left out',
      'scrapes/3.prom: its time 3 is more than a day before all the rest of the recording: left out',
      'scrapes/1821536000000.prom: its time 1821536000000 is more than a day after all the rest of the recording: left out',
      '2 more pieces of evidence with such a time are left out',
    ]);
  });

  it('reads what goes on for days after an endedAt that was never written again', async () => {
    const hours = [0, 20, 40, 60].map((hour) => 1790000000000 + hour * 3_600_000);
    const files = Object.fromEntries(hours.map((millis) => [`vars/${millis}.json`, '{}']));
    const { recordedMillis, warnings } = await readTimed(files);
    expect(recordedMillis).toEqual(hours);
    expect(warnings).toEqual([]);
  });

  it('reads all where no evidence lies between startedAt and endedAt, and says so', async () => {
    const { recordedMillis, warnings } = await readTimed({
      'vars/5.json': '{}',
      'vars/2790000000000.json': '{}',
    });
    expect(recordedMillis).toEqual([5, 2790000000000]);
    expect(warnings).toEqual(['recording.json: no evidence between startedAt and endedAt']);
  });

  it('needs nothing but recording.json', async () => {
    const recording = await openRecording(await writeDirectory({ 'recording.json': MANIFEST }));
    expect([recording.evidenceCount, recording.sourceFiles, recording.events]).toEqual([0, [], []]);
  });

  it('takes the last of two members with one name', async () => {
    const path = await writeArchive([
      { name: 'recording.json', content: '{' },
      { name: 'vars/1790000000000.json', content: 'first' },
      { name: './vars/1790000000000.json', content: 'second' },
      { name: 'recording.json', content: MANIFEST },
    ]);
    expect(await render(await openRecording(path))).toEqual(['0s vars "second"']);
  });

  it('never follows links or leaves the archive', async () => {
    const path = await writeArchive([
      { name: 'recording.json', content: MANIFEST },
      { name: 'scrapes/1790000000000.prom', type: 'symlink', linkname: '/etc/passwd' },
      { name: 'vars/1790000000000.json', type: 'link', linkname: 'recording.json' },
      { name: 'source/../../evil.go', content: 'evil' },
      { name: '/proc/1790000000000.json', content: 'evil' },
      { name: 'source/', type: 'directory' },
    ]);
    const recording = await openRecording(path);
    expect([recording.evidenceCount, recording.sourceFiles]).toEqual([0, []]);
    expect(recording.warnings).toEqual(['4 links or unsafe paths in the archive are ignored']);
  });

  it('never follows links in a directory', async () => {
    const root = await writeDirectory({ 'recording.json': MANIFEST, 'scrapes/5.prom': 'a 1\n' });
    const secret = await writeDirectory({ 'secret.go': 'secret', '7.prom': 'secret' });
    await symlink(join(secret, '7.prom'), join(root, 'scrapes', '7.prom'));
    await symlink(secret, join(root, 'source'));
    await symlink(secret, join(root, 'vars'));
    const recording = await openRecording(root);
    expect([recording.evidenceCount, recording.sourceFiles]).toEqual([1, []]);
  });

  it.each([
    ['a path where nothing is', () => Promise.resolve('/nowhere/at/all'), 'RECORDING_NOT_FOUND'],
    [
      'a directory without recording.json',
      () => writeDirectory({ 'scrapes/1.prom': '' }),
      'RECORDING_NOT_FOUND',
    ],
    [
      'an archive without recording.json',
      () => writeArchive([{ name: 'a.txt', content: 'x' }]),
      'RECORDING_NOT_FOUND',
    ],
    ['an archive with it too deep', () => writeArchive(entriesOf('a/b/')), 'RECORDING_NOT_FOUND'],
    [
      'two recordings in one archive',
      () => writeArchive([...entriesOf('a/'), ...entriesOf('b/')]),
      'RECORDING_INVALID',
    ],
    [
      'a damaged recording.json',
      () => writeDirectory({ 'recording.json': '{"format":' }),
      'RECORDING_INVALID',
    ],
  ])('refuses %s', async (_, write, code) => {
    const path = await write();
    expect(await errorOf(path)).toMatch(new RegExp(`^${code} recording: ${path}`));
  });

  it('refuses what is no archive at all', async () => {
    for (const content of ['', 'hello', 'x'.repeat(2000), '\u001f\u008b']) {
      const path = freshPath('.tar.gz');
      await writeFile(path, content, 'latin1');
      expect(await errorOf(path)).toMatch(/^RECORDING_INVALID/);
    }
  });

  it('refuses an archive cut at any place, and says where', async () => {
    const whole = await readFile(await writeArchive(entriesOf()));
    const path = freshPath('.tar.gz');
    for (let length = 1; length < whole.length; length += 7) {
      await writeFile(path, whole.subarray(0, length));
      expect(await errorOf(path)).toMatch(/^RECORDING_INVALID/);
    }
    await writeFile(path, whole.subarray(0, whole.length - 4));
    expect(await errorOf(path)).toMatch(/byte \d+: the gzip or tar data is damaged or cut short/);
  });

  it('refuses a plain tar that ends inside a member', async () => {
    const tar = await tarOf([{ name: 'recording.json', content: MANIFEST }]);
    const path = freshPath('.tar');
    await writeFile(path, tar.subarray(0, 600));
    expect(await errorOf(path)).toMatch(/^RECORDING_INVALID .*damaged or cut short before the first member/);
  });

  it('answers damage with a PlimsollError or a recording, never anything else', async () => {
    const whole = await tarOf(entriesOf());
    const path = freshPath('.tar.gz');
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, byte) => {
        const damaged = Buffer.from(whole);
        damaged[at] = byte;
        await writeFile(path, gzipSync(damaged, { level: 1 }));
        expect(await errorOf(path)).not.toContain('UNEXPECTED');
      }),
      { seed: 5, numRuns: 150 },
    );
  });
});

describe('limits of an archive', () => {
  const limits = { memberBytes: 1000, totalBytes: 20_000, members: 20 };

  it('stops at a member that is too large, before reading it', async () => {
    const path = await writeArchive([{ name: 'scrapes/1.prom', content: 'x'.repeat(1001) }, ...entriesOf()]);
    await expect(readArchive(path, limits)).rejects.toThrow(
      /scrapes\/1.prom: this member holds more than 1000 B/,
    );
  });

  it('stops at a small archive that unpacks to a large one', async () => {
    const path = await writeArchive([{ name: 'zeros.bin', content: '\0'.repeat(1_000_000) }, ...entriesOf()]);
    await expect(readArchive(path, limits)).rejects.toThrow(/the archive holds more than 19.5 KiB/);
  });

  it('stops at too many members', async () => {
    const many = Array.from({ length: 21 }, (_, i) => ({ name: `x${i}`, content: '' }));
    await expect(readArchive(await writeArchive(many), limits)).rejects.toThrow(/more than 20 members/);
  });
});

const START: RecordingStart = {
  ...{ service: 'orders', instance: '127.0.0.1:8080', startedAt: 1790000000000, timeScale: 60 },
  ...{
    goVersion: null,
    module: null,
    moduleVersion: null,
    memoryLimitBytes: null,
    labels: {},
    match: {},
    environment: null,
  },
};
const MAP = { originMillis: START.startedAt, scale: START.timeScale };
const text = (value: string) => new Uint8Array(Buffer.from(value));

async function collect(recording: Recording): Promise<RawEvidence[]> {
  const out: RawEvidence[] = [];
  for await (const evidence of recording.evidence()) out.push(evidence);
  return out;
}

describe('RecordingWriter', () => {
  const ORDER = ['metrics', 'vars', 'proc', 'profile', 'log-line', 'event'];
  const evidence = fc
    .record({
      recorded: fc.integer({ min: 0, max: 50_000 }),
      kind: fc.constantFrom('metrics', 'vars', 'proc', 'heap', 'goroutine', 'log-line', 'event'),
      bytes: fc.uint8Array({ maxLength: 50 }),
      line: fc.string({ maxLength: 20 }),
      isText: fc.boolean(),
    })
    .map(({ recorded, kind, bytes, line, isText }): RawEvidence => {
      const t = START.startedAt + recorded;
      const atMillis = toVirtualMillis(MAP, t);
      switch (kind) {
        case 'heap':
        case 'goroutine':
          return { kind: 'profile', atMillis, bytes, profile: kind, form: isText ? 'text' : 'proto' };
        case 'log-line':
          return { kind, atMillis, bytes: text(line.replaceAll('\n', '')) };
        case 'event':
          return { kind, atMillis, bytes: text(JSON.stringify({ t, kind: 'deploy', note: line })) };
        default:
          return { kind: kind as 'metrics', atMillis, bytes };
      }
    });
  const nameOf = (item: RawEvidence) =>
    item.kind === 'log-line' || item.kind === 'event'
      ? null
      : `${item.kind} ${item.atMillis}${item.kind === 'profile' ? item.profile + item.form : ''}`;

  it.each(['', '.tar.gz'])('writes what is read again, byte for byte (path%s)', async (suffix) => {
    const items = fc.uniqueArray(evidence, { maxLength: 12, selector: (item) => nameOf(item) ?? {} });
    await fc.assert(
      fc.asyncProperty(items, async (items) => {
        const writer = await RecordingWriter.create(freshPath(suffix), START, MAP);
        await Promise.all(items.map((item) => writer.add(item)));
        await writer.addSourceFile('example.com/a/a.go', text('package a'));
        writer.update({ goVersion: 'go1.26.8', memoryLimitBytes: 5 });
        const recording = await openRecording(await writer.close(START.startedAt + 100_000));
        const expected = items.toSorted(
          (a, b) => a.atMillis - b.atMillis || ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind),
        );
        const key = (item: RawEvidence) =>
          `${item.atMillis} ${item.kind} ${Buffer.from(item.bytes).toString('hex')}`;
        const read = await collect(recording);
        expect(read.map((item) => `${item.atMillis} ${item.kind}`)).toEqual(
          expected.map((item) => `${item.atMillis} ${item.kind}`),
        );
        expect(read.map(key).sort()).toEqual(expected.map(key).sort());
        expect(recording.manifest).toEqual({
          ...START,
          endedAt: START.startedAt + 100_000,
          goVersion: 'go1.26.8',
          memoryLimitBytes: 5,
        });
        expect(recording.sourceFiles).toEqual(['example.com/a/a.go']);
        expect(recording.warnings).toEqual([]);
      }),
      { seed: 11, numRuns: 25 },
    );
  });

  it('gives two items of one kind in one millisecond names of their own', async () => {
    const writer = await RecordingWriter.create(freshPath(), START, MAP);
    const atMillis = START.startedAt;
    await writer.add({ kind: 'metrics', atMillis, bytes: text('a 1\n') });
    await writer.add({ kind: 'metrics', atMillis: atMillis + 20, bytes: text('a 2\n') });
    await writer.add({ kind: 'proc', atMillis, bytes: text('{}') });
    const path = await writer.close(START.startedAt);
    expect(await readdir(join(path, 'scrapes'))).toEqual(['1790000000000.prom', '1790000000001.prom']);
    expect(await readdir(join(path, 'proc'))).toEqual(['1790000000000.json']);
  });

  it('keeps one line a line', async () => {
    const writer = await RecordingWriter.create(freshPath(), START, MAP);
    await writer.add({
      kind: 'log-line',
      atMillis: START.startedAt,
      bytes: text('panic: x\n\tgoroutine 1\n'),
    });
    await writer.add({ kind: 'event', atMillis: START.startedAt, bytes: text('{\n"t": 1790000000000\n}') });
    const path = await writer.close(START.startedAt);
    expect(await readFile(join(path, 'gctrace.log'), 'utf8')).toBe(
      '1790000000000 panic: x\n1790000000000 \tgoroutine 1\n',
    );
    expect(await readFile(join(path, 'events.jsonl'), 'utf8')).toBe('{ "t": 1790000000000 }\n');
  });

  it('leaves a readable recording when it is killed before close', async () => {
    const path = freshPath('.tar.gz');
    const writer = await RecordingWriter.create(path, START, MAP);
    const empty = await openRecording(writer.directory);
    expect([empty.evidenceCount, empty.toMillis]).toEqual([0, START.startedAt]);
    for (const recorded of [0, MANIFEST_LAG_MILLIS + 1, MANIFEST_LAG_MILLIS + 2]) {
      await writer.add({
        kind: 'metrics',
        atMillis: toVirtualMillis(MAP, START.startedAt + recorded),
        bytes: text('a 1\n'),
      });
    }
    const recording = await openRecording(writer.directory);
    expect(recording.evidenceCount).toBe(3);
    expect(recording.manifest.endedAt).toBe(START.startedAt + MANIFEST_LAG_MILLIS + 1);
    await writer.close(0);
    expect((await openRecording(path)).manifest.endedAt).toBe(START.startedAt + MANIFEST_LAG_MILLIS + 2);
  });

  it('packs files of every size', async () => {
    const writer = await RecordingWriter.create(freshPath('.tar.gz'), START, MAP);
    const sizes = [0, 1, 511, 512, 513, 70_000, 3_000_000];
    for (const [i, size] of sizes.entries()) {
      await writer.add({
        kind: 'metrics',
        atMillis: START.startedAt + 60 * i,
        bytes: new Uint8Array(size).fill(i),
      });
    }
    const read = await collect(await openRecording(await writer.close(START.startedAt)));
    expect(read.map(({ bytes }) => [bytes.length, bytes[bytes.length - 1] ?? 0])).toEqual(
      sizes.map((size, i) => [size, i]),
    );
  });

  it('leaves nothing but the archive behind', async () => {
    const root = freshPath();
    await mkdir(root);
    const writer = await RecordingWriter.create(join(root, 'a.tar.gz'), START, MAP);
    await writer.close(START.startedAt);
    expect(await readdir(root)).toEqual(['a.tar.gz']);
  });

  it('refuses a path where something is, and a source path that leaves the folder', async () => {
    const path = await writeDirectory(FILES);
    await expect(RecordingWriter.create(path, START)).rejects.toThrow(/something is there already/);
    const writer = await RecordingWriter.create(freshPath(), START);
    await expect(writer.addSourceFile('../../x.go', text(''))).rejects.toThrow(/a path below source/);
    await expect(writer.close(START.startedAt)).resolves.toBe(writer.directory);
  });

  it('says where it cannot write', async () => {
    const file = freshPath();
    await writeFile(file, 'a file');
    await expect(RecordingWriter.create(join(file, 'below'), START)).rejects.toMatchObject({
      code: 'RECORDING_INVALID',
    });
  });
});
