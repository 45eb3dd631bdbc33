// Machines from the history of a query API: memory as node_exporter tells it, and what of it processes hold, as process-exporter,
// cAdvisor or the processes themselves do. One HostWatch each, which ranks them as it ranks those of this machine.
import { PlimsollError } from '../../base/errors.ts';
import type { Bytes, Millis } from '../../base/units.ts';
import type { PrometheusApi } from '../../collect/prometheus-api.ts';
import { HostWatch, MAX_READINGS, type HostAnswer } from '../../host/host-watch.ts';
import type { SeriesView } from '../../parse/query-answer.ts';
import { memoryOf, MEMINFO_LINES, type HostProcess } from '../../parse/host-memory.ts';
import { rowOf, type Grid } from './grid.ts';
import { oneOf, selectorOf } from './selector.ts';

/** Machines of one answer; more are a fleet to be selected from. */
export const MAX_HOSTS = 200;
/** Followed on one machine; beyond it they count for nobody. */
const MAX_HOLDERS = 4096;

/** Who tells what processes hold, best first: all of a machine's processes, all of its containers, those that Prometheus scrapes. */
const HOLDERS = ['group', 'container', 'target'] as const;
type HolderKind = (typeof HOLDERS)[number];

export interface HostHistory {
  /** `instance` of node_exporter without its port. */
  readonly host: string;
  readonly answer: HostAnswer;
  /** Who told what processes hold; null = nobody: the machine alone. */
  readonly holders: 'process-exporter' | 'cAdvisor' | 'process collectors' | null;
}

export interface HostHistoryInput {
  readonly api: PrometheusApi;
  /** Between the braces of a selector; of node_exporter. */
  readonly matchers: string;
  /** At most MAX_READINGS points. */
  readonly grid: Grid;
  readonly signal?: AbortSignal;
}

/**
 * Two queries for all machines. Fastest growth first.
 * @throws PlimsollError QUERY_EMPTY where no node_exporter matches; QUERY_TOO_LARGE for more than MAX_HOSTS; the errors of PrometheusApi.
 */
export async function readHostHistory(input: HostHistoryInput): Promise<HostHistory[]> {
  const { api, grid, signal } = input;
  if (grid.points > MAX_READINGS) throw new Error(`${grid.points} points are more than a watch takes`);
  const machines = new Map<string, Machine>();
  const names = MEMINFO_LINES.flatMap((line) => [`node_memory_${line}_bytes`, `node_memory_${line}`]);
  const memory = selectorOf(oneOf('__name__', names), input.matchers);
  await api.queryRange(memory, grid, { series: (series) => takeMemory(machines, grid, series) }, signal);
  if (machines.size === 0) {
    const fact = 'no series of node_exporter matches (node_memory_MemTotal_bytes)';
    throw new PlimsollError('QUERY_EMPTY', 'collect', fact, { where: api.where, value: memory });
  }
  const holding = selectorOf(oneOf('__name__', [...HOLDER_METRICS.keys()]));
  await api.queryRange(holding, grid, { series: (series) => takeHolder(machines, grid, series) }, signal);
  return [...machines]
    .map(([host, machine]) => machine.finish(host))
    .filter((history) => history !== null)
    .sort((a, b) => (b.answer.growth?.perHour ?? 0) - (a.answer.growth?.perHour ?? 0));
}

function takeMemory(machines: Map<string, Machine>, grid: Grid, series: SeriesView): void {
  const host = hostOf(series.labels['instance']);
  const line = /^node_memory_(\w+?)(?:_bytes)?$/.exec(series.labels['__name__'] ?? '')?.[1];
  if (host === null || line === undefined) return;
  let machine = machines.get(host);
  if (machine === undefined) {
    if (machines.size === MAX_HOSTS) {
      const fact = `more than ${MAX_HOSTS} machines match`;
      throw new PlimsollError('QUERY_TOO_LARGE', 'collect', fact, { field: '--selector' });
    }
    machines.set(host, (machine = new Machine(grid)));
  }
  machine.lines.set(line, cellsOf(grid, series));
}

/** `10.0.0.7:9100` and `http://10.0.0.7:9256/metrics` are one machine. */
function hostOf(instance: string | undefined): string | null {
  const match = /^(?:https?:\/\/)?(\[[0-9a-f:.%]+\]|[^:/\s]+)/i.exec(instance ?? '');
  return match?.[1] ?? null;
}

