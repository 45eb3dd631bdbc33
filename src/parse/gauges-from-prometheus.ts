import { PlimsollError } from '../base/errors.ts';
import { decodeText, ReadingBuilder, type GaugeExtract, type MainModule } from './gauge-extract.ts';
import {
  GAUGE_RECIPES,
  KEY_LABELS,
  PROCESS_RECIPES,
  plainName,
  type GaugeRecipe,
} from './prometheus-names.ts';
import { forEachSample, type SampleView } from './prometheus-text.ts';
import { RequestFamilies } from './request-families.ts';
import { RequestRoutes } from './request-routes.ts';

/** What a scrape said under one of the names that the recipes use. */
interface KnownSample {
  /** Of the sample without labels, else of the first one. */
  value: number;
  /** Distinct samples under this name. */
  count: number;
  hasUnlabelled: boolean;
}

const PLAIN_NAMES: ReadonlySet<string> = new Set(
  [...GAUGE_RECIPES, ...PROCESS_RECIPES].flatMap((recipe) => recipe.sumOf),
);
const PROCESS_NAMES: readonly string[] = PROCESS_RECIPES.flatMap((recipe) => recipe.sumOf);

/** Services with more than one namespaced process collector are ambiguous after the second: no need for more. */
const MAX_NAMESPACES = 8;

/**
 * Gauges of a `/metrics` body: client_golang's default names, all runtime/metrics names, OpenTelemetry's names, and
 * the process collector with or without a namespace (`orders_process_open_fds`: only when exactly one is there).
 *
 * Two samples under one name that should stand alone (a proxy or a collector that serves several processes) are not
 * used: nobody can say which one is this process, unless `match` does: then only samples that carry every one of these
 * labels with this value count. `requestsTotal` is the sum of one family, see request-families.ts; pass the
 * family of the last reading as `pinnedRequestsFamily` to keep it.
 *
 * @param where URL or file, for errors.
 * @throws PlimsollError TARGET_NOT_METRICS, METRICS_INVALID; see forEachSample.
 */
export function gaugesFromPrometheus(
  body: Uint8Array | string,
  options: {
    readonly where?: string;
    readonly pinnedRequestsFamily?: string | null;
    readonly match?: LabelMatch;
  } = {},
): GaugeExtract {
  const builder = new ReadingBuilder();
  const known = new Map<string, KnownSample>();
  const namespaces = new Map<string, Map<string, KnownSample>>();
  const requests = new RequestFamilies();
  const routes = new RequestRoutes();
  let goVersion: string | null = null;
  let module: MainModule | null = null;

  if (typeof body !== 'string' && looksLikeUtf16(body)) {
    const where = options.where === undefined ? {} : { where: options.where };
    throw new PlimsollError('METRICS_INVALID', 'parse', 'the page is in UTF-16, UTF-8 expected', where);
  }
  const text = typeof body === 'string' ? body : decodeText(body);
  const match = Object.entries(options.match ?? {});
  let matching = 0;
  const offered = new Map<string, Set<string>>();
  const summary = forEachSample(
    text,
    (sample) => {
      if (match.length > 0 && !isMatching(sample, match)) {
        if (matching === 0) noteOffered(offered, sample, match);
        return;
      }
      matching++;
      const name = plainName(sample.name);
      if (PLAIN_NAMES.has(name)) {
        note(known, name, sample);
      } else if (KEY_LABELS.has(name)) {
        note(known, `${name}{${keyLabel(name, sample) ?? ''}}`, sample);
      } else if (name === 'go_info') {
        goVersion ??= sample.label('version');
      } else if (name === 'go_build_info') {
        module ??= readBuildInfo(sample);
      } else if (!noteNamespaced(namespaces, sample)) {
        requests.add(name, sample.value, sample.type);
        // Known from the second scrape on: which family it is, is decided when all of them were seen.
        if (name === options.pinnedRequestsFamily) routes.add(sample);
      }
    },
    options.where,
  );

  for (const warning of summary.warnings) builder.warn(`line ${warning.line}: ${warning.reason}`);
  if (match.length > 0 && matching === 0 && summary.samples > 0) {
    builder.warn(
      `none of ${summary.samples} samples has the labels ${formatMatch(match)}: ${describeOffered(offered, match)}`,
    );
  }
  if (summary.badLines > summary.warnings.length) builder.warn(`${summary.badLines} bad lines in all`);
  for (const recipe of GAUGE_RECIPES) apply(builder, recipe, known);
  applyProcess(builder, known, namespaces);
  const chosen = requests.choose(options.pinnedRequestsFamily ?? null);
  if (chosen) builder.put('requestsTotal', chosen.total, chosen.family);
  const requestsFamily = chosen?.family ?? null;
  const isPinned = requestsFamily !== null && requestsFamily === options.pinnedRequestsFamily;
  return builder.finish({ goVersion, module, requestsFamily, routes: isPinned ? routes.finish() : null });
}

