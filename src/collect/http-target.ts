import { PlimsollError } from '../base/errors.ts';
import type { Bytes, Millis } from '../base/units.ts';
import type { ProfileKind, RawEvidence } from '../model/raw-evidence.ts';
import type { Endpoint, Target } from '../model/target.ts';
import { gaugesFromPrometheus } from '../parse/gauges-from-prometheus.ts';
import { checkMetricsBody, checkProtoProfile, checkTextProfile, checkVarsBody } from './check-body.ts';
import { findListeningPid, type FoundPid } from './find-pid.ts';
import {
  createHttpClient,
  GAUGES_MAX_BYTES,
  GAUGES_TIMEOUT_MILLIS,
  PROFILE_MAX_BYTES,
  PROFILE_TIMEOUT_MILLIS,
  splitCredentials,
  type HttpAnswer,
  type HttpClient,
} from './http-get.ts';
import { createProcReader, readProcessIdentity, type ProcReader } from './proc.ts';
import { shownUrl } from './readable-failure.ts';
import { confirmProcess, type ProcessClaims } from './same-process.ts';
import type { FetchOutcome, RequestName, TargetSource } from './source.ts';
import type { ProcOptions } from './system-file.ts';

export interface HttpTargetOptions {
  /** Shared connections; one of its own otherwise. */
  readonly client?: HttpClient;
  readonly gaugesTimeoutMillis?: Millis;
  readonly profileTimeoutMillis?: Millis;
  readonly gaugesMaxBytes?: Bytes;
  readonly profileMaxBytes?: Bytes;
  /** Where /proc lies. */
  readonly proc?: ProcOptions;
  /** Finds the process again after it was restarted under another number; null turns that off. By default by its URL. */
  readonly findPid?: ((claims: ProcessClaims) => Promise<FoundPid>) | null;
}

/** Text format 0.0.4 first: OpenMetrics and protobuf say the same at more cost. */
const ACCEPT_METRICS = 'text/plain;version=0.0.4;q=1,*/*;q=0.1';

/** One of these names is in every scrape with client_golang's Go collector, runtime/metrics or OpenTelemetry. */
const GO_HEAP_NAMES = [
  'go_memstats_heap_alloc_bytes',
  'go_memory_classes_heap_objects_bytes',
  'go_gc_heap_live_bytes',
  'process_runtime_go_mem_heap_alloc',
  'go_memory_gc_goal',
  'go.memory.gc.goal',
];

/** A CPU profile must end well before the time limit of the request. */
const CPU_PROFILE_SECONDS = 10;

/**
 * A target over HTTP, and over /proc when its process runs here.
 *
 * Gauges come from `metrics`; when that answers with something else, or without Go's gauges, `vars` is asked too, and then
 * the MemStats trailer of `heap?debug=1` (evidence: a heap profile in text form). A target that does not answer at all is
 * not asked again in the same round, unless the next source is another host or port. `proc` is read meanwhile. Everything
 * that is asked at the beginning of a round carries the time of its beginning.
 *
 * Failures are outcomes, never exceptions; bytes are as they were received.
 *
 * @throws PlimsollError ARGUMENTS_INVALID when one of the target's URLs is none.
 */
export function createHttpTarget(
  target: Target,
  clock: { now(): Millis },
  options: HttpTargetOptions = {},
): TargetSource {
  for (const endpoint of [target.metrics, target.vars, target.pprof]) {
    if (endpoint) splitCredentials(endpoint.url);
  }
  const client = options.client ?? createHttpClient();
  const fetcher = new Fetcher(client, clock, options);
  const proc = target.pid === null ? null : new LocalProcess(target.pid, target, options);
  return {
    async fetchGauges(signal) {
      const atMillis = clock.now();
      const asked = fetcher.fetchFirstGauges(target, atMillis, signal);
      const [overHttp, fromProc] = await Promise.all([asked, proc?.fetch(atMillis, asked) ?? null]);
      return fromProc === null ? overHttp : [...overHttp, fromProc];
    },
    fetchProfile: (kind, wish, signal) => fetcher.fetchProfile(target, kind, wish, signal),
  };
}

type ProfileWish = Parameters<TargetSource['fetchProfile']>[1];

class Fetcher {
  readonly #client: HttpClient;
  readonly #clock: { now(): Millis };
  readonly #options: HttpTargetOptions;

