// The command line of `plimsoll profile`, spelled as that of `go tool pprof`.
import { PlimsollError } from '../base/errors.ts';
import { parseSize } from '../base/quantities.ts';
import { MIB, type Bytes } from '../base/units.ts';
import { parseListen } from '../config/listen.ts';
import type { Settings } from '../config/settings.ts';
import type { Access } from '../model/target.ts';
import type { Granularity } from '../profile/reports/options.ts';
import type { ReportSettings } from '../profile/reports/settings.ts';
import { parseGoFlags, splitFlag, type FlagKinds, type GoFlags } from './go-flags.ts';

/** What a person asked for. */
export interface ProfileRequest {
  readonly report: string;
  /** First operand of peek and list. */
  readonly symbol: string | null;
  readonly sources: readonly string[];
  /** Empty = no base; at most one, as the last -base counts. */
  readonly bases: readonly string[];
  /** -diff_base: base samples stay apart, and percentages refer to them. */
  readonly isDiffBase: boolean;
  readonly isNormalized: boolean;
  readonly fetch: FetchSettings;
  readonly symbols: SymbolSettings;
  readonly settings: ReportSettings;
  /** null = standard output. */
  readonly output: string | null;
  /** Where `ui` serves its page; null = not given. */
  readonly listen: Settings['listen'] | null;
}

export interface FetchSettings {
  /** -1 = not given. */
  readonly seconds: number;
  readonly timeoutSeconds: number;
  /** Of one decompressed source. */
  readonly maxBytes: Bytes;
  /** For https URLs; null = as the system has it. */
  readonly access: Access | null;
}

export interface SymbolSettings {
  /** -symbolize, in lower case. */
  readonly mode: string;
  readonly buildId: string;
  readonly comment: string;
}

/** The same as of google/pprof's command, plus --max-bytes and --listen. */
const FLAGS: FlagKinds = {
  base: 'string',
  diff_base: 'string',
  normalize: 'bool',
  symbolize: 'string',
  buildid: 'string',
  add_comment: 'string',
  tools: 'string',
  timeout: 'int',
  seconds: 'int',
  tls_cert: 'string',
  tls_key: 'string',
  tls_ca: 'string',
  http: 'string',
  no_browser: 'bool',
  inuse_space: 'bool',
  inuse_objects: 'bool',
  alloc_space: 'bool',
  alloc_objects: 'bool',
  total_delay: 'bool',
  contentions: 'bool',
  mean_delay: 'bool',
  output: 'string',
  call_tree: 'bool',
  relative_percentages: 'bool',
  unit: 'string',
  compact_labels: 'bool',
  source_path: 'string',
  trim_path: 'string',
  intel_syntax: 'bool',
  mean: 'bool',
  sample_index: 'string',
  divide_by: 'float',
  cum: 'bool',
  flat: 'bool',
  tagroot: 'string',
  tagleaf: 'string',
  drop_negative: 'bool',
  nodecount: 'int',
  nodefraction: 'float',
  edgefraction: 'float',
  trim: 'bool',
  focus: 'string',
  ignore: 'string',
  prune_from: 'string',
  hide: 'string',
  show: 'string',
  show_from: 'string',
  tagfocus: 'string',
  tagignore: 'string',
  tagshow: 'string',
  taghide: 'string',
  noinlines: 'bool',
  showcolumns: 'bool',
  functions: 'bool',
  filefunctions: 'bool',
  files: 'bool',
  lines: 'bool',
  addresses: 'bool',
  'max-bytes': 'string',
  listen: 'string',
};

const GRANULARITIES = ['functions', 'filefunctions', 'files', 'lines', 'addresses'] as const;

/** Shorthands for a sample type, in the order in which they win. */
const SHORTHANDS: readonly (readonly [flag: string, type: string])[] = [
  ['total_delay', 'delay'],
  ['mean_delay', 'delay'],
  ['contentions', 'contentions'],
  ['inuse_space', 'inuse_space'],
  ['inuse_objects', 'inuse_objects'],
  ['alloc_space', 'alloc_space'],
  ['alloc_objects', 'alloc_objects'],
];

