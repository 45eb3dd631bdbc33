// Which evidence can a process give? Asked once, when a target is added, and by `doctor`.
import { PlimsollError } from '../base/errors.ts';
import type { GaugeReading } from '../base/gauges.ts';
import type { Bytes, Millis } from '../base/units.ts';
import { PROFILE_KINDS, type ProfileKind } from '../model/raw-evidence.ts';
import type { Access, Endpoint, Target } from '../model/target.ts';
import { hasGoHeapGauges, type MainModule } from '../parse/gauge-extract.ts';
import { gaugesFromMemstatsTrailer } from '../parse/gauges-from-memstats-trailer.ts';
import { gaugesFromPrometheus } from '../parse/gauges-from-prometheus.ts';
import { gaugesFromVars } from '../parse/gauges-from-vars.ts';
import { checkMetricsBody, checkTextProfile, checkVarsBody } from './check-body.ts';
import { findListeningPid, type FoundPid } from './find-pid.ts';
import {
  createHttpClient,
  GAUGES_MAX_BYTES,
  GAUGES_TIMEOUT_MILLIS,
  PROFILE_MAX_BYTES,
  splitCredentials,
  type HttpClient,
} from './http-get.ts';
import { profileUrl } from './http-target.ts';
import { listProbeAddresses, type ExplicitAddresses, type ProbeAddresses } from './probe-addresses.ts';
import { shownUrl } from './readable-failure.ts';
import { confirmProcess, type ProcessClaims } from './same-process.ts';
import type { ProcOptions } from './system-file.ts';

export type ProbeRequest = 'metrics' | 'vars' | 'pprof' | 'memstats' | 'cmdline' | 'pid';

/** One try, kept for `doctor`. */
export type ProbeAttempt =
  | { readonly request: ProbeRequest; readonly where: string; readonly kind: 'ok'; readonly found: string }
  | {
      readonly request: ProbeRequest;
      readonly where: string;
      readonly kind: 'failed';
      readonly error: PlimsollError;
    }
  /** Asked and answered, but of no use; or not possible here. */
  | {
      readonly request: ProbeRequest;
      readonly where: string;
      readonly kind: 'lacking';
      readonly why: string;
    };

export interface ProbeOptions extends ExplicitAddresses {
  readonly service?: string | null;
  readonly instance?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly access?: Access | null;
  /** For pprof where it wants others than `headers` and the credentials of `access`. */
  readonly pprofHeaders?: Readonly<Record<string, string>> | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly module?: string | null;
  readonly memoryLimitBytes?: Bytes | null;
  /** Labels of the one process that is meant, on a page that serves several; only that page is asked then. */
  readonly match?: Readonly<Record<string, string>>;
  /** Known process; otherwise it is looked for when the host is this machine. `false` = do not look. */
  readonly pid?: number | null | false;
  /** The process that listens there, where that is known: it still may pass on what another one says. */
  readonly owner?: FoundPid;
  readonly timeoutMillis?: Millis;
  readonly client?: HttpClient;
  readonly proc?: ProcOptions;
  readonly signal?: AbortSignal;
}

export interface ProbeResult {
  /**
   * What answered, ready to be watched. When nothing did, the endpoints that were named explicitly or are likeliest, so that
   * a target that is down now can be watched for its return.
   */
  readonly target: Target;
  /** Whether at least one source of gauges or profiles answered. */
  readonly isAnswering: boolean;
  readonly attempts: readonly ProbeAttempt[];
  /** Profiles that the index of net/http/pprof lists (`cpu` = `profile`). */
  readonly profileKinds: readonly ProfileKind[];
  /** GA in Go 1.27, an experiment in 1.26: exact leaked goroutines. */
  readonly hasGoroutineLeakProfile: boolean;
  /** Which source of Go heap gauges will be used. */
  readonly gaugeSource: 'metrics' | 'vars' | 'memstats' | null;
  /** What that source says now: `doctor` shows which gauges are missing. */
  readonly reading: GaugeReading;
  readonly goVersion: string | null;
  readonly module: MainModule | null;
  readonly requestsFamily: string | null;
  readonly pid: FoundPid;
}

/**
 * Asks everything at once that could be served at an address, each with the time limit of a scrape. Costs the target a few
 * scrapes, and one `heap?debug=1` only when nothing else gives Go's gauges or pprof shows no index.
 *
 * @param typed what a user types; see listProbeAddresses.
 * @throws PlimsollError ARGUMENTS_INVALID when an address is none. What targets do wrong is in `attempts`.
 */
