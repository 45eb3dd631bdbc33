// What a running watch says: each change of verdict on standard output, leaks in full and the others in a line; between them,
// on standard error, one line of where it is.
import { formatBytes, formatDuration, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { Report } from '../model/report.ts';
import type { TargetStatus } from '../model/status.ts';
import type { WatchView } from '../pipeline/watch-view.ts';
import { formatReportText, formatScale } from '../report/text.ts';
import { styleFor, type Terminal } from './terminal.ts';

/** Where the line cannot be rewritten (a log), it is a sign of life and no more: so often, of the target's time, ... */
const HEARTBEAT_MILLIS: Millis = 10 * MINUTE_MILLIS;
/** ... and of the reader's no more often than this. */
const HEARTBEAT_LEAST_MILLIS: Millis = MINUTE_MILLIS;
/** A leak is told with what the sources say of it, where that is known within so many rounds of a second. */
const MOST_ROUNDS_WAITED = 10;

export class StatusLines {
  readonly #view: WatchView;
  readonly #terminal: Pick<Terminal, 'progress' | 'result'>;
  /** Rounds that a leak's report has waited, by service. */
  readonly #waited = new Map<string, number>();
  readonly #shown = new Map<string, { readonly what: string; readonly isLeak: boolean }>();
  readonly #isJson: boolean;
  readonly #notice: () => string | null;
  readonly #isOpening: () => boolean;

  /**
   * @param notice what has to be said of the watch as a whole, first in the line.
   * @param isOpening whether targets are still on their way.
   * @param isJson reports are printed as JSON, one a line, instead of for people.
   */
  constructor(
    view: WatchView,
    terminal: Pick<Terminal, 'progress' | 'result'>,
    isJson: boolean,
    notice: () => string | null = () => null,
    isOpening: () => boolean = () => false,
  ) {
    this.#isOpening = isOpening;
    this.#view = view;
    this.#terminal = terminal;
    this.#isJson = isJson;
    this.#notice = notice;
  }

  show(): void {
    const targets = this.#view.targets();
    for (const service of new Set(targets.map((t) => t.service))) this.#showReport(service);
    const worst = mostUrgent(targets);
    const notice = this.#notice();
    const head = notice === null ? '' : `${notice}; `;
    if (worst === null) {
      this.#terminal.progress(
        `${head}${this.#isOpening() ? 'looking at the targets' : 'no target to watch'}`,
      );
      return;
    }
    const many = targets.length > 1 ? `${countStates(targets)}; ` : '';
    const line = `${head}${many}${describeStatus(worst, this.#view)}`;
    const every = Math.max(HEARTBEAT_LEAST_MILLIS, HEARTBEAT_MILLIS / this.#view.timeScale);
    this.#terminal.progress(line, { everyMillis: every, about: `${head}${many}${describeState(worst)}` });
  }

  #showReport(service: string): void {
    const report = this.#view.report(service);
    if (!report) return;
    const what = describeAnswer(report);
    const before = this.#shown.get(service);
    if (before?.what === what) return;
    // The first answer is worth showing even when it is "cannot tell yet": it says what is known and what is needed.
    if (this.#view.counters().evaluations === 0) return;
    const isLeak = report.findings.some(({ verdict }) => verdict === 'leak');
    if (isLeak && this.#waitsForSources(service)) return;
    this.#shown.set(service, { what, isLeak });
    if (this.#isJson) this.#terminal.result(JSON.stringify(report));
    else if (isLeak || before?.isLeak === true) {
      this.#terminal.result(
        `\n${formatReportText(report, { style: styleFor(process.stdout), evidence: 'in words', moreAt: 'the page, or plimsoll check --verbose' })}`,
      );
    } else {
      const watched = formatDuration(report.to - report.from);
      this.#terminal.result(
        `${service}: ${report.verdict} after ${watched}${formatScale(report)}: ${report.summary}`,
      );
    }
  }

  #waitsForSources(service: string): boolean {
    const waited = this.#waited.get(service) ?? 0;
    const waits = waited < MOST_ROUNDS_WAITED && this.#view.isAskingSources(service);
    if (waits) this.#waited.set(service, waited + 1);
    else this.#waited.delete(service);
    return waits;
  }
}

/** What makes a report news: its verdict and what was found, but not what is only suspected for now. */
function describeAnswer({ verdict, findings }: Report): string {
  const found = findings.filter((finding) => finding.verdict !== 'undetermined');
  return [verdict, ...found.map((finding) => `${finding.fingerprint} ${finding.verdict}`).sort()].join('\n');
}

/** From what somebody should look at first to what nobody need. */
const URGENCY: readonly string[] = [
  'down',
  'leak',
  'step',
  'filling-to-bound',
  'undetermined',
  'load-driven',
  'no-growth',
];

/** What a target counts as in one word: `down` says more than a verdict of before. */
function stateOf({ state, verdict }: TargetStatus): string {
  return state === 'down' ? 'down' : verdict;
}

/** The target that one line is best spent on; the first of several alike. Null without targets. */
export function mostUrgent(targets: readonly TargetStatus[]): TargetStatus | null {
  const rank = (target: TargetStatus): number => URGENCY.indexOf(stateOf(target));
  return targets.reduce<TargetStatus | null>(
    (worst, target) => (worst === null || rank(target) < rank(worst) ? target : worst),
    null,
  );
}

/** `12 targets: 1 down, 2 leak, 9 no-growth`: the most urgent first. */
export function countStates(targets: readonly TargetStatus[]): string {
  const counts = URGENCY.map((word) => ({
    word,
    count: targets.filter((t) => stateOf(t) === word).length,
  }));
  const parts = counts.filter(({ count }) => count > 0).map(({ word, count }) => `${count} ${word}`);
  return `${targets.length} targets: ${parts.join(', ')}`;
}

/** What a line is about, without the numbers that move all the time. */
function describeState(target: TargetStatus): string {
  const failing = target.sources.find((source) => source.state === 'failing');
  return `${target.service} ${stateOf(target)} ${target.firstEvidenceAt === null} ${failing?.error?.code ?? ''}`;
}

function describeStatus(target: TargetStatus, view: WatchView): string {
  const scale = view.timeScale === 1 ? '' : ` at ${view.timeScale}x`;
  const failing = target.sources.find((s) => s.state === 'failing');
  if (target.state === 'down' && failing?.error) return `${target.service}: ${failing.error.message}`;
  if (target.firstEvidenceAt === null) return `${target.service}: waiting for the first scrape`;
  const watched = formatDuration(view.now() - target.firstEvidenceAt);
  const memory = target.memoryBytes === null ? '' : `, RSS ${formatBytes(target.memoryBytes)}`;
  const needed = target.needed;
  const wait =
    needed && target.verdict === 'undetermined'
      ? `; needs ${needed.what}${needed.millis === null ? '' : `, about ${describeWait(needed.millis, view.timeScale)}`}`
      : '';
  return `${target.service}: ${target.verdict} after ${watched}${scale}${memory}${wait}`;
}

/** Virtual time left, and what that is by the clock on the wall where the two differ. */
export function describeWait(virtualMillis: Millis, timeScale: number): string {
  const virtual = formatDuration(virtualMillis);
  return timeScale === 1 ? virtual : `${virtual} (${formatDuration(virtualMillis / timeScale)} here)`;
}
