// Range queries of any size, in pieces that the API answers and this process can hold.
import { PlimsollError } from '../../base/errors.ts';
import type { PrometheusApi } from '../../collect/prometheus-api.ts';
import type { SeriesView } from '../../parse/query-answer.ts';
import { splitGrid, type Grid } from './grid.ts';

/** Points in one answer, some 25 bytes each: what a server holds in memory while it writes the answer. */
export const MAX_POINTS_PER_QUERY = 4_000_000;
/** A query that was too much for the API is halved this many times before it counts as an error. */
const MAX_HALVINGS = 4;
/** A team's Prometheus has other things to do as well. */
export const QUERIES_AT_ONCE = 2;

export interface SeriesRequest {
  readonly grid: Grid;
  /** Of one part of the targets; null = of all that the user selected. */
  readonly query: (part: readonly string[] | null) => string;
  /** Values of the label by which targets can be told apart in parts. */
  readonly parts: readonly string[];
  /** Whether the parts are all there are: no matcher is needed then. */
  readonly isAll: boolean;
  /** Series of one part, about. */
  readonly seriesPerPart: number;
  readonly take: (series: SeriesView) => void;
}

export interface FetchNotes {
  readonly warnings: Set<string>;
  isPartial: boolean;
}

/** What it is asked with, and what is learnt on the way. */
export interface Asking {
  readonly api: PrometheusApi;
  readonly notes: FetchNotes;
  readonly signal: AbortSignal | undefined;
}

/** @throws PlimsollError as PrometheusApi; a query that the API gives up on is asked in halves first. */
export async function fetchSeries(asking: Asking, request: SeriesRequest): Promise<void> {
  for (const grid of splitGrid(request.grid)) {
    const perQuery = Math.floor(MAX_POINTS_PER_QUERY / (grid.points * Math.max(1, request.seriesPerPart)));
    const size = Math.max(1, perQuery);
    for (let from = 0; from < request.parts.length; from += size) {
      const parts = request.parts.slice(from, from + size);
      const isAll = request.isAll && parts.length === request.parts.length;
      await fetchParts(asking, { ...request, grid }, isAll ? null : parts, parts, 0);
    }
  }
}

async function fetchParts(
  asking: Asking,
  request: SeriesRequest,
  matched: readonly string[] | null,
  parts: readonly string[],
  halvings: number,
): Promise<void> {
  const { api, notes, signal } = asking;
  try {
    const answer = await api.queryRange(
      request.query(matched),
      request.grid,
      { series: request.take },
      signal,
    );
    for (const warning of answer.warnings) notes.warnings.add(warning);
    notes.isPartial ||= answer.isPartial;
  } catch (error) {
    if (!isTooMuch(error) || parts.length < 2 || halvings === MAX_HALVINGS || signal?.aborted) throw error;
    const middle = Math.ceil(parts.length / 2);
    for (const half of [parts.slice(0, middle), parts.slice(middle)]) {
      await fetchParts(asking, request, half, half, halvings + 1);
    }
  }
}

function isTooMuch(error: unknown): boolean {
  if (!(error instanceof PlimsollError)) return false;
  return ['QUERY_TOO_LARGE', 'TARGET_TIMEOUT', 'TARGET_TOO_LARGE', 'TARGET_TRUNCATED'].includes(error.code);
}

/** All of them, some at a time; the first failure ends it. */
export async function runSome(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let task = tasks[next++]; task; task = tasks[next++]) await task();
  };
  await Promise.all(Array.from({ length: QUERIES_AT_ONCE }, worker));
}