export async function probeTarget(typed: string, options: ProbeOptions = {}): Promise<ProbeResult> {
  const match = options.match ?? {};
  const isShared = Object.keys(match).length > 0;
  const addresses = isShared ? metricsOnly(typed, options) : listProbeAddresses(typed, options);
  const asker = new Asker(options);
  const entry = enter(options.headers ?? {}, options.access ?? null);
  const pprofEntry = options.pprofHeaders
    ? enter(options.pprofHeaders, options.access && { ...options.access, auth: null })
    : entry;
  try {
    const [metrics, vars, pprof] = await Promise.all([
      asker.askMetrics(addresses.metrics, entry),
      asker.askVars(addresses.vars, entry),
      asker.askPprof(addresses.pprof, pprofEntry),
    ]);
    const hasHeapGauges = metrics?.hasHeapGauges === true || vars !== null;
    const heapBase =
      pprof === null ? asker.pprofWithoutIndex(addresses.pprof) : hasHeapGauges ? null : pprof.url;
    const memstats = await asker.askMemstats(heapBase, pprofEntry);
    const pprofUrl = pprof?.url ?? (memstats === null ? null : heapBase);
    const isAnswering = metrics !== null || vars !== null || pprofUrl !== null;
    const likeliest = isAnswering ? null : addresses;
    const module = metrics?.module ?? null;
    const commandLine = await asker.askCommandLine(pprofUrl, pprofEntry);
    const firstUrl = metrics?.url ?? vars?.url ?? pprofUrl ?? addresses.metrics[0] ?? typed;
    const program = commandLine ?? vars?.commandLine ?? null;
    const reading: GaugeReading = { ...memstats, ...vars?.reading, ...metrics?.reading };
    const claims = { reading, goVersion: metrics?.goVersion ?? null, commandLine: program };
    const pid = await asker.findPid(firstUrl, isAnswering, claims);
    const endpoint = (url: string | null | undefined, by: Entry): Endpoint | null =>
      url === null || url === undefined ? null : { url, ...by };
    return {
      target: {
        service: checkServiceName(
          options.service ?? match['job'] ?? suggestName(module, program) ?? addresses.instance,
        ),
        instance: options.instance ?? instanceOf(match) ?? addresses.instance,
        metrics: endpoint(metrics?.url ?? likeliest?.metrics[0] ?? asker.failing('metrics'), entry),
        vars: endpoint(vars?.url ?? (hasHeapGauges ? null : asker.failing('vars')), entry),
        pprof: endpoint(pprofUrl ?? likeliest?.pprof[0] ?? asker.failing('pprof'), pprofEntry),
        pid: pid.pid,
        module: options.module ?? module?.path ?? null,
        memoryLimitBytes: options.memoryLimitBytes ?? null,
        labels: options.labels ?? {},
        ...(isShared ? { match } : {}),
      },
      isAnswering,
      attempts: asker.attempts,
      profileKinds: pprof?.kinds ?? (memstats === null ? [] : ['heap']),
      hasGoroutineLeakProfile: pprof?.kinds.includes('goroutineleak') ?? false,
      gaugeSource: metrics?.hasHeapGauges ? 'metrics' : vars ? 'vars' : memstats ? 'memstats' : null,
      reading,
      goVersion: claims.goVersion,
      module,
      requestsFamily: metrics?.requestsFamily ?? vars?.requestsFamily ?? null,
      pid,
    };
  } finally {
    asker.close();
  }
}

/** Behind a page that serves several processes stands a collector: its own memory is not what is asked for. */
function metricsOnly(typed: string, options: ProbeOptions): ProbeAddresses {
  const all = listProbeAddresses(typed, options);
  const isNamed = (url: string | null | undefined) => url !== null && url !== undefined;
  return {
    ...all,
    vars: isNamed(options.varsUrl) ? all.vars : [],
    pprof: isNamed(options.pprofUrl) ? all.pprof : [],
  };
}

/** What names one of several processes on a page, as exporters and collectors label it. */
export function instanceOf(match: Readonly<Record<string, string>>): string | null {
  return (
    match['instance'] ?? match['exported_instance'] ?? match['service_instance_id'] ?? match['pod'] ?? null
  );
}

interface FoundMetrics {
  readonly url: string;
  readonly reading: GaugeReading;
  readonly hasHeapGauges: boolean;
  readonly goVersion: string | null;
  readonly module: MainModule | null;
  readonly requestsFamily: string | null;
}

interface FoundVars {
  readonly url: string;
  readonly reading: GaugeReading;
  readonly requestsFamily: string | null;
  readonly commandLine: string | null;
}

/** What is sent with every request to an endpoint. */
type Entry = Pick<Endpoint, 'headers' | 'access'>;

function enter(headers: Endpoint['headers'], access: Access | null | undefined): Entry {
  return access ? { headers, access } : { headers };
}