  constructor(client: HttpClient, clock: { now(): Millis }, options: HttpTargetOptions) {
    this.#client = client;
    this.#clock = clock;
    this.#options = options;
  }

  async fetchFirstGauges(target: Target, atMillis: Millis, signal: AbortSignal): Promise<FetchOutcome[]> {
    const outcomes: FetchOutcome[] = [];
    const silent = new Set<string>();
    for (const [request, endpoint] of gaugeSources(target)) {
      const origin = new URL(endpoint.url).origin;
      if (silent.has(origin) || signal.aborted) continue;
      const at = outcomes.length === 0 ? atMillis : this.#clock.now();
      const outcome = await this.#fetchGauge(request, endpoint, at, signal);
      outcomes.push(outcome);
      if (outcome.kind === 'ok' && (request !== 'metrics' || holdsGoGauges(outcome.evidence.bytes))) break;
      if (outcome.kind === 'failed' && isSilence(outcome.error)) silent.add(origin);
    }
    return outcomes;
  }

  #fetchGauge(
    request: GaugeRequest,
    endpoint: Endpoint,
    atMillis: Millis,
    signal: AbortSignal,
  ): Promise<FetchOutcome> {
    const limits = {
      timeoutMillis: this.#options.gaugesTimeoutMillis ?? GAUGES_TIMEOUT_MILLIS,
      maxBytes: this.#options.gaugesMaxBytes ?? GAUGES_MAX_BYTES,
      headers: endpoint.headers,
      access: endpoint.access,
      signal,
    };
    const where = shownUrl(endpoint.url);
    return measured(request, async () => {
      switch (request) {
        case 'metrics': {
          const answer = await this.#client.get(endpoint.url, { ...limits, accept: ACCEPT_METRICS });
          checkMetricsBody(answer, where);
          return [{ kind: 'metrics', atMillis, bytes: answer.bytes }, answer];
        }
        case 'vars': {
          const answer = await this.#client.get(endpoint.url, limits);
          checkVarsBody(answer, where);
          return [{ kind: 'vars', atMillis, bytes: answer.bytes }, answer];
        }
        case 'memstats': {
          // Its stacks make it larger than any scrape.
          const maxBytes = this.#options.profileMaxBytes ?? PROFILE_MAX_BYTES;
          const answer = await this.#client.get(endpoint.url, { ...limits, maxBytes });
          checkTextProfile(answer, where);
          return [{ kind: 'profile', profile: 'heap', form: 'text', atMillis, bytes: answer.bytes }, answer];
        }
      }
    });
  }

  fetchProfile(
    target: Target,
    kind: ProfileKind,
    wish: ProfileWish,
    signal: AbortSignal,
  ): Promise<FetchOutcome> {
    const atMillis = this.#clock.now();
    return measured(`profile:${kind}`, async () => {
      const url = target.pprof === null ? null : profileUrl(target.pprof.url, kind, wish);
      if (target.pprof === null || url === null) {
        const fact =
          target.pprof === null ? 'no pprof endpoint is known' : `${kind} profiles are not served over HTTP`;
        throw new PlimsollError('TARGET_NOT_PROFILE', 'collect', fact, {
          where: `${target.service} ${target.instance}`,
        });
      }
      const answer = await this.#client.get(url, {
        timeoutMillis: this.#options.profileTimeoutMillis ?? PROFILE_TIMEOUT_MILLIS,
        maxBytes: this.#options.profileMaxBytes ?? PROFILE_MAX_BYTES,
        headers: target.pprof.headers,
        access: target.pprof.access,
        signal,
      });
      if (wish.form === 'text') checkTextProfile(answer, shownUrl(url));
      else await checkProtoProfile(answer, shownUrl(url));
      return [{ kind: 'profile', profile: kind, form: wish.form, atMillis, bytes: answer.bytes }, answer];
    });
  }
}

type GaugeRequest = Extract<RequestName, 'metrics' | 'vars' | 'memstats'>;

/** Cheapest for the target first. */
function gaugeSources(target: Target): (readonly [GaugeRequest, Endpoint])[] {
  const sources: (readonly [GaugeRequest, Endpoint])[] = [];
  if (target.metrics) sources.push(['metrics', target.metrics]);
  if (target.vars) sources.push(['vars', target.vars]);
  if (target.pprof) {
    const url = profileUrl(target.pprof.url, 'heap', { form: 'text', gc: false });
    if (url !== null) sources.push(['memstats', { ...target.pprof, url }]);
  }
  return sources;
}

