// START HERE for a screening: hundreds of targets straight from the history that a query API has. Who is there (census), what
// their containers were (containers), then batch by batch: series, one look at each, and close looks at those that need one.
import { setImmediate } from 'node:timers/promises';
import { PlimsollError } from '../../base/errors.ts';
import type { GaugeName } from '../../base/gauges.ts';
import { MINUTE_MILLIS, SECOND_MILLIS, type Bytes, type Millis } from '../../base/units.ts';
import type { PrometheusApi } from '../../collect/prometheus-api.ts';
import type { LeakClass, MissingEvidence } from '../../model/finding.ts';
import type { ServiceFleet } from '../../model/screening.ts';
import type { Report } from '../../model/report.ts';
import type { TargetName } from '../../model/target.ts';
import { seriesKeyOf, targetLabelsOf } from '../../parse/history-names.ts';
import type { SeriesView } from '../../parse/query-answer.ts';
import { leadOf } from '../../report/screening.ts';
import { computeLiveFloor } from '../../series/live-floor.ts';
import type { GaugeHistory } from '../../series/gauge-history.ts';
import { findIncarnations } from '../../series/incarnations.ts';
import { MAX_ROUTES } from '../../series/route-history.ts';
import type { Investigation } from '../investigation.ts';
import { ProfileDecoder } from '../profile-decoder.ts';
import { requestsQuery, takeCensus, type Census, type CensusTarget } from './census.ts';
import {
  Containers,
  containerKey,
  fetchContainerMemory,
  fetchKills,
  findContainers,
  takeContainerCensus,
  type Container,
} from './containers.ts';
import { fetchSeries, runSome, type Asking } from './fetch-series.ts';
import type { Grid } from './grid.ts';
import { JudgedTarget, isWorthMore, judgeClosely, judgeOnce, lookAtEnd } from './judge.ts';
import { keysOf, planGauges } from './needed-gauges.ts';
import { RouteSeries, isWorthRoutes, lastInstant, routeGrid, routeLabels, splitRoute } from './routes.ts';
import { oneOf, selectorOf } from './selector.ts';
import { ScreenedFleets } from './screened-fleets.ts';
import { TargetSeries } from './target-history.ts';
import { nameTargets } from './target-names.ts';

/** Points of all series of a batch, 8 bytes each: the memory of a screening, whatever the number of targets. */
const MAX_POINTS_HELD = 16_000_000;
/** Series of a target that are asked for point by point, about. */
const SERIES_PER_TARGET = 12;
/** A sign of life this long before the end is one of the end: the lookback of a query, and a scrape that failed. */
const ALIVE_MILLIS: Millis = 10 * MINUTE_MILLIS;
/** Values of the sparkline. */
const SPARK_POINTS = 120;
/** Judging leaves room for signals and for answers on their way this often. */
const TARGETS_BETWEEN_PAUSES = 8;

export interface ScreenInput {
  readonly api: PrometheusApi;
  /** Between the braces of a selector. */
  readonly matchers: string;
  readonly grid: Grid;
  /** Name of all of them, instead of what their labels say. */
  readonly service: string | null;
  readonly memoryLimitBytes: Bytes | null;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ScreenProgress) => void;
}

export interface ScreenProgress {
  readonly judged: number;
  readonly targets: number;
  readonly receivedBytes: Bytes;
}

export interface ScreenedTarget {
  readonly report: Report;
  /** For a picture of it: what leaks; the live heap, where that is known; else what is resident. */
  readonly series: { readonly label: string; readonly values: Float64Array } | null;
  readonly isRunning: boolean;
}

export interface ScreenedHistory {
  readonly targets: readonly ScreenedTarget[];
  /** Of services with more than one replica. */
  readonly fleets: readonly ServiceFleet[];
  /** Processes of the selection that show no gauge of Go; not judged. */
  readonly others: number;
  /** Nothing in the selection shows gauges of Go: containers are judged by their memory. */
  readonly isOfContainers: boolean;
  readonly leftOut: number;
  readonly warnings: readonly string[];
  readonly isPartial: boolean;
}

