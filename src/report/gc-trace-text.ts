// The section of a GC trace as people read it: a picture, a dozen numbers, what to do next.
import {
  HOUR_MILLIS,
  SECOND_MILLIS,
  formatBytes,
  formatDuration,
  formatThreeDigits,
  type Millis,
} from '../base/units.ts';
import { formatGrowth } from '../model/finding-text.ts';
import type { GcGuess, GcLevel, GcTraceReport } from '../model/gc-trace.ts';
import type { Report } from '../model/report.ts';
import { PLAIN, type Style } from './style.ts';
import { formatReportText } from './text.ts';
import { drawWaterline, formatSpan, type WaterlineSeries } from './waterline.ts';

export interface GcTraceTextOptions {
  readonly style?: Style;
  /** Characters of the terminal's line. */
  readonly width?: number;
  /** Where it is null, no picture is drawn. */
  readonly series: WaterlineSeries | null;
}

/** The report of `plimsoll gctrace`, ending in a newline. */
export function formatGcTraceText(report: Report, options: GcTraceTextOptions): string {
  const style = options.style ?? PLAIN;
  const { gctrace } = report;
  const drawn =
    options.series === null ? [] : drawWaterline(options.series, { style, width: options.width ?? 80 });
  const numbers = gctrace === undefined ? [] : describeGcTrace(gctrace);
  const picture = [...drawn, ...(drawn.length > 0 ? [''] : []), ...numbers];
  const advice = adviseGcTrace(report).map((text, at) => row(at === 0 ? 'next' : '', text));
  const text = formatReportText(report, { style, ...(picture.length > 0 ? { picture } : {}) });
  return advice.length === 0 ? text : `${text}\n${advice.join('\n')}\n`;
}

const LABEL_WIDTH = 12;

function row(label: string, value: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)} ${value}`;
}

/** One line a fact; what the trace does not say is left out, the growth excepted. */
export function describeGcTrace(trace: GcTraceReport): string[] {
  const { heap, cpu, pauseMillis } = trace;
  const lines = [
    row('collections', describeRhythm(trace)),
    row('live heap', formatLevel(heap.live)),
    row('before GC', formatLevel(heap.before)),
    row('goal', heap.goal === null ? 'none' : formatLevel(heap.goal)),
    row('growth', describeGrowth(trace)),
  ];
  if (cpu.share !== null) {
    const assist =
      cpu.assistShare === null ? '' : `, ${formatPercent(cpu.assistShare)} of it by code that allocates`;
    lines.push(row('GC CPU', `${formatPercent(cpu.share)} of ${trace.processors} processors${assist}`));
  }
  const { p50, p90, p99, max, total } = pauseMillis;
  const pauses = [p50, p90, p99, max].map((millis) => formatThreeDigits(millis));
  lines.push(
    row(
      'pauses',
      `half ${pauses[0]} ms, 90 % ${pauses[1]} ms, 99 % ${pauses[2]} ms, longest ${pauses[3]} ms; ${formatSpan(total)} in all`,
    ),
  );
  if (trace.allocatedBytesPerSecond !== null) {
    lines.push(row('allocation', `${formatBytes(trace.allocatedBytesPerSecond)}/s`));
  }
  const pacing = describePacing(trace);
  if (pacing !== '') lines.push(row('pacing', pacing));
  const released = trace.scavenger?.releasedBytes ?? null;
  if (released !== null) lines.push(row('given back', `${formatBytes(released)} to the system`));
  return lines;
}

function describeRhythm(trace: GcTraceReport): string {
  const span = (trace.toSeconds - trace.fromSeconds) * SECOND_MILLIS;
  const forced = trace.forced === 0 ? '' : `, ${trace.forced} of them forced`;
  const lives = trace.lives === 1 ? '' : `, in the newest of ${trace.lives} lives`;
  const between =
    trace.betweenSeconds === null
      ? ''
      : `; one in ${formatSpan(trace.betweenSeconds.p50 * SECOND_MILLIS)}, at most ${formatSpan(trace.betweenSeconds.max * SECOND_MILLIS)} apart`;
  return `${trace.cycles} in ${formatSpan(span)}${forced}${lives}${between}`;
}

/** `5 MiB at first, 29 MiB at last (3 MiB to 35 MiB)`: the range where it says more. */
function formatLevel({ first, last, low, high }: GcLevel): string {
  const ends = `${formatBytes(first)} at first, ${formatBytes(last)} at last`;
  const isSaid = low === Math.min(first, last) && high === Math.max(first, last);
  return isSaid ? ends : `${ends} (${formatBytes(low)} to ${formatBytes(high)})`;
}

function describeGrowth({ liveGrowth, toSeconds, fromSeconds }: GcTraceReport): string {
  if (liveGrowth !== null) return formatGrowth(liveGrowth);
  const seen = formatSpan((toSeconds - fromSeconds) * SECOND_MILLIS);
  return `not given: ${seen} were seen, and 10 min after the first 5 min of a process are the least`;
}

function formatPercent(share: number): string {
  return `${formatThreeDigits(Math.round(share * 10_000) / 100)} %`;
}

function describePacing({ gogcPercent, isGcOff, goMemLimitBytes }: GcTraceReport): string {
  const parts: string[] = [];
  if (isGcOff) parts.push('GOGC=off');
  if (gogcPercent !== null) parts.push(`GOGC=${gogcPercent.value}${formatRange(gogcPercent)}`);
  if (goMemLimitBytes !== null) {
    parts.push(`a memory limit that leaves ${formatBytes(goMemLimitBytes.value)} for the heap holds it down`);
  }
  return parts.length === 0 ? '' : `${parts.join(', ')}, as the goals show`;
}

function formatRange({ value, low, high }: GcGuess): string {
  return high === null || (low === value && high === value) ? '' : ` (${low} to ${high})`;
}

/** Above this the collector is what the service waits for; Go itself gives up on a memory limit at half of the CPU. */
const MUCH_CPU_SHARE = 0.25;

/** What to do now, most important first. */
export function adviseGcTrace(report: Report): string[] {
  const { gctrace: trace } = report;
  const advice: string[] = [];
  if (report.verdict === 'leak') {
    advice.push(
      'a GC trace shows that the live heap leaks, not where: import net/http/pprof and run plimsoll check http://HOST:PORT',
    );
  } else if (report.verdict === 'undetermined') advice.push(adviseMore(report));
  const share = trace?.cpu.share ?? 0;
  if (trace !== undefined && share > MUCH_CPU_SHARE) {
    const cure = trace.goMemLimitBytes === null ? 'raise GOGC' : 'raise GOMEMLIMIT, or hold less';
    advice.push(`the collector takes ${formatPercent(share)} of the processors: ${cure}`);
  }
  if (trace?.isGcOff === true && trace.goMemLimitBytes === null) {
    advice.push('GOGC is off and no GOMEMLIMIT shows: nothing bounds the heap; set one');
  }
  return advice;
}

function adviseMore(report: Report): string {
  const millis: Millis | null = report.needed?.millis ?? null;
  const time =
    millis === null ? 'for longer' : `for about ${formatDuration(Math.max(millis, HOUR_MILLIS / 60))} more`;
  return `trace it ${time}, under its usual load: plimsoll gctrace -- ./service, or GODEBUG=gctrace=1 ./service 2> trace.log`;
}
