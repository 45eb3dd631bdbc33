import type { PlimsollError } from '../base/errors.ts';
import type { FetchOutcome, RequestName } from '../collect/source.ts';
import type { Millis } from '../base/units.ts';
import type { MissingEvidence } from '../model/finding.ts';
import type { RawEvidence } from '../model/raw-evidence.ts';
import type { SourceStatus } from '../model/status.ts';

/**
 * What each request to one target has come to: last success, last error with advice, and what answering has cost
 * the target. Bounded by the number of request names.
 */
export class SourceStatuses {
  readonly #statuses = new Map<RequestName, SourceStatus>();

  /** Announces a request that will be made, or is not offered (`off`). What was counted before stays. */
  expect(request: RequestName, where: string, state: 'waiting' | 'off'): void {
    const known = this.#statuses.get(request);
    if (known) {
      known.where = where;
      known.state = state;
      return;
    }
    this.#statuses.set(request, {
      request,
      where,
      state,
      lastOkAt: null,
      lastTriedAt: null,
      nextTryAt: null,
      failuresInARow: 0,
      error: null,
      requests: 0,
      receivedBytes: 0,
      tookMillisTotal: 0,
    });
  }

  /**
   * @param decodeError of bytes that arrived but could not be decoded.
   * @returns what is wrong with this request from now on and was not before; null when nothing is new.
   */
  record(
    outcome: FetchOutcome,
    atMillis: Millis,
    decodeError: PlimsollError | null = null,
  ): PlimsollError | null {
    const status = this.#statuses.get(outcome.request) ?? this.#added(outcome.request);
    status.requests++;
    status.lastTriedAt = atMillis;
    status.tookMillisTotal += outcome.tookMillis;
    if (outcome.kind === 'ok') status.receivedBytes += outcome.receivedBytes;
    const error = outcome.kind === 'failed' ? outcome.error : decodeError;
    if (error) return this.fail(outcome.request, error);
    status.state = 'ok';
    status.lastOkAt = atMillis;
    status.failuresInARow = 0;
    status.error = null;
    return null;
  }

  /** See `record`. */
  fail(request: RequestName, error: PlimsollError): PlimsollError | null {
    const status = this.#statuses.get(request) ?? this.#added(request);
    const isNew = status.state !== 'failing';
    status.state = 'failing';
    status.failuresInARow++;
    status.error = { code: error.code, stage: error.stage, message: error.message, advice: error.advice };
    return isNew ? error : null;
  }

  /** null when it was never announced or made. */
  of(request: RequestName): Readonly<SourceStatus> | null {
    return this.#statuses.get(request) ?? null;
  }

  setNextTry(requests: readonly RequestName[], atMillis: Millis | null): void {
    for (const request of requests) {
      const status = this.#statuses.get(request);
      if (status && status.state !== 'off') status.nextTryAt = atMillis;
    }
  }

  list(): SourceStatus[] {
    return [...this.#statuses.values()].map((status) => ({ ...status }));
  }

  /** Requests that fail, and profiles that are not offered: what a report lacks. */
  missing(): MissingEvidence[] {
    return [...this.#statuses.values()]
      .filter(
        ({ state, request }) => state === 'failing' || (state === 'off' && request.startsWith('profile:')),
      )
      .map(({ request, state, where, error }) => ({
        source: request,
        why: state === 'off' ? where : error === null ? 'it fails' : `${error.message}. ${error.advice}`,
        costs: lossOf(request),
      }));
  }

  #added(request: RequestName): SourceStatus {
    this.expect(request, request, 'waiting');
    const status = this.#statuses.get(request);
    if (!status) throw new Error(`status of ${request} was not added`);
    return status;
  }
}

/** What cannot be said without the answers to a request. */
export function lossOf(request: string): string {
  return LOSSES.get(request) ?? 'a part of the evidence';
}

const LOSSES: ReadonlyMap<string, string> = new Map([
  ['metrics', 'its gauges: another source has to stand in, and requests are not counted'],
  ['vars', 'the gauges of the heap'],
  ['memstats', 'the gauges of the heap'],
  ['proc', 'memory outside of Go is not told from mapped files, and the limit of the cgroup is not known'],
  ['gctrace', 'the live heap where no exporter gives it'],
  ['profile:heap', 'the code that allocates what stays cannot be named'],
  ['profile:goroutine', 'goroutines that never end cannot be named'],
  ['profile:goroutine-dump', 'who starts goroutines that never end'],
]);

/** What this machine says of a target: it answers also where the target does not. */
export function isLocalRequest(request: string): boolean {
  return request === 'proc' || request === 'gctrace';
}

/** up: gauges answer (those of this machine where there are no others; profiles where those are all that is pushed). degraded: gauges answer, something else fails. down: no gauge source answers. */
export function stateOf(statuses: readonly SourceStatus[]): 'waiting' | 'up' | 'degraded' | 'down' {
  const tried = statuses.filter((s) => s.state === 'ok' || s.state === 'failing');
  if (tried.length === 0) return 'waiting';
  const asked = tried.filter((s) => !s.request.startsWith('profile:'));
  const gauges = asked.length > 0 || isPull(statuses) ? asked : tried;
  const isLocalAlone = gauges.every((s) => isLocalRequest(s.request));
  const answering = gauges.filter((s) => s.state === 'ok' && (isLocalAlone || !isLocalRequest(s.request)));
  if (answering.length === 0) return 'down';
  return tried.some((s) => s.state === 'failing') ? 'degraded' : 'up';
}

function isPull(statuses: readonly SourceStatus[]): boolean {
  return statuses.some(({ request, state }) => !request.startsWith('profile:') && state !== 'off');
}

/** The request that evidence answers, for statuses; null for what nobody asked for. */
export function requestOf(evidence: RawEvidence): RequestName | null {
  switch (evidence.kind) {
    case 'metrics':
    case 'vars':
    case 'proc':
      return evidence.kind;
    case 'profile':
      return `profile:${evidence.profile}`;
    case 'log-line':
      return 'gctrace';
    case 'event':
      return null;
  }
}