const HOLDER_METRICS: ReadonlyMap<string, HolderKind> = new Map([
  ['namedprocess_namegroup_memory_bytes', 'group'],
  ['container_memory_rss', 'container'],
  ['container_memory_swap', 'container'],
  ['process_resident_memory_bytes', 'target'],
]);

function takeHolder(machines: ReadonlyMap<string, Machine>, grid: Grid, series: SeriesView): void {
  const { labels } = series;
  const kind = HOLDER_METRICS.get(labels['__name__'] ?? '');
  const name = kind === undefined ? null : holderName(kind, labels);
  const machine = machineOf(machines, labels);
  if (kind === undefined || name === null || machine === null) return;
  machine.hold(kind, name, cellsOf(grid, series));
}

function machineOf(machines: ReadonlyMap<string, Machine>, labels: SeriesView['labels']): Machine | null {
  for (const name of ['instance', 'node', 'nodename', 'host', 'kubernetes_node']) {
    const host = hostOf(labels[name]);
    const machine = host === null ? undefined : machines.get(host);
    if (machine) return machine;
  }
  return null;
}

/** null for what is counted elsewhere: the sum of a group of cgroups, virtual memory, the exporters' own views. */
function holderName(kind: HolderKind, labels: SeriesView['labels']): string | null {
  const { memtype, groupname, pod, namespace, container, name, job, instance } = labels;
  switch (kind) {
    case 'group':
      return (memtype === 'resident' || memtype === 'swapped') && groupname ? groupname : null;
    case 'container':
      if (pod && container && container !== 'POD') return `${namespace ?? ''}/${pod} ${container}`;
      return !pod && name ? name : null;
    case 'target':
      return [job, instance].filter((part) => part !== undefined).join(' ') || null;
  }
}

/** One value for each point of the grid, NaN where there is none. */
function cellsOf(grid: Grid, { count, timeMillis, value }: SeriesView): Float64Array {
  const cells = new Float64Array(grid.points).fill(NaN);
  for (let point = 0; point < count; point++) {
    const row = rowOf(grid, timeMillis[point] ?? NaN);
    if (row >= 0) cells[row] = value[point] ?? NaN;
  }
  return cells;
}

class Machine {
  readonly lines = new Map<string, Float64Array>();
  readonly #grid: Grid;
  readonly #holders = new Map<HolderKind, Map<string, Float64Array>>();

  constructor(grid: Grid) {
    this.#grid = grid;
  }

  /** Parts of one holder (resident and swapped out) add up. */
  hold(kind: HolderKind, name: string, cells: Float64Array): void {
    let named = this.#holders.get(kind);
    if (named === undefined) this.#holders.set(kind, (named = new Map<string, Float64Array>()));
    const known = named.get(name);
    if (known === undefined) {
      if (named.size < MAX_HOLDERS) named.set(name, cells);
      return;
    }
    for (let row = 0; row < cells.length; row++) known[row] = addKnown(known[row] ?? NaN, cells[row] ?? NaN);
  }

  /** null where its memory was never told. */
  finish(host: string): HostHistory | null {
    const kind = HOLDERS.find((one) => this.#holders.has(one)) ?? null;
    const holders = [...(kind === null ? [] : (this.#holders.get(kind) ?? []))];
    const watch = new HostWatch();
    for (let row = 0; row < this.#grid.points; row++) {
      const memory = memoryOf((line) => known(this.lines.get(line)?.[row]));
      const processes = kind === null ? [] : holdersAt(kind, holders, row);
      // The other exporter was not scraped then: that nobody held anything is not true.
      if (memory === null || (kind !== null && processes.length === 0)) continue;
      watch.take({ atMillis: this.#timeOf(row), memory, processes });
    }
    const answer = watch.answer();
    return answer && { host, answer, holders: kind && TOLD_BY[kind] };
  }

  #timeOf(row: number): Millis {
    return this.#grid.fromMillis + row * this.#grid.stepMillis;
  }
}

const TOLD_BY = {
  group: 'process-exporter',
  container: 'cAdvisor',
  target: 'process collectors',
} as const satisfies Record<HolderKind, HostHistory['holders']>;

function holdersAt(
  kind: HolderKind,
  holders: readonly (readonly [string, Float64Array])[],
  row: number,
): HostProcess[] {
  return holders.flatMap(([name, cells], at) => {
    const held = known(cells[row]);
    return held === undefined
      ? []
      : [{ kind, name, pid: at, startTicks: 0, rssBytes: held, heldBytes: held }];
  });
}

function known(value: number | undefined): Bytes | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

function addKnown(a: number, b: number): number {
  return Number.isNaN(a) ? b : Number.isNaN(b) ? a : a + b;
}