/** A real profile of 100,000 stacks is some 20 MiB; a gzip bomb is stopped here. */
const DEFAULT_MAX_BYTES = 128 * MIB;

/**
 * @param words behind the name of the report.
 * @param hasSymbol whether the first operand is a regular expression.
 * @throws PlimsollError ARGUMENTS_INVALID
 */
export function parseProfileFlags(
  report: string,
  words: readonly string[],
  { hasSymbol, warn }: { readonly hasSymbol: boolean; readonly warn: (line: string) => void },
): ProfileRequest {
  // The expression may stand before the flags, and may begin with a dash: it is one unless it is a flag's name.
  const isSymbolFirst = hasSymbol && words.length > 0 && !isKnownFlag(words[0]);
  const flags = new Flags(parseGoFlags(isSymbolFirst ? words.slice(1) : words, FLAGS));
  const operands = [...(isSymbolFirst ? [words[0]] : []), ...flags.operands];
  const symbol = hasSymbol ? (operands.shift() ?? null) : null;
  if (hasSymbol && (symbol === null || symbol === ''))
    throw invalid(`${report} needs a regular expression as its first operand`);
  if (operands.length === 0) throw invalid('no profile is named');
  const listen = listenAddress(report, flags, operands);
  const [base, diffBase] = [flags.text('base'), flags.text('diff_base')];
  if (base !== '' && diffBase !== '') throw invalid('-base and -diff_base exclude each other');
  const bases = [base, diffBase].filter((file) => file !== '');
  if (flags.bool('normalize') && bases.length === 0) throw invalid('needs -base or -diff_base', '-normalize');
  return {
    report,
    symbol,
    sources: operands,
    bases,
    isDiffBase: diffBase !== '',
    isNormalized: flags.bool('normalize'),
    fetch: {
      seconds: flags.number('seconds', -1),
      timeoutSeconds: flags.number('timeout', -1),
      maxBytes: maxBytes(flags.text('max-bytes')),
      access: tlsAccess(flags),
    },
    symbols: {
      mode: flags.text('symbolize').toLowerCase(),
      buildId: flags.text('buildid'),
      comment: flags.text('add_comment'),
    },
    settings: reportSettings(flags, warn),
    output: flags.text('output') === '' ? null : flags.text('output'),
    listen,
  };
}

/** --listen, or -http as go tool pprof has it: `:` and `localhost:` leave the port open. */
function listenAddress(report: string, flags: Flags, operands: readonly string[]): ProfileRequest['listen'] {
  const field = ['--listen', '-http'].find((flag) => flags.text(flag.replace(/^-+/, '')) !== '');
  if (report !== 'ui') {
    if (field === undefined && !flags.bool('no_browser')) return null;
    throw invalid(`a page is served by "plimsoll profile ui ${operands.join(' ')}"`, field ?? '-no_browser');
  }
  if (field === undefined) return null;
  const value = flags.text(field.replace(/^-+/, ''));
  const address = parseListen(value.endsWith(':') ? `${value}0` : value);
  if (address !== null) return address;
  throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs an address such as 127.0.0.1:8080', {
    field,
    value,
  });
}

function isKnownFlag(word: string): boolean {
  if (!word.startsWith('-') || word.startsWith('---') || /^-+=/.test(word)) return false;
  const flag = splitFlag(word);
  return flag === 'end' || (flag !== null && Object.hasOwn(FLAGS, flag.name));
}

