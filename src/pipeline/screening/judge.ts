// A whole history to a report: the same stages as live, at as few instants as the answer needs.
import type { Bytes, Millis } from '../../base/units.ts';
import type { Assessment } from '../../detect/assessment.ts';
import type { FleetControl } from '../../detect/lane-measures.ts';
import { nextEvaluationAt } from '../../detect/evaluation-grid.ts';
import type { TargetName } from '../../model/target.ts';
import type { GaugeHistory } from '../../series/gauge-history.ts';
import type { RouteHistory } from '../../series/route-history.ts';
import { assess, type AssessInput } from '../../detect/assess.ts';
import { REAL_TIME } from '../../model/raw-evidence.ts';
import { Investigation } from '../investigation.ts';
import type { ProfileDecoder } from '../profile-decoder.ts';

export interface JudgeInput {
  readonly target: TargetName;
  readonly module: string | null;
  readonly memoryLimitBytes: Bytes | null;
  readonly history: GaugeHistory;
  readonly decoder: ProfileDecoder;
  /** Requests by route of the newest life. */
  readonly routes?: RouteHistory | null;
  /** What the number of services asks of a claim; without it each is judged as if it were alone. */
  readonly control?: FleetControl;
}

/**
 * One target under judgement. Half of its looks are repeated (at the end, around a claim, and from the first when a claim made closer
 * ones necessary), so what stage 1 said of this history is kept: at most `SPREAD + LAST + CLOSE` answers and those of a search.
 */
export class JudgedTarget {
  readonly input: JudgeInput;
  readonly #known = new Map<string, Assessment>();

  constructor(input: JudgeInput) {
    this.input = input;
  }

  assess = (asked: AssessInput): Assessment => {
    const key = JSON.stringify([asked.atMillis, asked.ignoreBefore ?? {}]);
    let assessment = this.#known.get(key);
    if (assessment === undefined) {
      const { control } = this.input;
      this.#known.set(key, (assessment = assess({ ...asked, ...(control ? { fleet: control } : {}) })));
    }
    return assessment;
  };

  assessAt(atMillis: Millis): Assessment {
    const { history, memoryLimitBytes } = this.input;
    return this.assess({ table: history, atMillis, memoryLimitBytes });
  }
}

/** Evaluations spread over the whole history: claims of long ago, and their ends. */
const SPREAD = 24;
/** The last ones, at the pace of a watch: a claim takes six in a row (detect/confirm.ts). */
const LAST = 10;
/** Evaluations at the pace of a watch around the time when a claim begins. */
const CLOSE = 8;

/** One look, at the end. */
export function lookAtEnd(target: JudgedTarget): Assessment {
  return target.assessAt(endOf(target.input.history));
}

/** Is there anything that more looks, and more gauges, could make a finding of? */
export function isWorthMore({ lanes, earlier, isExhausting }: Assessment): boolean {
  const isOpen = ({ verdict, isSuspect }: Assessment['lanes'][number]) => verdict === 'leak' || isSuspect;
  return isExhausting || lanes.some(isOpen) || (earlier?.lanes.some(isOpen) ?? false);
}

/** The report of a target of which one look said all. */
export function judgeOnce(target: JudgedTarget): Investigation {
  const investigation = open(target);
  investigation.evaluateAt(endOf(target.input.history));
  return investigation;
}

/**
 * Evaluates on the grid of a watch, but not at all of its instants: spread over the history, where a claim begins as densely as
 * a watch does (so that `detectedAt` is when a watch would have known), and at the end.
 */
export function judgeClosely(target: JudgedTarget): Investigation {
  const all = instantsOf(target.input.history);
  const spread = spreadInstants(all);
  const first = run(target, spread);
  const claimedAt = first.findings
    .map(({ verdict, detectedAt }) => (verdict === 'leak' ? detectedAt : null))
    .filter((at) => at !== null);
  if (claimedAt.length === 0) return first;
  const more = claimedAt.flatMap((at) => closeInstants(target, all, spread, at));
  return run(
    target,
    [...new Set([...spread, ...more])].sort((a, b) => a - b),
  );
}

function run(target: JudgedTarget, instants: readonly Millis[]): Investigation {
  const investigation = open(target);
  for (const at of instants) investigation.evaluateAt(at);
  return investigation;
}

function open({ input, assess }: JudgedTarget): Investigation {
  return new Investigation({ ...input, assess, timeMap: REAL_TIME });
}

function endOf(history: GaugeHistory): Millis {
  return history.timeMillis.at(-1) ?? 0;
}

/** Every instant at which a watch would have evaluated, and the end. */
function instantsOf(history: GaugeHistory): Millis[] {
  const first = history.timeMillis[0] ?? 0;
  const end = endOf(history);
  const instants: Millis[] = [];
  for (let at = nextEvaluationAt(first, first); at < end; at = nextEvaluationAt(first, at)) instants.push(at);
  return [...instants, end];
}

/** By time, not by number: a watch looks at young targets more often. */
function spreadInstants(all: readonly Millis[]): Millis[] {
  const first = all[0] ?? 0;
  const end = all[all.length - 1] ?? 0;
  const chosen = new Set(all.slice(-LAST));
  for (let i = 1; i <= SPREAD; i++) {
    const at = first + ((end - first) * i) / SPREAD;
    const instant = all.findLast((candidate) => candidate <= at);
    if (instant !== undefined) chosen.add(instant);
  }
  return [...chosen].sort((a, b) => a - b);
}

/**
 * The claim came with the sixth of a run of looks; the run may have begun any time after the look before it. Finds by halving
 * where it did, and looks from there as often as a watch.
 */
function closeInstants(
  target: JudgedTarget,
  all: readonly Millis[],
  spread: readonly Millis[],
  claimedAt: Millis,
): Millis[] {
  const isLeak = (at: Millis) => target.assessAt(at).lanes.some(({ verdict }) => verdict === 'leak');
  let begin = spread.indexOf(claimedAt);
  while (begin > 0 && isLeak(spread[begin - 1] ?? 0)) begin--;
  let low = begin === 0 ? -1 : all.indexOf(spread[begin - 1] ?? 0);
  let high = all.indexOf(spread[begin] ?? 0);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (isLeak(all[middle] ?? 0)) high = middle;
    else low = middle;
  }
  return all.slice(high, high + CLOSE);
}
