// What the page on profiles shows: the rows of the text reports as messages, so that numbers are the same.
import { buildFlameTree } from '../flamegraph/flame-tree.ts';
import type { Profile } from '../pprof/tables.ts';
import { percentage } from '../profile/measurement.ts';
import { describeGrowth, describeInterval, DIFF_NOTES, diffValue, signed } from '../profile/reports/diff.ts';
import { formatValue, profileLabels } from '../profile/reports/header.ts';
import { listFunctions, type ListedRoutine } from '../profile/reports/list.ts';
import type { ReportOptions } from '../profile/reports/options.ts';
import type { PreparedReport, ReportShape } from '../profile/reports/prepare.ts';
import type { ReportSettings } from '../profile/reports/settings.ts';
import { topTable } from '../profile/reports/top.ts';
import { encodeFlame } from '../protocol/flame-message.ts';
import type {
  FlameReply,
  GrowthMessage,
  ProfileMessage,
  RoutineMessage,
  SourceMessage,
  TopMessage,
} from '../protocol/profile-messages.ts';
import type { ProfileViews, TableQuery } from '../server/profile-server.ts';
import { compareProfiles } from './profile-diff.ts';
import type { ProfileRequest } from './profile-flags.ts';
import type { ProfileTools } from './profile-tools.ts';

/** Nobody reads further, and a browser lays out so many in a moment. */
const MAX_ROWS = 10_000;
/** Some 5 MB of JSON; narrower frames are parts of a pixel however far one zooms into a screen of them. */
const MAX_FRAMES = 100_000;
/** The longest function of a real program has some thousand lines. */
const MAX_LINES = 20_000;
/** Of one name: generics make many. */
const MAX_ROUTINES = 20;

const TOP_SHAPE: ReportShape = { defaultNodeCount: 0 };
const FLAME_SHAPE: ReportShape = { isUntrimmed: true, defaultNodeCount: 0 };
const LIST_SHAPE: ReportShape = { granularity: 'lines', isUntrimmed: true, defaultNodeCount: 0 };

/** What was read: the profile that is shown, and the two that are compared where there is a base. */
export interface ReadProfiles {
  readonly combined: Profile;
  readonly compared: { readonly before: Profile; readonly after: Profile } | null;
}

/** @throws PlimsollError where the default report would, too. */
export async function profileViews(
  request: ProfileRequest,
  tools: ProfileTools,
  { combined, compared }: ReadProfiles,
): Promise<ProfileViews> {
  const settingsOf = ({ type, sort }: TableQuery): ReportSettings => ({
    ...request.settings,
    sampleIndex: String(type),
    sort,
  });
  const prepare = (query: TableQuery, shape: ReportShape): Promise<PreparedReport> =>
    tools.prepare(combined, shape, settingsOf(query));
  const byDefault = await tools.prepare(combined, FLAME_SHAPE);
  return {
    profile: describeProfile(request, combined, byDefault.options),
    top: async (query) => showTop(await prepare(query, TOP_SHAPE)),
    flame: async (type) => showFlame(await prepare({ type, sort: 'flat' }, FLAME_SHAPE)),
    source: async (type, name) => showSource(await prepare({ type, sort: 'flat' }, LIST_SHAPE), name),
    growth:
      compared === null
        ? null
        : async (query) => {
            // Types are told apart by name: the two profiles may have them in another order.
            const { sampleTypes, strings } = compared.after;
            const name = query.type < sampleTypes.length ? strings.get(sampleTypes.type[query.type]) : '';
            const settings = { ...settingsOf(query), ...(name === '' ? {} : { sampleIndex: name }) };
            const { diff, now } = await compareProfiles(compared.before, compared.after, { settings, tools });
            return showGrowth(diff, now.options);
          },
  };
}

function describeProfile(request: ProfileRequest, profile: Profile, options: ReportOptions): ProfileMessage {
  const { sampleTypes, strings } = profile;
  return {
    title: options.title,
    sources: request.sources,
    bases: request.bases,
    types: Array.from({ length: sampleTypes.length }, (_, row) => ({
      name: strings.get(sampleTypes.type[row]),
      unit: strings.get(sampleTypes.unit[row]),
    })),
    defaultType: options.valueColumn,
    defaultSort: request.settings.sort,
    hasFunctions: request.settings.granularity !== 'files',
  };
}

function showTop({ profile, options: given }: PreparedReport): TopMessage {
  const { labels, rows, options } = topTable(profile, given);
  const value = (amount: number | bigint): string => formatValue(options, amount);
  const share = (amount: number | bigint): string => percentage(amount, options.total).trim();
  return {
    labels,
    rows: rows.slice(0, MAX_ROWS).map(({ flat, sum, cum, name, inlining }) => ({
      name,
      inlining,
      flat: value(flat),
      flatShare: share(flat),
      sumShare: share(sum),
      cum: value(cum),
      cumShare: share(cum),
    })),
    hidden: Math.max(0, rows.length - MAX_ROWS),
  };
}

function showFlame({ profile, options }: PreparedReport): FlameReply {
  const { ratio, sampleUnit } = options;
  // One unit for each number: widths show what is large.
  const outputUnit = options.outputUnit === 'minimum' ? 'auto' : options.outputUnit;
  return {
    labels: [...profileLabels(profile, { ...options, outputUnit }), ...options.activeFilters],
    format: { ratio, sampleUnit, outputUnit },
    flame: encodeFlame(buildFlameTree(profile, options.valueColumn, { minShare: 0, maxRows: MAX_FRAMES })),
  };
}

function showSource({ profile, options: given }: PreparedReport, name: string): SourceMessage {
  // A row is named after its address, function and file, as far as its granularity shows them.
  const words = ` ${name} `;
  const test = (text: string): boolean => text !== '' && words.includes(` ${text} `);
  const options = { ...given, symbol: { source: name, test } };
  const routines = [...listFunctions(profile, options)].flatMap((listed) => listed.routines);
  return {
    name,
    routines: routines.slice(0, MAX_ROUTINES).map((routine) => showRoutine(routine, options)),
    hidden: Math.max(0, routines.length - MAX_ROUTINES),
  };
}

function showRoutine(
  { name, file, flat, cum, fault, lines }: ListedRoutine,
  options: ReportOptions,
): RoutineMessage {
  const value = (amount: bigint): string => (amount === 0n ? '' : formatValue(options, amount));
  return {
    name,
    file,
    flat: formatValue(options, flat),
    cum: formatValue(options, cum),
    cumShare: percentage(cum, options.total).trim(),
    fault,
    lines: lines.slice(0, MAX_LINES).map((line) => ({
      line: line.line,
      flat: value(line.flat),
      cum: value(line.cum),
      text: line.text,
    })),
    hidden: Math.max(0, lines.length - MAX_LINES),
  };
}

type GrowthDiff = Awaited<ReturnType<typeof compareProfiles>>['diff'];

function showGrowth({ total, sampling, rows }: GrowthDiff, options: ReportOptions): GrowthMessage {
  const value = diffValue(options);
  return {
    total: describeGrowth(total, value),
    note: DIFF_NOTES[sampling],
    rows: rows.slice(0, MAX_ROWS).map(({ name, growth, interval, before, after, isSignificant }) => ({
      name,
      growth: signed(growth, value),
      interval: describeInterval(interval, value),
      before: value(before),
      after: value(after),
      isSignificant,
    })),
    hidden: Math.max(0, rows.length - MAX_ROWS),
  };
}
