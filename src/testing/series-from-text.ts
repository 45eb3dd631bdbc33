// Gauges drawn as text: a test says what a process did, and gets the history that its scrapes would have left.
import { GAUGES, type GaugeName, type GaugeReading } from '../base/gauges.ts';
import { HOUR_MILLIS, KIB, MIB, GIB, MINUTE_MILLIS, SECOND_MILLIS, type Millis } from '../base/units.ts';
import { GaugeHistory } from '../series/gauge-history.ts';
import { seededRandom } from './seeded-random.ts';

/** Virtual time of the first row of every drawing. */
export const DRAWN_START_MILLIS: Millis = 1_790_000_000_000;

interface Curve {
  readonly name: string;
  /** Value at `hours` since the process started, given the load in units per hour and the work done so far. */
  at(hours: number, load: number, work: number): number;
  readonly noise: number;
  readonly phi: number;
}

interface Drawing {
  everyMillis: Millis;
  hours: number;
  seed: number;
  ageMillis: Millis;
  readonly restarts: number[];
  readonly missing: [number, number][];
  load: Curve | null;
  readonly curves: Curve[];
}

/**
 * One line per gauge, terms that add up; `#` begins a comment:
 *
 *     every 1m for 4h seed 7        scrapes; the process starts with the first unless: age 3d
 *     restart 2h                    counters and curves start anew
 *     missing 1h 1h30m              no scrapes in between
 *     load 100/h day 24h 40 noise 5 requestsTotal; also ramp, step ...
 *     floor 64M +10M/h noise 300k   live heap: writes next_gc (GOGC 100), heap_alloc, GC cycles (one a scrape)
 *     goroutines 12 +5/h from 2h    any gauge by its name
 *
 * Terms: `64M` constant, `+10M/h` slope (`from 2h` = onset), `fill 40M tau 1h` cache, `ramp 40M until 3h`, `step 25M at 2h`,
 * `spike 10M at 2h for 20m`, `day 24h 40` sine, `perload 10k` per unit of load, `perwork 1k` per unit of work,
 * `noise 300k` sigma, `phi 0.5` its autocorrelation. Suffixes k, M, G are binary; times s, m, h, d.
 */
export function drawGauges(text: string): GaugeHistory {
  const history = new GaugeHistory();
  for (const { atMillis, reading } of drawReadings(text)) history.append(atMillis, reading);
  return history;
}

export function drawReadings(text: string): { atMillis: Millis; reading: GaugeReading }[] {
  const drawing = parseDrawing(text);
  const random = seededRandom(drawing.seed);
  const wander = new Map<string, number>();
  const rows: { atMillis: Millis; reading: GaugeReading }[] = [];
  let startHours = -drawing.ageMillis / HOUR_MILLIS;
  let life = { load: 0, work: 0, cycles: 0 };
  const restarts = [...drawing.restarts];
  const stepHours = drawing.everyMillis / HOUR_MILLIS;
  for (let row = 0; row * stepHours <= drawing.hours + 1e-9; row++) {
    const hours = row * stepHours;
    if (restarts.length > 0 && hours >= restarts[0]) {
      startHours = restarts.shift() ?? hours;
      life = { load: 0, work: 0, cycles: 0 };
    }
    const age = hours - startHours;
    const shaky = (curve: Curve, value: number): number => value + noiseOf(curve, wander, random);
    const load = drawing.load ? Math.max(0, shaky(drawing.load, drawing.load.at(age, 0, 0))) : 0;
    life = { load, work: life.work + (row > 0 ? load * stepHours : 0), cycles: life.cycles + 1 };
    const reading: GaugeReading = {
      processStartMillis: DRAWN_START_MILLIS + startHours * HOUR_MILLIS,
      ...(drawing.load ? { requestsTotal: life.work } : {}),
    };
    for (const curve of drawing.curves) {
      const value = shaky(curve, curve.at(age, life.load, life.work));
      if (curve.name === 'floor') {
        const saw = { heapAllocBytes: value * (1 + random()), gcCyclesTotal: life.cycles };
        Object.assign(reading, { nextGcBytes: 2 * value, ...saw });
      } else {
        reading[curve.name as GaugeName] = Number.isInteger(curve.at(0, 0, 0)) ? Math.round(value) : value;
      }
    }
    if (drawing.missing.some(([from, to]) => hours > from && hours < to)) continue;
    rows.push({ atMillis: DRAWN_START_MILLIS + hours * HOUR_MILLIS, reading });
  }
  return rows;
}

function noiseOf(curve: Curve, wander: Map<string, number>, random: () => number): number {
  if (curve.noise === 0) return 0;
  let normal = -6;
  for (let i = 0; i < 12; i++) normal += random();
  const before = wander.get(curve.name) ?? 0;
  const now = curve.phi * before + Math.sqrt(1 - curve.phi ** 2) * normal;
  wander.set(curve.name, now);
  return curve.noise * now;
}

