// The lines above a report, and values as all reports print them. Source: google/pprof internal/report ProfileLabels,
// reportLabels, legendActiveFilters.
import type { Profile } from '../../pprof/tables.ts';
import { percentage, scale, scaledLabel } from '../measurement.ts';
import { toInt64 } from '../scale.ts';
import { formatTime } from './go-time.ts';
import type { ReportOptions } from './options.ts';

/** What decides how a value is printed. */
export type ValueFormat = Pick<ReportOptions, 'ratio' | 'sampleUnit' | 'outputUnit'>;

/** A value in the report's unit, after -divide_by: `1.50MB`. */
export function formatValue(format: ValueFormat, value: number | bigint): string {
  const { ratio, sampleUnit, outputUnit } = format;
  const shown = ratio > 0 && ratio !== 1 ? toInt64(Number(value) * ratio) : value;
  return scaledLabel(shown, sampleUnit, outputUnit);
}

/** What is known of the profile as a whole: file, build, comments, type, time, duration. */
export function profileLabels(profile: Profile, options: ReportOptions): string[] {
  const { header, mappings, strings } = profile;
  const lines: string[] = [];
  if (mappings.length > 0) {
    const file = strings.get(mappings.file[0]);
    if (file !== '') lines.push(`File: ${baseName(file)}`);
    const buildId = strings.get(mappings.buildId[0]);
    if (buildId !== '') lines.push(`Build ID: ${buildId}`);
  }
  for (const row of header.comment) {
    const comment = strings.get(row);
    if (!comment.startsWith('#')) lines.push(comment);
  }
  if (options.sampleType !== '') lines.push(`Type: ${options.sampleType}`);
  const url = strings.get(header.docUrl);
  if (url !== '') lines.push(`Doc: ${url}`);
  if (header.timeNanos !== 0n) lines.push(`Time: ${formatTime(header.timeNanos, options.host.zoneAt)}`);
  if (header.durationNanos !== 0n) lines.push(durationLabel(header.durationNanos, options));
  return lines;
}

/** The share exists for times alone; without it the line ends in a blank, as pprof's does. */
function durationLabel(durationNanos: bigint, options: ReportOptions): string {
  const duration = scaledLabel(durationNanos, 'nanoseconds', 'auto');
  const total = scale(options.total, options.sampleUnit, 'nanoseconds');
  const isTime = total.unit === 'ns' && total.value !== 0;
  const share = isTime ? `(${percentage(toInt64(total.value), durationNanos)})` : '';
  return `Duration: ${duration}, Total samples = ${formatValue(options, options.total)} ${share}`;
}

/** What a report shows and what it leaves out. */
export interface Shown {
  /** Sum of the flat values of the nodes that are shown. */
  readonly flatTotal: bigint;
  readonly nodeCount: number;
  /** Nodes after the cut by -nodefraction. */
  readonly originalCount: number;
  readonly droppedNodes: number;
  readonly droppedEdges: number;
  /** Graphs: the profile part is there even with -compact_labels, and a hint at the end. */
  readonly isGraph: boolean;
}

/** All lines above a report of nodes. */
export function reportLabels(profile: Profile, options: ReportOptions, shown: Shown): string[] {
  const { total } = options;
  const lines = shown.isGraph || !options.compactLabels ? profileLabels(profile, options) : [];
  if (options.activeFilters.length > 0) {
    lines.push('Active filters:');
    for (const filter of options.activeFilters) lines.push(`   ${shortenFilter(filter)}`);
  }
  const share = percentage(shown.flatTotal, total).trim();
  lines.push(
    `Showing nodes accounting for ${formatValue(options, shown.flatTotal)}, ${share} of ${formatValue(options, total)} total`,
  );
  if (total !== 0n) {
    if (shown.droppedNodes > 0)
      lines.push(droppedLabel(options, shown.droppedNodes, ['node', 'cum', options.nodeFraction]));
    if (shown.droppedEdges > 0)
      lines.push(droppedLabel(options, shown.droppedEdges, ['edge', 'freq', options.edgeFraction]));
    if (shown.nodeCount > 0 && shown.nodeCount < shown.originalCount)
      lines.push(`Showing top ${shown.nodeCount} nodes out of ${shown.originalCount}`);
  }
  if (shown.isGraph) lines.push('\nSee https://git.io/JfYMW for how to read the graph');
  return lines;
}

function droppedLabel(
  options: ReportOptions,
  count: number,
  [what, measure, fraction]: readonly [what: string, measure: string, fraction: number],
): string {
  const cutoff = BigInt(toInt64(Number(options.total) * fraction));
  const shown = formatValue(options, cutoff < 0n ? -cutoff : cutoff);
  return `Dropped ${count} ${what}${count > 1 ? 's' : ''} (${measure} <= ${shown})`;
}

const MAX_FILTER_BYTES = 80;

function shortenFilter(filter: string): string {
  const bytes = new TextEncoder().encode(filter);
  if (bytes.length <= MAX_FILTER_BYTES) return filter;
  return `${new TextDecoder().decode(bytes.subarray(0, MAX_FILTER_BYTES))}…`;
}

/** Go's filepath.Base. */
export function baseName(path: string): string {
  if (path === '') return '.';
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}
