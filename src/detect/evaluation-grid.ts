// When a target is looked at: a fixed grid of virtual time, so that live and replay decide at the same instants.
import { HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../base/units.ts';

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
