// The benchmark itself: that what it calls the truth is true, that it is the same every time, and that Plimsoll has not fallen
// behind on the quick set. The figures of a full run stand in docs/leakbench.md.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, follow, requireBuild } from './built-cli.ts';

interface Kind {
  readonly name: string;
  readonly family: 'inside' | 'outside';
  readonly group: 'leak' | 'steady' | 'adversarial';
}
interface Simulated {
  readonly timeMillis: Float64Array;
  readonly columns: ReadonlyMap<string, Float64Array>;
  readonly hidden: Readonly<Record<'timeMillis' | 'leakedBytes' | 'levelBytes' | 'requests', Float64Array>>;
  readonly lives: readonly { readonly endMillis: number; readonly end: string }[];
}
interface Series extends Simulated {
  readonly truth: {
    readonly onsetMillis: number | null;
    readonly exhaustedMillis: number | null;
    readonly bytesPerRequest: number | null;
    readonly limitBytes: number;
  };
}
interface Span {
  readonly days: number;
  readonly stepMillis: number;
}
interface SeriesModule {
  readonly drawSeries: (kind: Kind, seed: number, span: Span) => Series;
  readonly drawHealthyTwin: (kind: Kind, seed: number, span: Span) => Simulated;
}

const load = async (path: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(join(ROOT, 'leakbench', path)).href);
const { KINDS } = (await load('lib/kinds.mjs')) as { KINDS: readonly Kind[] };
const { drawSeries, drawHealthyTwin } = (await load('lib/series.mjs')) as SeriesModule;

const SPAN: Span = { days: 6, stepMillis: 300_000 };
const HOUR_MILLIS = 3_600_000;
const named = (name: string): Kind => {
  const kind = KINDS.find((candidate) => candidate.name === name);
  if (!kind) throw new Error(`no kind is called ${name}`);
  return kind;
};

/** Least squares, bytes per hour. */
function slope(timeMillis: Float64Array, value: Float64Array): number {
  const mean = (cells: Float64Array) => cells.reduce((a, b) => a + b, 0) / cells.length;
  const [t, v] = [mean(timeMillis), mean(value)];
  let top = 0;
  let bottom = 0;
  for (let i = 0; i < value.length; i++) {
    top += (timeMillis[i] - t) * (value[i] - v);
    bottom += (timeMillis[i] - t) ** 2;
  }
  return (top / bottom) * HOUR_MILLIS;
}

describe('generated series', () => {
  it('are half adversarial and half outside of the models that the detector fits', () => {
    expect(KINDS.filter(({ group }) => group === 'adversarial').length).toBeGreaterThanOrEqual(
      KINDS.length / 2,
    );
    expect(KINDS.filter(({ family }) => family === 'outside').length).toBeGreaterThanOrEqual(
      KINDS.length / 2,
    );
  });

  it('are the same for the same seed and different for another', () => {
    const kind = named('work leak on a trace');
    const cells = (seed: number) => drawSeries(kind, seed, SPAN).columns.get('rssBytes');
    expect(cells(7)).toEqual(cells(7));
    expect(cells(7)).not.toEqual(cells(8));
  });

  it.each(['time leak', 'work leak', 'warm-up then leak', 'onset', 'time leak on a trace'])(
    'differ from their healthy twin by exactly what is called leaked: %s',
    (name) => {
      const series = drawSeries(named(name), 11, SPAN);
      const twin = drawHealthyTwin(named(name), 11, SPAN);
      // Beyond the first kill the twin lives on.
      const until = series.hidden.timeMillis.findIndex((at) => at > (series.lives[0]?.endMillis ?? 0));
      const rows = until < 0 ? series.hidden.timeMillis.length : until;
      const extra = series.hidden.levelBytes
        .subarray(0, rows)
        .map((bytes, i) => bytes - (twin.hidden.levelBytes[i] ?? 0));
      const time = series.hidden.timeMillis.subarray(0, rows);
      const leaked = series.hidden.leakedBytes.subarray(0, rows);
      expect(slope(time, leaked)).toBeGreaterThan(0);
      expect(slope(time, extra) / slope(time, leaked)).toBeCloseTo(1, 6);
    },
  );

  it('show the leak in the gauges that a detector reads', () => {
    const series = drawSeries(named('time leak'), 11, SPAN);
    const marks =
      series.columns.get('liveHeapBytes') ?? series.columns.get('nextGcBytes')?.map((goal) => goal / 2);
    const end = series.lives[0]?.endMillis ?? 0;
    const rows = series.timeMillis.filter((at) => at <= end).length;
    const truth = slope(
      series.hidden.timeMillis.subarray(0, rows),
      series.hidden.leakedBytes.subarray(0, rows),
    );
    const seen = slope(series.timeMillis.subarray(0, rows), (marks ?? new Float64Array()).subarray(0, rows));
    expect(Math.abs(seen / truth - 1)).toBeLessThan(0.1);
  });

  it('leak the stated bytes with every request', () => {
    const { hidden, truth } = drawSeries(named('work leak'), 11, SPAN);
    expect((hidden.leakedBytes[100] ?? 0) / (hidden.requests[100] ?? 1)).toBeCloseTo(
      truth.bytesPerRequest ?? 0,
      6,
    );
  });

  it('are exhausted when resident memory reaches the limit, and only where something leaks', () => {
    for (const kind of KINDS) {
      const { lives, truth } = drawSeries(kind, 5, { days: 2, stepMillis: 1_800_000 });
      const kill = lives.find(({ end }) => end === 'oom');
      if (kind.group !== 'leak') expect(kill, kind.name).toBeUndefined();
      else expect(kill?.endMillis ?? null, kind.name).toBe(truth.exhaustedMillis);
    }
  });
});