function reportSettings(flags: Flags, warn: (line: string) => void): ReportSettings {
  const granularity = flags.choice<Granularity>(GRANULARITIES) ?? 'functions';
  const sort = flags.choice(['cum', 'flat'] as const) ?? 'flat';
  return {
    sampleIndex: sampleIndex(flags, warn),
    isMean: flags.bool('mean') || flags.bool('mean_delay'),
    unit: flags.has('unit') ? flags.text('unit') : 'minimum',
    divideBy: flags.number('divide_by', 1),
    granularity,
    sort,
    noInlines: flags.bool('noinlines'),
    showColumns: flags.bool('showcolumns'),
    callTree: flags.bool('call_tree'),
    relativePercentages: flags.bool('relative_percentages'),
    compactLabels: flags.bool('compact_labels'),
    dropNegative: flags.bool('drop_negative'),
    trim: flags.bool('trim', true),
    nodeCount: flags.number('nodecount', -1),
    nodeFraction: flags.number('nodefraction', 0.005),
    edgeFraction: flags.number('edgefraction', 0.001),
    tagRoot: flags.text('tagroot'),
    tagLeaf: flags.text('tagleaf'),
    sourcePath: flags.text('source_path'),
    trimPath: flags.text('trim_path'),
    focus: flags.text('focus'),
    ignore: flags.text('ignore'),
    hide: flags.text('hide'),
    show: flags.text('show'),
    showFrom: flags.text('show_from'),
    tagFocus: flags.text('tagfocus'),
    tagIgnore: flags.text('tagignore'),
    tagShow: flags.text('tagshow'),
    tagHide: flags.text('taghide'),
    pruneFrom: flags.text('prune_from'),
  };
}

function sampleIndex(flags: Flags, warn: (line: string) => void): string {
  let index = flags.text('sample_index');
  for (const [flag, type] of SHORTHANDS) {
    if (!flags.bool(flag)) continue;
    if (index === '') index = type;
    else warn(`Multiple value selections, ignoring -${flag}`);
  }
  return index;
}

function tlsAccess(flags: Flags): Access | null {
  const [ca, cert, key] = ['tls_ca', 'tls_cert', 'tls_key'].map((name) => flags.text(name) || null);
  if ((cert === null) !== (key === null))
    throw invalid('-tls_cert and -tls_key belong together', cert === null ? '-tls_key' : '-tls_cert');
  if (ca === null && cert === null) return null;
  return { tls: { ca, cert, key, serverName: null }, auth: null };
}

function maxBytes(text: string): Bytes {
  if (text === '') return DEFAULT_MAX_BYTES;
  const bytes = parseSize(text);
  if (bytes !== null && bytes > 0) return bytes;
  throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs a size such as 512MiB', {
    field: '--max-bytes',
    value: text,
  });
}

/** The last value of a flag counts, as in Go. */
class Flags {
  readonly #flags: GoFlags;

  constructor(flags: GoFlags) {
    this.#flags = flags;
  }

  get operands(): readonly string[] {
    return this.#flags.operands;
  }

  has(name: string): boolean {
    return this.#flags.values.has(name);
  }

  bool(name: string, byDefault = false): boolean {
    const value = this.#flags.values.get(name)?.at(-1);
    return typeof value === 'boolean' ? value : byDefault;
  }

  number(name: string, byDefault: number): number {
    const value = this.#flags.values.get(name)?.at(-1);
    return typeof value === 'number' ? value : byDefault;
  }

  text(name: string): string {
    const value = this.#flags.values.get(name)?.at(-1);
    return typeof value === 'string' ? value : '';
  }

  /** The one of these flags that is set; two are a conflict. */
  choice<Name extends string>(names: readonly Name[]): Name | null {
    const set = names.filter((name) => this.bool(name));
    if (set.length > 1) throw invalid(`conflicting options: ${set.map((name) => `-${name}`).join(' ')}`);
    return set[0] ?? null;
  }
}

function invalid(fact: string, field?: string): PlimsollError {
  return new PlimsollError('ARGUMENTS_INVALID', 'arguments', fact, field === undefined ? {} : { field });
}