/** Labels by name; a sample must carry all of them. */
export type LabelMatch = Readonly<Record<string, string>>;

function isMatching(sample: SampleView, match: readonly (readonly [string, string])[]): boolean {
  return match.every(([name, value]) => sample.label(name) === value);
}

/** Values of a label that are shown where none of them was asked for. */
const MAX_OFFERED = 5;

/** What the page has for the labels that were asked for. */
function noteOffered(
  offered: Map<string, Set<string>>,
  sample: SampleView,
  match: readonly (readonly [string, string])[],
): void {
  for (const [name] of match) {
    const value = sample.label(name);
    if (value === null) continue;
    const values = offered.get(name) ?? new Set();
    if (values.size < MAX_OFFERED) values.add(value);
    offered.set(name, values);
  }
}

function describeOffered(
  offered: ReadonlyMap<string, ReadonlySet<string>>,
  match: readonly (readonly [string, string])[],
): string {
  return match
    .map(([name]) => {
      const values = [...(offered.get(name) ?? [])].map((value) => JSON.stringify(value));
      const more = values.length === MAX_OFFERED ? ' and perhaps more' : '';
      return values.length === 0 ? `it has no label ${name}` : `its ${name} are ${values.join(', ')}${more}`;
    })
    .join('; ');
}

/** By its mark, or by a zero in every other place at its beginning: text in UTF-8 has none. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return true;
  return bytes.length >= 4 && ((a === 0 && c === 0) || (b === 0 && d === 0));
}

function formatMatch(match: readonly (readonly [string, string])[]): string {
  return `{${match.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
}

/** The label that tells samples of one name apart; with UTF-8 names its own name has dots. */
function keyLabel(name: string, sample: SampleView): string | null {
  const label = KEY_LABELS.get(name) ?? '';
  return sample.label(label) ?? sample.label(label.replaceAll('_', '.'));
}

function note(known: Map<string, KnownSample>, name: string, sample: SampleView): void {
  const isPlain = sample.labelCount === 0;
  const seen = known.get(name);
  if (!seen) {
    known.set(name, { value: sample.value, count: 1, hasUnlabelled: isPlain });
    return;
  }
  if (isPlain && !seen.hasUnlabelled) {
    seen.value = sample.value;
    seen.hasUnlabelled = true;
  }
  seen.count++;
}

/** `orders_process_open_fds` -> namespace `orders`. @returns whether it was one. */
function noteNamespaced(namespaces: Map<string, Map<string, KnownSample>>, sample: SampleView): boolean {
  const at = sample.name.indexOf('_process_');
  if (at <= 0) return false;
  const plain = sample.name.slice(at + 1);
  if (!PROCESS_NAMES.includes(plain)) return false;
  const namespace = sample.name.slice(0, at);
  let known = namespaces.get(namespace);
  if (!known) {
    if (namespaces.size === MAX_NAMESPACES) return true;
    known = new Map();
    namespaces.set(namespace, known);
  }
  note(known, plain, sample);
  return true;
}

function applyProcess(
  builder: ReadingBuilder,
  known: ReadonlyMap<string, KnownSample>,
  namespaces: ReadonlyMap<string, ReadonlyMap<string, KnownSample>>,
): void {
  const [only] = namespaces.values();
  if (PROCESS_NAMES.some((name) => known.has(name)) || only === undefined) {
    for (const recipe of PROCESS_RECIPES) apply(builder, recipe, known);
  } else if (namespaces.size === 1) {
    for (const recipe of PROCESS_RECIPES) apply(builder, recipe, only);
  } else {
    const names = [...namespaces.keys()].map((name) => `${name}_process_*`).join(', ');
    builder.warn(`${names}: cannot tell which of them is this process, none is used`);
  }
}

function apply(builder: ReadingBuilder, recipe: GaugeRecipe, known: ReadonlyMap<string, KnownSample>): void {
  if (builder.has(recipe.gauge)) return;
  let sum = 0;
  for (const name of recipe.sumOf) {
    const sample = known.get(name);
    if (!sample) return;
    if (sample.count > 1 && !sample.hasUnlabelled) {
      builder.warn(
        `${name} has ${sample.count} samples with different labels: cannot tell which one is this process`,
      );
      return;
    }
    sum += sample.value;
  }
  builder.put(recipe.gauge, sum * recipe.factor, recipe.sumOf.join(' + '));
}

/** `go_build_info{path="example.com/orders",version="v1.4.2",checksum=""} 1`. */
function readBuildInfo(sample: SampleView): MainModule | null {
  const path = sample.label('path') ?? '';
  const version = sample.label('version') ?? '';
  // What collectors.NewBuildInfoCollector says in a binary without build information.
  if (path === '' || path === 'unknown' || path === 'command-line-arguments') return null;
  return { path, version: version === '' || version === 'unknown' || version === '(devel)' ? null : version };
}