/**
 * @throws PlimsollError QUERY_EMPTY where nothing of Go matches; the errors of PrometheusApi. Aborted: what was judged so far.
 */
export async function screenHistory(input: ScreenInput): Promise<ScreenedHistory> {
  const { api, grid, signal } = input;
  const asking: Asking = { api, signal, notes: { warnings: new Set(), isPartial: false } };
  const census = await takeCensus(asking, input.matchers, grid);
  const ofGo = census.targets.filter(isGo);
  // Where nothing in the selection says that it is Go, memory of containers is better than no answer.
  const targets = ofGo.length > 0 ? ofGo : await takeContainerCensus(asking, input.matchers, grid);
  if (targets.length === 0) {
    const fact = `${census.names.length} metrics match, none of them of Go's runtime or of memory of containers`;
    throw new PlimsollError('QUERY_EMPTY', 'collect', fact, {
      where: api.where,
      value: selectorOf(input.matchers),
    });
  }
  const screening = new Screening(input, asking, census, targets);
  try {
    const screened = await screening.run();
    return {
      targets: screened,
      fleets: screening.fleets(),
      others: census.targets.length - ofGo.length,
      isOfContainers: ofGo.length === 0,
      leftOut: census.leftOut,
      warnings: [...asking.notes.warnings],
      isPartial: asking.notes.isPartial,
    };
  } finally {
    await screening.close();
  }
}

function isGo({ coarse }: CensusTarget): boolean {
  for (const key of coarse.keys())
    if (key.startsWith('go_') || key.startsWith('process_runtime_go_')) return true;
  return false;
}

/** A target on its way through the batch. */
interface Row {
  readonly name: TargetName;
  readonly series: TargetSeries;
  readonly container: Container | null;
  /** Only for suspects, and where their counter has routes. */
  routes: RouteSeries | null;
}

class Screening {
  readonly #input: ScreenInput;
  readonly #asking: Asking;
  readonly #census: Census;
  readonly #targets: readonly CensusTarget[];
  readonly #names: readonly TargetName[];
  readonly #partLabel: string;
  readonly #decoder = new ProfileDecoder();
  readonly #fleets: ScreenedFleets;
  #judged = 0;

