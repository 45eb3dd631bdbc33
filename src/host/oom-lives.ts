// The sawtooth: how often, how long each life was, and how fast each grew.
import { HOUR_MILLIS, type Bytes, type Millis } from '../base/units.ts';
import type { Growth } from '../model/finding.ts';
import type { ContainerHistory } from '../parse/container-status.ts';
import type { OomKill } from '../parse/oom-log.ts';
import { heldBytes } from './oom-parts.ts';
import { studentQuantile } from '../series/stats/distributions.ts';

/** One life that ended with a kill. */
export interface OomLife {
  /** When it began at the earliest: the kill before, or as the container's status says. */
  readonly fromMillis: Millis;
  readonly toMillis: Millis;
  /** What the process held when it was killed. */
  readonly peakBytes: Bytes | null;
  /** Whether `fromMillis` is the start itself and not the end of the life before. */
  readonly isExact: boolean;
}

export interface OomSawtooth {
  /** `since-boot`: the log has no times of the day, so all of these are milliseconds since the machine was started. */
  readonly clock: 'wall' | 'since-boot';
  readonly lives: readonly OomLife[];
  /** Between two kills; null with fewer than two. */
  readonly every: {
    readonly millis: Millis;
    readonly low: Millis | null;
    readonly high: Millis | null;
  } | null;
  /** Mean over the lives, from nothing to the peak: at least so much where a life began later than is known. */
  readonly growth: Growth | null;
}

const CONFIDENCE = 0.95;
/** A kill and the end of a container that lie so close together are one. */
const SAME_END_MILLIS: Millis = 5000;

/** @param kills of one service, oldest first; those without a time cannot be placed. */
export function findSawtooth(kills: readonly OomKill[], container: ContainerHistory | null): OomSawtooth {
  const isTimed = kills.length === 0 || kills.some(({ atMillis }) => atMillis !== null);
  const ends = kills.flatMap((kill) => {
    const atMillis = isTimed ? kill.atMillis : sinceBoot(kill);
    return atMillis === null ? [] : [{ atMillis, peakBytes: heldBytes(kill) }];
  });
  const told = isTimed ? (container?.lives ?? []).filter(({ reason }) => reason === 'OOMKilled') : [];
  for (const { finishedAtMillis } of told) {
    const isKnown = ends.some(({ atMillis }) => isSame(atMillis, finishedAtMillis));
    if (finishedAtMillis !== null && !isKnown) {
      // The status does not say what it held, but the limit was full.
      ends.push({ atMillis: finishedAtMillis, peakBytes: container?.limitBytes ?? null });
    }
  }
  ends.sort((a, b) => a.atMillis - b.atMillis);
  const lives = ends.flatMap(({ atMillis, peakBytes }, i): OomLife[] => {
    const life = told.find(({ finishedAtMillis }) => isSame(atMillis, finishedAtMillis));
    const before = i > 0 ? (ends[i - 1]?.atMillis ?? null) : null;
    const fromMillis = life?.startedAtMillis ?? before;
    if (fromMillis === null || fromMillis >= atMillis) return [];
    return [{ fromMillis, toMillis: atMillis, peakBytes, isExact: (life?.startedAtMillis ?? null) !== null }];
  });
  const gaps = ends.slice(1).map(({ atMillis }, i) => atMillis - (ends[i]?.atMillis ?? atMillis));
  const mean = meanWithInterval(gaps);
  return {
    clock: isTimed ? 'wall' : 'since-boot',
    lives,
    every: mean && { millis: mean.mean, low: mean.low, high: mean.high },
    growth: growthOf(lives),
  };
}

function sinceBoot({ bootSeconds }: OomKill): Millis | null {
  return bootSeconds === null ? null : bootSeconds * 1000;
}

function isSame(a: Millis, b: Millis | null): boolean {
  return b !== null && Math.abs(a - b) <= SAME_END_MILLIS;
}

function growthOf(lives: readonly OomLife[]): Growth | null {
  const rates = lives.flatMap(({ fromMillis, toMillis, peakBytes }) =>
    peakBytes === null ? [] : [(peakBytes / (toMillis - fromMillis)) * HOUR_MILLIS],
  );
  const mean = meanWithInterval(rates);
  if (mean === null || mean.low === null || mean.high === null) return null;
  return { unit: 'bytes', perHour: mean.mean, low: mean.low, high: mean.high, confidence: CONFIDENCE };
}

/** Null without a value; no interval of one alone. */
export function meanWithInterval(
  values: readonly number[],
): { readonly mean: number; readonly low: number | null; readonly high: number | null } | null {
  const n = values.length;
  if (n === 0) return null;
  const mean = values.reduce((total, value) => total + value, 0) / n;
  if (n === 1) return { mean, low: null, high: null };
  const variance = values.reduce((total, value) => total + (value - mean) ** 2, 0) / (n - 1);
  const reach = studentQuantile((1 + CONFIDENCE) / 2, n - 1) * Math.sqrt(variance / n);
  return { mean, low: Math.max(0, mean - reach), high: mean + reach };
}