class Asker {
  readonly attempts: ProbeAttempt[] = [];
  readonly #failing = new Map<ProbeRequest, string>();
  readonly #options: ProbeOptions;
  readonly #client: HttpClient;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#client = options.client ?? createHttpClient();
  }

  close(): void {
    if (this.#options.client === undefined) this.#client.close();
  }

  /**
   * An address that is served, only not well just now or not to us: it goes on being asked, and what is wrong is shown.
   * null for what answered, and for what is not there at all.
   */
  failing(request: ProbeRequest): string | null {
    return this.#failing.get(request) ?? null;
  }

  askMetrics(urls: readonly string[], entry: Entry): Promise<FoundMetrics | null> {
    return this.#firstOf('metrics', urls, async (url) => {
      const answer = await this.#get(url, entry, GAUGES_MAX_BYTES);
      checkMetricsBody(answer, shownUrl(url));
      const { match = {} } = this.#options;
      const extract = gaugesFromPrometheus(answer.bytes, { where: shownUrl(url), match });
      const hasHeapGauges = hasGoHeapGauges(extract.reading);
      const found = `${Object.keys(extract.reading).length} gauges${hasHeapGauges ? '' : ', none of the Go heap'}`;
      return { value: { url, hasHeapGauges, ...extract }, found };
    });
  }

  askVars(urls: readonly string[], entry: Entry): Promise<FoundVars | null> {
    return this.#firstOf('vars', urls, async (url) => {
      const answer = await this.#get(url, entry, GAUGES_MAX_BYTES);
      checkVarsBody(answer, shownUrl(url));
      const extract = gaugesFromVars(answer.bytes, shownUrl(url));
      const found = `${Object.keys(extract.reading).length} gauges`;
      return { value: { url, commandLine: readCmdline(answer.bytes), ...extract }, found };
    });
  }

  askPprof(
    urls: readonly string[],
    entry: Entry,
  ): Promise<{ readonly url: string; readonly kinds: readonly ProfileKind[] } | null> {
    return this.#firstOf('pprof', urls, async (url) => {
      const index = new URL(url);
      index.pathname = `${index.pathname.replace(/\/+$/, '')}/`;
      const answer = await this.#get(index.href, entry, GAUGES_MAX_BYTES);
      const kinds = listIndexedKinds(new TextDecoder().decode(answer.bytes));
      if (kinds.length === 0) {
        throw new PlimsollError('TARGET_NOT_PROFILE', 'collect', 'no index of net/http/pprof', {
          where: shownUrl(index.href),
        });
      }
      return { value: { url, kinds }, found: `profiles: ${kinds.join(', ')}` };
    });
  }

  /** Where somebody answered, but with no index: the handlers alone may be registered. */
  pprofWithoutIndex(bases: readonly string[]): string | null {
    const hasAnswered = this.attempts.some(
      (attempt) =>
        attempt.request === 'pprof' &&
        attempt.kind === 'failed' &&
        (attempt.error.code === 'TARGET_STATUS' || attempt.error.code === 'TARGET_NOT_PROFILE'),
    );
    return hasAnswered ? (bases[0] ?? null) : null;
  }

  async askMemstats(base: string | null, entry: Entry): Promise<GaugeReading | null> {
    if (base === null) return null;
    const url = profileUrl(base, 'heap', { form: 'text', gc: false });
    return this.#firstOf('memstats', url === null ? [] : [url], async (heapUrl) => {
      const answer = await this.#get(heapUrl, entry, PROFILE_MAX_BYTES);
      checkTextProfile(answer, shownUrl(heapUrl));
      const { reading } = gaugesFromMemstatsTrailer(answer.bytes, shownUrl(heapUrl));
      return { value: reading, found: `${Object.keys(reading).length} gauges` };
    });
  }

  /** Arguments of the process, joined by NUL: tells the service from a forwarder that listens in its place. */
  async askCommandLine(base: string | null, entry: Entry): Promise<string | null> {
    if (base === null) return null;
    const url = new URL(base);
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/cmdline`;
    return this.#firstOf('cmdline', [url.href], async (href) => {
      const answer = await this.#get(href, entry, GAUGES_MAX_BYTES);
      const text = new TextDecoder().decode(answer.bytes);
      if (text === '' || answer.contentType === 'text/html') {
        throw new PlimsollError('TARGET_NOT_PROFILE', 'collect', 'no command line', {
          where: shownUrl(href),
        });
      }
      return { value: text, found: text.replaceAll('\0', ' ') };
    });
  }

  async findPid(url: string, isAnswering: boolean, claims: ProcessClaims): Promise<FoundPid> {
    const found = await this.#findPid(url, isAnswering, claims);
    const where = shownUrl(url);
    this.attempts.push(
      found.pid === null
        ? { request: 'pid', where, kind: 'lacking', why: found.reason }
        : { request: 'pid', where, kind: 'ok', found: `process ${found.pid} (${found.command})` },
    );
    return found;
  }

  async #findPid(url: string, isAnswering: boolean, claims: ProcessClaims): Promise<FoundPid> {
    const { pid, owner, proc } = this.#options;
    if (typeof pid === 'number') return { pid, command: 'as given' };
    if (pid === false || this.#options.match !== undefined) return { pid: null, reason: 'not looked for' };
    if (!isAnswering) return { pid: null, reason: 'nothing answers' };
    return confirmProcess(owner ?? (await findListeningPid(splitCredentials(url).url, proc)), claims, proc);
  }

  #get(url: string, entry: Entry, maxBytes: Bytes) {
    return this.#client.get(url, {
      ...entry,
      maxBytes,
      timeoutMillis: this.#options.timeoutMillis ?? GAUGES_TIMEOUT_MILLIS,
      ...(this.#options.signal === undefined ? {} : { signal: this.#options.signal }),
    });
  }

  /** Asks all candidates at once; the first in their order that answers wins. Every outcome is kept. */
  async #firstOf<T>(
    request: ProbeRequest,
    urls: readonly string[],
    ask: (url: string) => Promise<{ readonly value: T; readonly found: string }>,
  ): Promise<T | null> {
    const answers = await Promise.all(
      urls.map(async (url) => {
        try {
          return { url, answer: await ask(url) };
        } catch (error) {
          return { url, error: asPlimsollError(error, url) };
        }
      }),
    );
    const winner = answers.find((one) => one.answer !== undefined);
    for (const { url, answer, error } of answers) {
      const where = shownUrl(url);
      if (error) {
        this.attempts.push({ request, where, kind: 'failed', error });
        if (winner === undefined && isServed(error) && !this.#failing.has(request))
          this.#failing.set(request, url);
      } else if (url === winner?.url) {
        this.attempts.push({ request, where, kind: 'ok', found: answer.found });
      }
    }
    return winner?.answer?.value ?? null;
  }
}

/** Refused to us, or broken: not an address at which there is nothing. */
function isServed({ code, fact }: PlimsollError): boolean {
  if (code === 'TARGET_STATUS') return /^HTTP (401|403|429|5\d\d)\b/.test(fact);
  return code === 'TARGET_TRUNCATED' || code === 'TARGET_TOO_LARGE' || code === 'TARGET_TIMEOUT';
}

function asPlimsollError(error: unknown, url: string): PlimsollError {
  if (error instanceof PlimsollError) return error;
  return new PlimsollError(
    'TARGET_REFUSED',
    'collect',
    'the request failed',
    { where: shownUrl(url) },
    error,
  );
}

/** `<a href='heap?debug=1'>heap</a>`; quotes and parameters differ between Go versions and web frameworks. */
export function listIndexedKinds(html: string): ProfileKind[] {
  const names = new Set<string>();
  for (const match of html.matchAll(/href\s*=\s*["']?(?:[^"'?\s>]*\/)?([a-z]+)(?:\?[^"'\s>]*)?["'\s>]/gi)) {
    names.add((match[1] ?? '').toLowerCase());
  }
  const hasProfile = names.has('profile') && (names.has('heap') || names.has('goroutine'));
  return PROFILE_KINDS.filter((kind) => (kind === 'cpu' ? hasProfile : kind !== 'native' && names.has(kind)));
}

/** `"cmdline": ["/srv/orders", "-addr", ":8080"]` of /debug/vars, joined as pprof does. */
function readCmdline(bytes: Uint8Array): string | null {
  const vars = JSON.parse(new TextDecoder().decode(bytes)) as { cmdline?: unknown };
  return Array.isArray(vars.cmdline) && vars.cmdline.every((part) => typeof part === 'string')
    ? vars.cmdline.join('\0')
    : null;
}

/** Last element of the module's path (without `/v2`), else the program's name. */
export function suggestName(module: MainModule | null, commandLine: string | null): string | null {
  const fromModule = module?.path
    .replace(/\/v\d+$/, '')
    .split('/')
    .at(-1);
  const program = commandLine
    ?.split('\0')[0]
    ?.split(/[\\/]/)
    .at(-1)
    ?.replace(/\.exe$/, '');
  const name = fromModule ?? program ?? '';
  return name === '' ? null : name;
}

/** @throws PlimsollError ARGUMENTS_INVALID: the key of a target is `service/instance`. */
export function checkServiceName(name: string): string {
  if (name.trim() !== '' && !name.includes('/')) return name;
  throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'a service name without a slash expected', {
    value: name,
  });
}
