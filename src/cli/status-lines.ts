// What a running watch says on a terminal: each change of verdict in full, and between them one line of where it is.
import { formatBytes, formatDuration, type Millis } from '../base/units.ts';
import type { TargetStatus } from '../model/status.ts';
import type { WatchView } from '../pipeline/watch-view.ts';
import { formatReportText } from '../report/text.ts';
import { styleFor, type Terminal } from './terminal.ts';

export class StatusLines {
  readonly #view: WatchView;
  readonly #terminal: Terminal;
  readonly #shown = new Map<string, string>();
  readonly #isJson: boolean;
  readonly #notice: () => string | null;

  /**
   * @param notice what has to be said of the watch as a whole, first in the line.
   * @param isJson reports go to standard output as JSON, one a line, instead of to people.
   */
  constructor(
    view: WatchView,
    terminal: Terminal,
    isJson: boolean,
    notice: () => string | null = () => null,
  ) {
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
      this.#terminal.progress(`${head}no target to watch`);
      return;
    }
    const many = targets.length > 1 ? `${countStates(targets)}; ` : '';
    this.#terminal.progress(`${head}${many}${describeStatus(worst, this.#view)}`);
  }

  #showReport(service: string): void {
    const report = this.#view.report(service);
    if (!report) return;
    const what = [report.verdict, ...report.findings.map((f) => `${f.fingerprint} ${f.verdict}`)].join('\n');
    const before = this.#shown.get(service);
    if (before === what) return;
    // The first answer is worth showing even when it is "cannot tell yet": it says what is known and what is needed.
    if (this.#view.counters().evaluations === 0) return;
    this.#shown.set(service, what);
    if (this.#isJson) {
      process.stdout.write(`${JSON.stringify(report)}\n`);
      return;
    }
    this.#terminal.info(`\n${formatReportText(report, { style: styleFor(process.stderr), maxEvidence: 3 })}`);
  }
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