function parseDrawing(text: string): Drawing {
  const drawing: Drawing = {
    everyMillis: MINUTE_MILLIS,
    hours: 4,
    seed: 1,
    ageMillis: 0,
    restarts: [],
    missing: [],
    load: null,
    curves: [],
  };
  for (const line of text.split('\n')) {
    const [name, ...terms] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (!name) continue;
    if (name === 'every') parseHeader(drawing, terms);
    else if (name === 'restart') drawing.restarts.push(hoursOf(terms[0]));
    else if (name === 'missing') drawing.missing.push([hoursOf(terms[0]), hoursOf(terms[1])]);
    else if (name === 'load') drawing.load = parseCurve(name, terms);
    else if (name === 'floor' || name in GAUGES) drawing.curves.push(parseCurve(name, terms));
    else throw new Error(`drawing: unknown line ${JSON.stringify(line)}`);
  }
  return drawing;
}

function parseHeader(drawing: Drawing, terms: string[]): void {
  drawing.everyMillis = hoursOf(terms[0]) * HOUR_MILLIS;
  for (let i = 1; i < terms.length; i += 2) {
    if (terms[i] === 'for') drawing.hours = hoursOf(terms[i + 1]);
    else if (terms[i] === 'seed') drawing.seed = Number(terms[i + 1]);
    else if (terms[i] === 'age') drawing.ageMillis = hoursOf(terms[i + 1]) * HOUR_MILLIS;
    else throw new Error(`drawing: unknown setting ${terms[i]}`);
  }
}

type Part = (hours: number, load: number, work: number) => number;

function parseCurve(name: string, terms: string[]): Curve {
  const parts: Part[] = [];
  let noise = 0;
  let phi = 0;
  let i = 0;
  const next = (): string => terms[i++] ?? '';
  const after = (word: string): string => {
    if (next() !== word) throw new Error(`drawing: expected ${word} in ${name} ${terms.join(' ')}`);
    return next();
  };
  while (i < terms.length) {
    const term = next();
    const value = (): number => amountOf(next());
    if (term === 'noise') noise = value();
    else if (term === 'phi') phi = Number(next());
    else if (term === 'fill') parts.push(fill(value(), hoursOf(after('tau'))));
    else if (term === 'ramp') parts.push(ramp(value(), hoursOf(after('until'))));
    else if (term === 'step') parts.push(step(value(), hoursOf(after('at'))));
    else if (term === 'spike') parts.push(spike(value(), hoursOf(after('at')), hoursOf(after('for'))));
    else if (term === 'day') parts.push(sine(hoursOf(next()), value()));
    else if (term === 'perload') parts.push(byLoad(value()));
    else if (term === 'perwork') parts.push(byWork(value()));
    else if (/^[+-].*\/h$/.test(term)) {
      const from = terms[i] === 'from' ? hoursOf(after('from')) : 0;
      parts.push(slope(amountOf(term.slice(0, -2)), from));
    } else parts.push(constant(amountOf(term.replace(/\/h$/, ''))));
  }
  const at: Part = (hours, load, work) => parts.reduce((sum, part) => sum + part(hours, load, work), 0);
  return { name, at, noise, phi };
}

const constant =
  (value: number): Part =>
  () =>
    value;
const slope =
  (rate: number, from: number): Part =>
  (hours) =>
    rate * Math.max(0, hours - from);
const fill =
  (size: number, tau: number): Part =>
  (hours) =>
    size * (1 - Math.exp(-hours / tau));
const ramp =
  (size: number, until: number): Part =>
  (hours) =>
    size * Math.min(1, hours / until);
const step =
  (size: number, at: number): Part =>
  (hours) =>
    hours >= at ? size : 0;
const spike =
  (size: number, at: number, span: number): Part =>
  (hours) =>
    hours >= at && hours < at + span ? size : 0;
const sine =
  (period: number, size: number): Part =>
  (hours) =>
    size * Math.sin((2 * Math.PI * hours) / period);
const byLoad =
  (size: number): Part =>
  (_hours, load) =>
    size * load;
const byWork =
  (size: number): Part =>
  (_hours, _load, work) =>
    size * work;

const SUFFIX: Readonly<Record<string, number>> = { '': 1, k: KIB, M: MIB, G: GIB };

function amountOf(text: string): number {
  const match = /^([+-]?[\d.]+)([kMG]?)$/.exec(text);
  if (!match) throw new Error(`drawing: ${JSON.stringify(text)} is no amount`);
  return Number(match[1]) * SUFFIX[match[2]];
}

const UNIT: Readonly<Record<string, Millis>> = {
  s: SECOND_MILLIS,
  m: MINUTE_MILLIS,
  h: HOUR_MILLIS,
  d: 24 * HOUR_MILLIS,
};

/** `1h30m` -> 1.5 */
function hoursOf(text: string | undefined): number {
  const parts = [...(text ?? '').matchAll(/([\d.]+)([smhd])/g)];
  if (parts.length === 0) throw new Error(`drawing: ${JSON.stringify(text)} is no time`);
  return parts.reduce((sum, [, value, unit]) => sum + (Number(value) * UNIT[unit]) / HOUR_MILLIS, 0);
}
