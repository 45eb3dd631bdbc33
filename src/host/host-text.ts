// A machine for a terminal.
import { formatBytes, formatBytesPerHour, formatDuration } from '../base/units.ts';
import { formatSparkline } from '../report/sparkline.ts';
import { PLAIN, printable, type Style } from '../report/style.ts';
import type { HostAnswer, HostGrower } from './host-watch.ts';

const LABEL_WIDTH = 12;
const SHOWN = 10;

/**
 * @param goVersions of processes that are Go programs, by process id.
 * @param name of the machine.
 * @returns text that ends without a newline.
 */
export function formatHost(
  answer: HostAnswer,
  goVersions: ReadonlyMap<number, string>,
  style: Style = PLAIN,
  name = 'this machine',
): string {
  const row = (label: string, value: string) => `  ${label.padEnd(LABEL_WIDTH)} ${value}`;
  const { memory, growers } = answer;
  const lines = [formatHeading(answer, style, name)];
  lines.push(row('available', formatAvailable(answer)));
  const parts = [
    ['processes', memory.anonBytes],
    ['page cache', memory.cacheBytes],
    ['tmpfs and shared memory', memory.sharedBytes],
    ['kernel', memory.kernelBytes],
    ['swapped out', memory.swapUsedBytes],
  ] as const;
  lines.push(
    row(
      'made of',
      parts
        .filter(([, bytes]) => bytes > 0)
        .map(([name, bytes]) => `${name} ${formatBytes(bytes)}`)
        .join(', '),
    ),
  );
  if (answer.readings > 1) lines.push(row('used', style('faint', formatSparkline(answer.used))));
  if (growers.length > 0) lines.push('', ...formatGrowers(growers, goVersions, style));
  const next = growers.find(({ kind }) => kind === 'process');
  if (next?.pid !== null && next?.pid !== undefined) {
    lines.push('', row('next', style('code', `plimsoll check pid:${next.pid}`)));
  }
  return lines.join('\n');
}

function formatHeading(
  { growth, isGrowing, growers, fromMillis, toMillis, readings, used }: HostAnswer,
  style: Style,
  name: string,
): string {
  const what = style('heading', printable(`memory of ${name}`));
  if (growth === null) {
    return `${style('warning', 'TOO EARLY')}  ${what}: ${readings} readings are too few to tell growth from noise${formatChange(used)}`;
  }
  const span = formatDuration(toMillis - fromMillis);
  if (isGrowing) return `${style('bad', 'GROWS')}  ${what}: ${formatRange(growth)}`;
  if (growers.length === 0) return `${style('good', 'NO GROWTH')}  ${what}, watched for ${span}`;
  return `${style('warning', 'GROWS IN PART')}  ${what} does not grow as a whole, watched for ${span}; these do:`;
}

function formatRange({ perHour, low, high, basis }: HostGrower['growth']): string {
  const range = `${formatBytesPerHour(low)} to ${formatBytesPerHour(high)}`;
  return basis === 'line'
    ? `${formatBytesPerHour(perHour)} (${range})`
    : `${formatBytesPerHour(perHour)} in the mean (${range} by thirds of the time)`;
}

function formatChange(used: HostAnswer['used']): string {
  const change = (used.at(-1) ?? 0) - (used[0] ?? 0);
  return used.length < 2 ? '' : `; what is used changed by ${change < 0 ? '' : '+'}${formatBytes(change)}`;
}

function formatAvailable({ memory, left }: HostAnswer): string {
  const share = `${formatBytes(memory.availableBytes)} of ${formatBytes(memory.totalBytes)}`;
  if (left === null) return share;
  const high = left.high === null ? 'never' : formatDuration(left.high);
  return `${share}; used up in ${formatDuration(left.millis)} (${formatDuration(left.low)} to ${high})`;
}

function formatGrowers(
  growers: readonly HostGrower[],
  goVersions: ReadonlyMap<number, string>,
  style: Style,
): string[] {
  const rows = growers.slice(0, SHOWN).map((grower) => ({
    share: `${Math.round(grower.share * 100)} %`,
    growth: formatRange(grower.growth),
    held: formatBytes(grower.heldBytes),
    who: formatWho(grower, goVersions),
  }));
  const width = (name: 'share' | 'growth' | 'held') => Math.max(...rows.map((row) => row[name].length));
  const widths = { share: width('share'), growth: width('growth'), held: width('held') };
  const lines = rows.map(
    ({ share, growth, held, who }, i) =>
      `  ${share.padStart(widths.share)}  ${growth.padEnd(widths.growth)}  ${held.padStart(widths.held)}  ${i === 0 ? style('heading', who) : who}`,
  );
  if (growers.length > SHOWN) lines.push(`  and ${growers.length - SHOWN} more`);
  return lines;
}

function formatWho(
  { kind, name, pid, processes }: HostGrower,
  goVersions: ReadonlyMap<number, string>,
): string {
  if (kind === 'shared' || kind === 'kernel') return name;
  if (kind === 'group') return printable(`${name} (all processes of this name)`);
  if (kind === 'container' || kind === 'target') return printable(name);
  if (kind === 'family' || pid === null) {
    const count = `${processes} ${processes === 1 ? 'process' : 'processes'} now`;
    return printable(`${name}: those that began or ended meanwhile, ${count}`);
  }
  const go = goVersions.get(pid);
  return printable(`${name} (${pid})${go === undefined ? '' : `, ${go}`}`);
}