/** `.../debug/pprof` + kind + parameters; a query of the base (a token) is kept. Null for what has no endpoint. */
export function profileUrl(base: string, kind: ProfileKind, wish: ProfileWish): string | null {
  if (kind === 'native') return null;
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${kind === 'cpu' ? 'profile' : kind}`;
  if (kind === 'cpu') url.searchParams.set('seconds', String(CPU_PROFILE_SECONDS));
  else if (wish.form === 'text') url.searchParams.set('debug', String(wish.debug ?? 1));
  // Only `heap` knows gc=1; on other profiles it would do nothing.
  if (wish.gc && kind === 'heap') url.searchParams.set('gc', '1');
  return url.href;
}

function holdsGoGauges(bytes: Uint8Array): boolean {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return GO_HEAP_NAMES.some((name) => body.includes(name));
}

/** Nobody is there: the next path of the same server would only cost another time limit. */
function isSilence(error: PlimsollError): boolean {
  return ['TARGET_REFUSED', 'TARGET_TLS', 'TARGET_TIMEOUT', 'ACCESS_INVALID'].includes(error.code);
}

async function measured(
  request: RequestName,
  work: () => Promise<readonly [RawEvidence, Pick<HttpAnswer, 'bytes'>]>,
): Promise<FetchOutcome> {
  const start = performance.now();
  try {
    const [evidence, answer] = await work();
    const tookMillis = performance.now() - start;
    return { kind: 'ok', request, evidence, tookMillis, receivedBytes: answer.bytes.length };
  } catch (error) {
    const known =
      error instanceof PlimsollError
        ? error
        : new PlimsollError('TARGET_REFUSED', 'collect', 'the request failed', { where: request }, error);
    return { kind: 'failed', request, error: known, tookMillis: performance.now() - start };
  }
}

/** /proc of the target, which gets another number when the service is restarted. */
class LocalProcess {
  #reader: ProcReader;
  #command: string | null = null;
  readonly #proc: ProcOptions;
  readonly #findPid: HttpTargetOptions['findPid'];

  constructor(pid: number, target: Target, options: HttpTargetOptions) {
    this.#proc = options.proc ?? {};
    this.#reader = createProcReader(pid, this.#proc);
    const url = (target.metrics ?? target.vars ?? target.pprof)?.url;
    const byUrl =
      url === undefined
        ? null
        : async (claims: ProcessClaims) =>
            confirmProcess(await findListeningPid(splitCredentials(url).url, this.#proc), claims, this.#proc);
    this.#findPid = options.findPid === undefined ? byUrl : options.findPid;
  }

  /** @param asked what the service says of itself in the same round: which process it is by now. */
  fetch(atMillis: Millis, asked: Promise<readonly FetchOutcome[]>): Promise<FetchOutcome> {
    return measured('proc', async () => {
      const bytes = await this.#read().catch(async (error: unknown) => {
        if (await this.#findAgain(claimsOf(await asked))) return this.#read();
        throw error;
      });
      return [{ kind: 'proc', atMillis, bytes }, { bytes }];
    });
  }

  async #read(): Promise<Uint8Array> {
    const bytes = await this.#reader.read();
    this.#command ??= (await readProcessIdentity(this.#reader.pid, this.#proc))?.command ?? null;
    return bytes;
  }

  /** Only a process of the same name is taken for the same service. */
  async #findAgain(claims: ProcessClaims): Promise<boolean> {
    if (!this.#findPid) return false;
    const found = await this.#findPid(claims).catch(() => null);
    if (found === null || found.pid === null) return false;
    if (this.#command !== null && found.command !== this.#command) return false;
    this.#reader = createProcReader(found.pid, this.#proc);
    return true;
  }
}

function claimsOf(outcomes: readonly FetchOutcome[]): ProcessClaims {
  for (const outcome of outcomes) {
    if (outcome.kind === 'ok' && outcome.evidence.kind === 'metrics') {
      return { ...gaugesFromPrometheus(outcome.evidence.bytes), commandLine: null };
    }
  }
  return { reading: {}, goVersion: null, commandLine: null };
}
