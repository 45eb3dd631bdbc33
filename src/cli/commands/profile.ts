// `plimsoll profile <report> [flags] <profile...>`: reports on profiles, as `go tool pprof` has them and more.
import { PlimsollError } from '../../base/errors.ts';
import type { Profile } from '../../pprof/tables.ts';
import { subtractBase } from '../../profile/combine.ts';
import { dropFrames } from '../../profile/frame-filters.ts';
import { withoutUrlMappings } from '../../profile/main-mapping.ts';
import type { ReportHost, ReportOutput } from '../../profile/reports/options.ts';
import {
  prepareReport,
  usesExpressions,
  type PreparedReport,
  type ReportShape,
} from '../../profile/reports/prepare.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import { readLibrarySource } from '../library-source.ts';
import { localZoneAt } from '../local-zone.ts';
import { optimizeLater } from '../optimize-later.ts';
import { parseProfileFlags, type ProfileRequest, type SymbolSettings } from '../profile-flags.ts';
import { checkTogether, heldBytes } from '../profile-memory.ts';
import { PROFILE_REPORTS } from '../profile-reports.ts';
import type { CommandEntry, ProfileTools, ReportEntry } from '../profile-tools.ts';
import { isExecutable, named, readProfiles, readSource, type SourceOptions } from '../profile-sources.ts';
import { writeOutput } from '../write-output.ts';
import { readListedSource } from '../../workspace/find-source.ts';

/**
 * @param words all words behind `profile`.
 * @throws PlimsollError
 */
export async function profileCommand(words: readonly string[]): Promise<ExitStatus> {
  const [report = '--help', ...rest] = words;
  if (isHelp(report) || rest.some(isHelp)) {
    const { profileHelp } = await import('../profile-help.ts');
    await writeOutput(profileHelp(PROFILE_REPORTS), null);
    return EXIT.none;
  }
  const entry = Object.hasOwn(PROFILE_REPORTS, report) ? PROFILE_REPORTS[report] : undefined;
  if (entry === undefined)
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', unknownReport(report), { value: report });
  const hasSymbol = entry.hasSymbol === true;
  const request = parseProfileFlags(report, rest, { hasSymbol, warn });
  // A page is served for hours.
  if (report !== 'ui') optimizeLater([...request.sources, ...request.bases]);
  const tools = profileTools(request);
  const withFiles = (error: unknown): never => {
    const isAboutFiles = error instanceof PlimsollError && ABOUT_FILES.has(error.code);
    throw isAboutFiles ? named(error, [...request.sources, ...request.bases].join(', ')) : error;
  };
  const output = await makeReport(entry, request, tools).catch(withFiles);
  if (output === null) return EXIT.none;
  if (request.output !== null) warn(`Generating report in ${request.output}`);
  // Reports are made while they are written.
  await writeOutput(entry.isGzipped === true ? await gzip(output) : output, request.output).catch(withFiles);
  return EXIT.none;
}

/** Errors of a report in which the names of the files belong. */
const ABOUT_FILES = new Set<string>([
  ...['PROFILE_INVALID', 'PROFILE_NOT_FOUND', 'PROFILE_TOO_LARGE', 'PROFILE_UNFIT', 'PROFILES_DIFFER'],
  ...['REPORT_EMPTY', 'REPORT_TOO_LARGE', 'GRAPH_TOO_LARGE'],
]);

async function makeReport(
  entry: ReportEntry | CommandEntry,
  request: ProfileRequest,
  tools: ProfileTools,
): Promise<ReportOutput | null> {
  if (entry.kind === 'command') return (await entry.load())(request, tools);
  // The code of the report is loaded while the profile is read.
  const [render, profile] = await Promise.all([entry.load(), tools.readCombined()]);
  const prepared = await tools.prepare(profile, entry);
  return render(prepared.profile, prepared.options);
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-help' || word === '-h';
}

function unknownReport(report: string): string {
  const names = Object.keys(PROFILE_REPORTS).sort().join(', ');
  const hint = report.startsWith('-') ? ' (the report comes first, without a dash)' : '';
  return `there is no such report${hint}; there are ${names}`;
}

function warn(line: string): void {
  process.stderr.write(`${line}\n`);
}

const HOST: ReportHost = {
  zoneAt: localZoneAt,
  readSource: readListedSource,
  readLibrarySource,
  workingFolder: () => process.cwd(),
  warn,
};