describe('an ablation', () => {
  it('finds what it changes in the product exactly once', async () => {
    requireBuild();
    const { ABLATIONS } = (await load('methods/ablations.mjs')) as {
      ABLATIONS: readonly { name: string; edits?: readonly { module: string; from: string }[] }[];
    };
    const edits = ABLATIONS.flatMap(({ name, edits: all = [] }) => all.map((edit) => ({ name, ...edit })));
    expect(edits.length).toBeGreaterThan(10);
    for (const { name, module, from } of edits) {
      const text = await readFile(join(ROOT, 'dist', `${module}.js`), 'utf8');
      expect(text.split(from).length - 1, `${name}: ${from}`).toBe(1);
    }
  });

  it('is refused where it changes nothing', async () => {
    requireBuild();
    const { writeEdited } = (await load('methods/edited-product.mjs')) as {
      writeEdited: (edits: readonly { module: string; from: string; to: string }[], into: string) => void;
    };
    const into = await mkdtemp(join(tmpdir(), 'plimsoll-edited-'));
    const edit = { module: 'detect/models', from: 'no such line', to: '' };
    expect(() => writeEdited([edit], join(into, 'product'))).toThrow('holds 0 times');
    await rm(into, { recursive: true, force: true });
  });
});

interface Judged {
  readonly method: string;
  readonly group: string;
  readonly kind: string;
  readonly matters: boolean;
  readonly found: boolean;
  readonly falseAlarms: number;
}

/**
 * Three days and an evaluation every three hours are far less than a watch has: these floors only catch a detector that broke. The
 * goals are held against the full run.
 */
const PRECISION_FLOOR = 0.75;
const RECALL_FLOOR = 0.5;

describe('the quick run', () => {
  let folder = '';
  let table = '';
  let judged: readonly Judged[] = [];
  const run = async (...args: string[]): Promise<string> => {
    const program = join(ROOT, 'leakbench', 'run.mjs');
    const child = spawn(process.execPath, [program, '--quick', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { status, stdout, stderr } = await follow(child).ended;
    expect(status, stderr).toBe(0);
    return stdout;
  };

  beforeAll(async () => {
    requireBuild();
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-leakbench-'));
    const json = join(folder, 'judged.json');
    table = await run('--json', json);
    judged = JSON.parse(await readFile(json, 'utf8')) as Judged[];
  }, 120_000);
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  it('gives every method a row in every table', async () => {
    const { METHODS } = (await load('methods/all.mjs')) as { METHODS: readonly { name: string }[] };
    for (const { name } of METHODS) expect(table.split(`\n| ${name} |`).length - 1, name).toBe(3);
  });

  it('judges every kind by every method', () => {
    const methods = new Set(judged.map(({ method }) => method));
    expect(judged).toHaveLength(KINDS.length * methods.size);
  });

  it('prints the same table again', async () => {
    const kinds = ['--kind', 'onset', '--kind', 'memtable', '--workers', '1'];
    expect(await run(...kinds)).toBe(await run(...kinds));
  }, 60_000);

  it('finds Plimsoll no worse than it was', () => {
    const own = judged.filter(({ method }) => method === 'Plimsoll');
    const found = own.filter((one) => one.group === 'leak' && one.found && one.falseAlarms === 0);
    const accused = own.filter((one) => one.falseAlarms > 0);
    const matter = own.filter(({ matters }) => matters);
    expect(found.length / (found.length + accused.length)).toBeGreaterThanOrEqual(PRECISION_FLOOR);
    expect(matter.filter(({ found: isFound }) => isFound).length / matter.length).toBeGreaterThanOrEqual(
      RECALL_FLOOR,
    );
    expect(own.filter((one) => one.group === 'steady' && one.falseAlarms > 0)).toEqual([]);
  });
});
