// The words and numbers of the page; units come from src/base/units.ts so that page, terminal and API agree.
import { formatBytes, formatBytesPerHour, formatThreeDigits } from '../../src/base/units.ts';
import { formatEvidenceNumber } from '../../src/model/finding-text.ts';
import type { Culprit, Growth, LeakClass, Verdict } from '../../src/model/finding.ts';

export const VERDICT_WORDS: Readonly<Record<Verdict, { readonly label: string; readonly meaning: string }>> =
  {
    leak: { label: 'Leak', meaning: 'grows without bound' },
    undetermined: { label: 'Undetermined', meaning: 'the evidence does not decide yet' },
    step: { label: 'Step', meaning: 'rose once and stays there' },
    'filling-to-bound': { label: 'Filling to bound', meaning: 'a cache that fills and levels off' },
    'load-driven': { label: 'Load-driven', meaning: 'follows the load up and down' },
    'no-growth': { label: 'No growth', meaning: 'steady' },
  };

export const CLASS_WORDS: Readonly<Record<LeakClass, string>> = {
  thread: 'threads',
  fd: 'file descriptors',
  goroutine: 'goroutines',
  native: 'native memory',
  heap: 'heap',
  retention: 'retention',
};

export const ROLE_WORDS: Readonly<Record<Culprit['role'], string>> = {
  allocates: 'allocates',
  creates: 'starts them',
  blocks: 'where they wait',
  holds: 'keeps it alive',
};

/** `31 MiB/h`, or `3870 goroutines/h` where something is counted. */
export function formatRate(value: number, unit: string): string {
  return unit === 'bytes' ? formatBytesPerHour(value) : `${formatThreeDigits(value)} ${unit}/h`;
}

/** `29 MiB to 34 MiB`; the unit of time stands beside the estimate. */
export function formatInterval(growth: Growth): string {
  const amount = (value: number) => (growth.unit === 'bytes' ? formatBytes(value) : formatThreeDigits(value));
  return `${amount(growth.low)} to ${amount(growth.high)}`;
}

/** `93 %`, `0.4 %`. */
export function formatShare(share: number): string {
  const percent = share * 100;
  return `${percent >= 10 || percent === 0 ? Math.round(percent) : formatThreeDigits(Number(percent.toPrecision(1)))} %`;
}

/** A value of an evidence's numbers: its key names the unit, as everywhere in the project. */
export function formatEvidenceValue(key: string, value: number | string | null): string {
  if (value === null) return 'not known';
  return typeof value === 'string' ? value : formatEvidenceNumber(key, value, formatPlainNumber);
}

/** Counts whole, as `27,884`. */
function formatPlainNumber(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en-US') : formatThreeDigits(value);
}

/** Later than 1973 in milliseconds: a point in time, whatever the name says; no span or count is that large. */
export function isMoment(key: string, value: number | string | null): value is number {
  return typeof value === 'number' && value > 1e11 && /^(from|to)(Millis)?$|at(Millis)?$/i.test(key);
}

/** What every test says of its data; the numbers that decide stand before it. */
const CONTEXT_KEYS: ReadonlySet<string> = new Set([
  'from',
  'fromMillis',
  'to',
  'toMillis',
  'blocks',
  'observations',
  'effectiveSamples',
  'autocorrelation',
  'spikesSetAside',
  'source',
  'loadSource',
  'atMinimumGoal',
  'gogcChanges',
  'snapshots',
  'window',
]);

export function isContext(key: string): boolean {
  return CONTEXT_KEYS.has(key);
}

/** `smallestDetectableBytes` -> `smallest detectable bytes`; words are left as they are. */
export function formatEvidenceKey(key: string): string {
  const bare = key.replace(/^(from|to)Millis$/, '$1');
  return bare.replace(
    /([a-z0-9])([A-Z])/g,
    (_, before: string, letter: string) => `${before} ${letter.toLowerCase()}`,
  );
}

/** `github.com/acme/orders/sub.(*Hub).Subscribe` -> `sub.(*Hub).Subscribe`: cut from the left. */
export function shortFunction(name: string): string {
  const arguments_ = name.indexOf('[');
  const head = arguments_ < 0 ? name : name.slice(0, arguments_);
  return name.slice(head.lastIndexOf('/') + 1);
}
