// When a target is looked at: a fixed grid of virtual time, so that live and replay decide at the same instants.
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../base/units.ts';

/**
 * Spacing by age since the first evidence. Young targets change fast and are cheap to fit; from half a day on, 10 min is what
 * the thresholds of the leak lane were measured with (detection-science 3.3 and 5.4: hourly was too rare).
 */
const SPACING: readonly { readonly untilAge: Millis; readonly every: Millis }[] = [
  { untilAge: 2 * HOUR_MILLIS, every: 2 * MINUTE_MILLIS },
  { untilAge: 12 * HOUR_MILLIS, every: 5 * MINUTE_MILLIS },
  { untilAge: Infinity, every: 10 * MINUTE_MILLIS },
];

/** Distance between two evaluations at this age. */
export function evaluationSpacing(ageMillis: Millis): Millis {
  for (const { untilAge, every } of SPACING) if (ageMillis < untilAge) return every;
  return SPACING[SPACING.length - 1].every;
}

/** First instant of the grid strictly after `afterMillis`; the grid begins one spacing after the first evidence. */
export function nextEvaluationAt(firstEvidenceMillis: Millis, afterMillis: Millis): Millis {
  const age = Math.max(0, afterMillis - firstEvidenceMillis);
  let start = 0;
  for (const { untilAge, every } of SPACING) {
    const next = start + (Math.floor((age - start) / every) + 1) * every;
    if (age < untilAge && next <= untilAge) return firstEvidenceMillis + next;
    start = untilAge;
  }
  return firstEvidenceMillis + age;
}

/**
 * A target that has said nothing for this long is not looked at until it is heard again: nothing is learnt from silence, and its
 * length is not ours to choose (a clock that jumps, a time in a file).
 */
export const SILENCE_BOUND_MILLIS = DAY_MILLIS;

/** Which instant of the grid is due next, by what was heard so far. */
export class EvaluationGrid {
  #firstHeard: Millis | null = null;
  #lastHeard: Millis | null = null;
  #lastEvaluation: Millis | null = null;
  /** Instants before this fell into a silence. */
  #heardAgain: Millis = -Infinity;

  /** Evidence of this instant is there; where it is out of order, it changes nothing. */
  hear(atMillis: Millis): void {
    this.#firstHeard ??= atMillis;
    if (atMillis - (this.#lastHeard ?? atMillis) > SILENCE_BOUND_MILLIS) this.#heardAgain = atMillis;
    this.#lastHeard = Math.max(this.#lastHeard ?? atMillis, atMillis);
  }

  evaluated(atMillis: Millis): void {
    this.#lastEvaluation = atMillis;
  }

  /** Goes on with the grid of an earlier run. */
  restore(firstHeardMillis: Millis | null, lastEvaluationMillis: Millis | null): void {
    this.#firstHeard = firstHeardMillis ?? this.#firstHeard;
    this.#lastEvaluation = lastEvaluationMillis;
  }

  get firstHeardMillis(): Millis | null {
    return this.#firstHeard;
  }

  get lastHeardMillis(): Millis | null {
    return this.#lastHeard;
  }

  get lastEvaluationMillis(): Millis | null {
    return this.#lastEvaluation;
  }

  /** null before the first evidence, and in a silence that lasts. */
  get nextMillis(): Millis | null {
    if (this.#firstHeard === null) return null;
    const after = Math.max(this.#lastEvaluation ?? this.#firstHeard, this.#heardAgain - 1);
    const next = nextEvaluationAt(this.#firstHeard, after);
    return next - (this.#lastHeard ?? next) > SILENCE_BOUND_MILLIS ? null : next;
  }
}