function profileTools(request: ProfileRequest): ProfileTools {
  const { sources, bases, symbols } = request;
  // The binary of the profiles may stand before them.
  const hasBinary = sources.length > 1 && isExecutable(sources[0]);
  const options: SourceOptions = {
    fetch: request.fetch,
    executable: hasBinary ? sources[0] : '',
    buildId: symbols.buildId,
    warn,
  };
  const profiles = hasBinary ? sources.slice(1) : sources;
  const readMerged = (what: 'source' | 'base', beside?: Profile): Promise<Profile> =>
    readProfiles(what === 'source' ? profiles : bases, what, options, beside);
  return {
    readMerged,
    readCombined: async () => {
      const source = await readMerged('source');
      return combine(request, source, bases.length > 0 ? await readMerged('base', source) : null);
    },
    combine: (source, base) => combine(request, source, base),
    readOne: (source, beside) => readProfiles([source], 'source', options, beside),
    readSource: (source) => readSource(source, options),
    prepare: (profile, shape, settings = request.settings) =>
      prepare(profile, { ...request, settings }, shape),
    host: HOST,
  };
}

async function combine(request: ProfileRequest, source: Profile, base: Profile | null): Promise<Profile> {
  let profile = source;
  if (base !== null) {
    const { isDiffBase: isDiff, isNormalized, fetch } = request;
    const bytes = heldBytes(source) + heldBytes(base);
    checkTogether(bytes, fetch.maxBytes, isDiff ? base.samples.length : 0);
    profile = subtractBase(source, base, { isDiff, isNormalized });
  }
  profile = await applySymbolSettings(profile, request.symbols);
  profile = withoutUrlMappings(await dropUninteresting(profile));
  return withComment(profile, request.symbols.comment);
}

/** Source: google/pprof internal/symbolizer Symbolize; nothing is looked up in binaries or servers. */
async function applySymbolSettings(profile: Profile, { mode }: SymbolSettings): Promise<Profile> {
  let style: 'default' | 'templates' | 'full' | 'none' = 'default';
  let isForced = false;
  for (const word of mode.split(':')) {
    if (word === 'none' || word === 'no') return profile;
    if (word === 'force') isForced = true;
    else if (['', 'local', 'fastlocal', 'remote', 'default', 'demangle=default'].includes(word)) continue;
    else if (/^(?:demangle=)?(?:full|none|templates)$/.test(word)) {
      style = word.replace('demangle=', '') as 'full' | 'none' | 'templates';
      isForced = true;
    } else {
      warn(`ignoring unrecognized symbolization option: ${mode}`);
      warn(
        'expecting -symbolize=[local|fastlocal|remote|none][:force][:demangle=[none|full|templates|default]',
      );
    }
  }
  const { simplifyNames } = await import('../../profile/simplify-names.ts');
  return simplifyNames(profile, style, isForced);
}

/** drop_frames of the profile; one that is no regular expression is ignored, as pprof does. */
async function dropUninteresting(profile: Profile): Promise<Profile> {
  const { header, strings } = profile;
  const drop = strings.get(header.dropFrames);
  if (drop === '') return profile;
  const { compileMatcherOrNull } = await import('../../profile/text-matcher.ts');
  const dropMatcher = compileMatcherOrNull(`^(${drop})$`);
  const keep = strings.get(header.keepFrames);
  const keepMatcher = keep === '' ? null : compileMatcherOrNull(`^(${keep})$`);
  if (dropMatcher === null || (keep !== '' && keepMatcher === null)) return profile;
  return dropFrames(profile, dropMatcher, keepMatcher);
}

async function withComment(profile: Profile, comment: string): Promise<Profile> {
  if (comment === '') return profile;
  const { addComment } = await import('../../profile/add-comment.ts');
  return addComment(profile, comment);
}

async function prepare(
  profile: Profile,
  request: ProfileRequest,
  shape: ReportShape,
): Promise<PreparedReport> {
  const { settings, symbol, report, bases } = request;
  const compile = usesExpressions(settings, symbol)
    ? (await import('../../profile/text-matcher.ts')).compileMatcher
    : () => {
        throw new Error('no expression was asked for');
      };
  const isDifference = bases.length > 0;
  return prepareReport(profile, { report, shape, settings, symbol, isDifference, host: HOST, compile });
}

async function gzip(output: ReportOutput): Promise<Uint8Array> {
  const { gzipSync } = await import('node:zlib');
  return gzipSync(
    output instanceof Uint8Array ? output : typeof output === 'string' ? output : [...output].join(''),
  );
}
