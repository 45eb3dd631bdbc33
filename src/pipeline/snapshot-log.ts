// Which profiles were taken of one life and in which situation, and so which are wanted now.
import type { Bytes, Millis } from '../base/units.ts';
import type { AssessmentState } from '../detect/assessment.ts';
import { decideLastGasp, followNearLimit, type NearLimit } from '../detect/last-gasp.ts';
import { SituationLater, describeSituation } from '../detect/situation.ts';
import {
  decideSnapshots,
  type SnapshotSettings,
  type SnapshotWish,
  type TakenSnapshot,
} from '../detect/snapshot-policy.ts';
import type { GaugeHistory } from '../series/gauge-history.ts';

/** Profiles of one life that the policy looks back on; the first one stays with the newest. */
export const MAX_TAKEN = 64;

export class SnapshotLog {
  readonly #history: GaugeHistory;
  #taken: readonly TakenSnapshot[] = [];
  #near: NearLimit | null = null;

  constructor(history: GaugeHistory) {
    this.#history = history;
  }

  /** Another life begins. */
  restart(): void {
    this.#taken = [];
    this.#near = null;
  }

  /** Told of each new row. @param limitBytes null = not known. */
  followLimit(atMillis: Millis, limitBytes: Bytes | null): void {
    this.#near = followNearLimit(this.#near, atMillis, this.#history.newest('rssBytes'), limitBytes ?? NaN);
  }

  /** The approach to the limit that goes on; null while memory is not close. */
  get nearLimit(): NearLimit | null {
    return this.#near;
  }

  remember(kind: TakenSnapshot['kind'], atMillis: Millis): void {
    const taken: TakenSnapshot = { kind, ...describeSituation(this.#history, atMillis) };
    const all = [...this.#taken, taken];
    // The first is the "before" of everything, and a dump is taken once: the next one after it goes.
    const gone = all.findIndex((one, row) => row > 0 && one.kind !== 'goroutine-dump');
    this.#taken = all.length > MAX_TAKEN ? all.filter((_, row) => row !== gone) : all;
  }

  /** @param assessment null before the first evaluation: only what cannot wait. */
  wanted(
    assessment: AssessmentState | null,
    nowMillis: Millis,
    settings: SnapshotSettings,
  ): readonly SnapshotWish[] {
    const urgent = decideLastGasp(this.#near, this.#taken);
    if (!assessment) return urgent;
    const usual = decideSnapshots({
      assessment,
      situation: new SituationLater(this.#history, nowMillis),
      taken: this.#taken,
      settings,
    });
    return [...urgent, ...usual.filter(({ kind }) => !urgent.some((wish) => wish.kind === kind))];
  }
}