  constructor(input: ScreenInput, asking: Asking, census: Census, targets: readonly CensusTarget[]) {
    this.#input = input;
    this.#asking = asking;
    this.#census = census;
    this.#targets = targets;
    this.#names = nameTargets(
      targets.map(({ labels }) => labels),
      input.service,
    );
    this.#fleets = new ScreenedFleets(this.#names.map(({ service }) => service));
    this.#partLabel = mostTelling(targets, census.labelNames);
  }

  close(): Promise<void> {
    return this.#decoder.close();
  }

  async run(): Promise<ScreenedTarget[]> {
    const containers = await this.#findContainers();
    const size = Math.max(1, Math.floor(MAX_POINTS_HELD / (this.#input.grid.points * SERIES_PER_TARGET)));
    const screened: ScreenedTarget[] = [];
    for (let from = 0; from < this.#targets.length && !this.#isAborted; from += size) {
      const batch = this.#targets.slice(from, from + size).map((target, i): Row => {
        const series = new TargetSeries(target, planGauges(target), this.#input.grid);
        // Of a container nothing says which part is Go's: all of it is judged as one.
        if (!isGo(target)) series.setConstant('goResidentBytes', 0);
        const name = this.#names[from + i] ?? { service: 'unnamed', instance: target.key };
        return { name, series, container: containers.of(target.pod), routes: null };
      });
      await this.#fetchBatch(batch, containers.hasMemory);
      screened.push(...(await this.#judgeBatch(batch)));
    }
    return screened;
  }

  fleets(): ServiceFleet[] {
    return this.#fleets.describe();
  }

  get #isAborted(): boolean {
    return this.#input.signal?.aborted === true;
  }

  async #findContainers(): Promise<Containers> {
    const pods = this.#targets.map(({ pod }) => pod).filter((pod) => pod !== null);
    if (pods.length === 0) return new Containers();
    const containers = await findContainers(this.#asking, pods, this.#input.grid);
    const restarted = new Set(pods.map((pod) => containers.of(pod)).filter(wasRestarted));
    if (restarted.size > 0) await fetchKills(this.#asking, [...restarted], this.#input.grid);
    return containers;
  }

  async #fetchBatch(batch: readonly Row[], hasContainerMemory: boolean): Promise<void> {
    const groups = Math.max(...batch.map(({ series }) => series.plan.groups.length));
    const tasks: (() => Promise<void>)[] = [];
    for (let group = 0; group < groups; group++) {
      tasks.push(() => this.#fetchGauges(batch, ({ series }) => series.plan.groups[group] ?? []));
    }
    tasks.push(() => this.#fetchRequests(batch));
    if (hasContainerMemory) tasks.push(() => this.#fetchMemory(batch));
    await runSome(tasks);
    for (const { series, container } of batch) {
      const limit = container?.memoryLimitBytes ?? null;
      if (limit !== null) series.setConstant('memoryLimitBytes', limit);
    }
  }

  /** One query for these gauges of all targets of the batch, as far as the API allows. */
  async #fetchGauges(batch: readonly Row[], gauges: (row: Row) => readonly GaugeName[]): Promise<void> {
    const wanted = new Map(
      batch.map((row) => [row.series.target.key, new Set(keysOf(row.series.plan, gauges(row)))]),
    );
    const keys = new Set([...wanted.values()].flatMap((own) => [...own]));
    const names = [...keys].flatMap((key) => [...(this.#census.namesOf.get(key) ?? [])]).sort();
    if (names.length === 0) return;
    const rows = rowsByKey(batch);
    await this.#fetch(
      batch,
      names.length,
      (parts) => selectorOf(oneOf('__name__', names), this.#input.matchers, this.#partMatcher(parts)),
      (view) => {
        const key = seriesKeyOf(view.labels);
        const target = JSON.stringify(targetLabelsOf(view.labels));
        if (key !== null && wanted.get(target)?.has(key)) rows.get(target)?.series.takeSeries(key, view);
      },
    );
  }

  async #fetchRequests(batch: readonly Row[]): Promise<void> {
    const families = new Set(
      batch.map(({ series }) => series.plan.requestFamily).filter((name) => name !== null),
    );
    if (families.size === 0) return;
    const rows = rowsByKey(batch);
    const query = (parts: readonly string[] | null) =>
      requestsQuery(this.#census, [...families].sort(), this.#input.matchers, this.#partMatcher(parts));
    await this.#fetch(batch, families.size, query, (view) => {
      const row = rows.get(JSON.stringify(targetLabelsOf(view.labels)));
      const isOwn = row?.series.plan.requestFamily === view.labels['__name__'];
      if (isOwn) row?.series.takeGauge('requestsTotal', view);
    });
  }

  /** First who has routes and how many, in one instant; then the counters of those whose routes can be told apart. */
  async #fetchRoutes(suspects: readonly Row[]): Promise<void> {
    const names = routeLabels(this.#census.labelNames);
    const found = new Map<Row, Set<string>>();
    await this.#askRoutes(suspects, 2 * MAX_ROUTES, names, lastInstant(this.#input.grid), (row, route) =>
      found.set(row, (found.get(row) ?? new Set()).add(route)),
    );
    const grid = routeGrid(this.#input.grid);
    const worth = suspects.filter((row) => isWorthRoutes(found.get(row) ?? new Set()));
    for (const row of worth) row.routes = new RouteSeries(grid);
    const most = Math.max(0, ...worth.map((row) => found.get(row)?.size ?? 0));
    await this.#askRoutes(worth, most, names, grid, (row, route, view) => row.routes?.take(route, view));
  }

  async #askRoutes(
    batch: readonly Row[],
    seriesPerTarget: number,
    names: readonly string[],
    grid: Grid,
    take: (row: Row, route: string, view: SeriesView) => void,
  ): Promise<void> {
    const families = new Set(
      batch.map(({ series }) => series.plan.requestFamily).filter((family) => family !== null),
    );
    if (families.size === 0) return;
    const rows = rowsByKey(batch);
    const labelNames = [...this.#census.labelNames, ...names];
    const { replicaNames } = this.#census;
    const query = (parts: readonly string[] | null) =>
      requestsQuery(
        { labelNames, replicaNames },
        [...families].sort(),
        this.#input.matchers,
        this.#partMatcher(parts),
      );
    const takeView = (view: SeriesView) => {
      const split = splitRoute(view.labels, names);
      const row = split && rows.get(JSON.stringify(targetLabelsOf(split.rest)));
      if (row && row.series.plan.requestFamily === view.labels['__name__']) take(row, split.route, view);
    };
    await this.#fetch(batch, seriesPerTarget, query, takeView, grid);
  }

  async #fetch(
    batch: readonly Row[],
    seriesPerTarget: number,
    query: (parts: readonly string[] | null) => string,
    take: Parameters<typeof fetchSeries>[1]['take'],
    grid = this.#input.grid,
  ): Promise<void> {
    const parts = [...new Set(batch.map(({ series }) => series.target.labels[this.#partLabel] ?? ''))].sort();
    await fetchSeries(this.#asking, {
      ...{ grid, parts, query, take },
      isAll: batch.length === this.#targets.length && this.#census.leftOut === 0,
      seriesPerPart: Math.ceil((seriesPerTarget * batch.length) / parts.length),
    });
  }

  #partMatcher(parts: readonly string[] | null): string {
    return parts === null || this.#partLabel === '' ? '' : oneOf(this.#partLabel, parts);
  }

  async #fetchMemory(batch: readonly Row[]): Promise<void> {
    const rows = new Map<string, Row>();
    for (const row of batch) if (row.container) rows.set(containerKey(row.container.name), row);
    const pods = batch.map(({ container }) => container?.name ?? null).filter((name) => name !== null);
    await fetchContainerMemory(this.#asking, pods, this.#input.grid, (name, gauge, view) =>
      rows
        .get(containerKey(name))
        ?.series.takeGauge(gauge, view, gauge === 'processStartMillis' ? SECOND_MILLIS : 1),
    );
  }

  async #judgeBatch(batch: readonly Row[]): Promise<ScreenedTarget[]> {
    const quiet: { row: Row; judged: Investigation }[] = [];
    const open: Row[] = [];
    for (const [i, row] of batch.entries()) {
      if (i % TARGETS_BETWEEN_PAUSES === 0) await setImmediate();
      if (this.#isAborted) break;
      const target = this.#openCase(row);
      const look = lookAtEnd(target);
      this.#fleets.note(row.name.service, row.series.target.version, look, target.input.history);
      if (isWorthMore(look)) open.push(row);
      else {
        quiet.push({ row, judged: judgeOnce(target) });
        this.#tellJudged();
      }
    }
    if (open.length > 0 && !this.#isAborted) {
      await this.#fetchGauges(open, ({ series }) => series.plan.details);
      await this.#fetchRoutes(open);
    }
    const screened = quiet.map(({ row, judged }) => this.#describe(row, judged));
    for (const row of open) {
      await setImmediate();
      if (this.#isAborted) break;
      const closely = new JudgedTarget({ ...this.#openCase(row).input, control: this.#fleets.control() });
      screened.push(this.#describe(row, judgeClosely(closely)));
      this.#tellJudged();
    }
    return screened;
  }

  #openCase({ name, series, routes }: Row): JudgedTarget {
    const history = series.history();
    const life = findIncarnations(history).at(-1);
    return new JudgedTarget({
      target: name,
      module: series.target.module,
      memoryLimitBytes: this.#input.memoryLimitBytes,
      history,
      decoder: this.#decoder,
      routes: life && routes ? routes.since(history.timeMillis[life.firstRow] ?? 0) : null,
    });
  }

  #tellJudged(): void {
    this.#judged++;
    const { receivedBytes } = this.#input.api.sent;
    this.#input.onProgress?.({ judged: this.#judged, targets: this.#targets.length, receivedBytes });
  }

  #describe({ series, container }: Row, investigation: Investigation): ScreenedTarget {
    const { grid } = this.#input;
    const { history } = investigation;
    const fromMillis = history.timeMillis[0] ?? grid.fromMillis;
    const toMillis = history.timeMillis.at(-1) ?? grid.fromMillis;
    const isRunning = grid.toMillis - toMillis <= Math.max(2 * grid.stepMillis, ALIVE_MILLIS);
    const missing = [
      ...(this.#asking.notes.isPartial ? [PARTIAL] : []),
      ...(isGo(series.target) ? [] : [CONTAINER_ALONE]),
    ];
    const report = investigation.report({ fromMillis, toMillis }, missing);
    const isLeak = report.verdict === 'leak';
    const limit = history.column('memoryLimitBytes')?.at(-1) ?? this.#input.memoryLimitBytes;
    return {
      report: {
        ...report,
        ...(isLeak ? { missingEvidence: [...report.missingEvidence, NO_PROFILES] } : {}),
        labels: { ...series.target.labels },
        memoryLimitBytes: limit,
        restarts: Math.max(investigation.facts.restarts, container?.restarts ?? 0),
        kills: [...(container?.kills ?? [])],
        endedAt: isRunning ? null : toMillis,
      },
      series: pictureOf(history, leadOf(report)?.class ?? null),
      isRunning,
    };
  }
}

const NO_PROFILES: MissingEvidence = {
  source: '/debug/pprof/heap',
  why: 'a query API has numbers and no profiles',
  costs: 'the code is not named: plimsoll watch or check on the target itself does it',
};
const PARTIAL: MissingEvidence = {
  source: 'the rest of the data behind the query API',
  why: 'it said that it could not ask all of it',
  costs: 'a growth may be missed, and a gap be taken for a restart',
};

const CONTAINER_ALONE: MissingEvidence = {
  source: 'gauges of the runtime',
  why: 'the query API knows the container from outside alone',
  costs:
    'a heap that a collector keeps is not told from memory of C: class native means all that is resident',
};

function wasRestarted(container: Container | null): container is Container {
  return container !== null && ((container.restarts ?? 0) > 0 || container.oomKills > 0);
}

function rowsByKey(batch: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(batch.map((row) => [row.series.target.key, row]));
}

/** The label with most values: a query for some of the targets names theirs. */
function mostTelling(targets: readonly CensusTarget[], labelNames: readonly string[]): string {
  let best = '';
  let most = 0;
  for (const name of labelNames) {
    const values = new Set(targets.map(({ labels }) => labels[name] ?? '')).size;
    if (values > most) [best, most] = [name, values];
  }
  return best;
}

/** What is counted, by class. */
const COUNTED = {
  goroutine: ['goroutines', 'goroutines'],
  fd: ['openFds', 'open files'],
  thread: ['threads', 'threads'],
} as const satisfies Partial<Record<LeakClass, readonly [GaugeName, string]>>;

/** Of what the row is about: a live heap says nothing of descriptors. */
function pictureOf(history: GaugeHistory, lead: LeakClass | null): ScreenedTarget['series'] {
  if (lead === 'goroutine' || lead === 'fd' || lead === 'thread') {
    const [gauge, label] = COUNTED[lead];
    const counts = history.column(gauge);
    if (counts) return { label, values: thin(counts.filter((count) => !Number.isNaN(count))) };
  }
  const life = lead === 'native' ? undefined : findIncarnations(history).at(-1);
  const floor = life ? computeLiveFloor(history, { from: life.firstRow, to: life.endRow }) : null;
  const values = floor?.value ?? history.column('rssBytes');
  if (values === null || values === undefined || values.length === 0) return null;
  return { label: floor ? 'live heap' : 'resident', values: thin(values) };
}

function thin(values: Float64Array): Float64Array {
  const every = Math.ceil(values.length / SPARK_POINTS);
  return values.filter((_, i) => i % every === 0 || i === values.length - 1);
}
