// How each part of resident memory changed over a life: the ledger of many instants, medians at both ends.
import type { Bytes } from '../../base/units.ts';
import { LEDGER_PARTS, computeLedger, type LedgerParts } from '../../series/ledger.ts';
import { computeLiveFloor } from '../../series/live-floor.ts';
import { Interpolation } from '../../series/work.ts';
import { endsOf, type Facts } from './facts.ts';

/** Instants looked at; more say the same. */
const MAX_INSTANTS = 60;

export type LedgerPart = (typeof LEDGER_PARTS)[number][0];

export interface PartGrowth {
  readonly part: LedgerPart;
  /** What it added to resident memory; below zero for less. */
  readonly bytes: Bytes;
  readonly noiseBytes: Bytes;
  readonly nowBytes: Bytes;
}

export interface LedgerGrowth {
  /** Largest growth first. Parts that are not known at both ends are left out. */
  readonly parts: readonly PartGrowth[];
  readonly rssBytes: Bytes;
  readonly rssNoiseBytes: Bytes;
  readonly rssNowBytes: Bytes;
  readonly residualBytes: Bytes;
  /** The most that was live at one instant, stacks and tables of the runtime with it. */
  readonly mostKeptBytes: Bytes;
}

/** null where resident memory is not known often enough. Several questions ask the same facts: they are worked out once. */
export function growthOfLedger(facts: Facts): LedgerGrowth | null {
  let growth = GROWTH.get(facts);
  if (growth === undefined) GROWTH.set(facts, (growth = measureGrowth(facts)));
  return growth;
}

/** Weak: gone with the walk. */
const GROWTH = new WeakMap<Facts, LedgerGrowth | null>();

function measureGrowth({ table, rows }: Facts): LedgerGrowth | null {
  const floor = computeLiveFloor(table, rows);
  const live = floor === null || floor.value.length === 0 ? null : new Interpolation(floor);
  const step = Math.max(1, Math.floor((rows.to - rows.from) / MAX_INSTANTS));
  const ledgers: LedgerParts[] = [];
  for (let row = rows.from + ((rows.to - 1 - rows.from) % step); row < rows.to; row += step) {
    const ledger = computeLedger(table, row, live?.at(table.timeMillis[row]) ?? null);
    if (ledger !== null) ledgers.push(ledger);
  }
  const rss = endsOf(known(ledgers, 'rssBytes'));
  if (rss === null) return null;
  const parts = LEDGER_PARTS.flatMap(([part, sign]): PartGrowth[] => {
    const ends = endsOf(known(ledgers, part));
    if (ends === null) return [];
    const bytes = sign * (ends.after - ends.before);
    return [{ part, bytes, noiseBytes: ends.noise, nowBytes: sign * ends.after }];
  });
  const rssBytes = rss.after - rss.before;
  return {
    parts: parts.sort((a, b) => b.bytes - a.bytes),
    rssBytes,
    rssNoiseBytes: rss.noise,
    rssNowBytes: rss.after,
    residualBytes: rssBytes - parts.reduce((sum, { bytes }) => sum + bytes, 0),
    mostKeptBytes: Math.max(...ledgers.map(keptBytes)),
  };
}

function keptBytes({ liveBytes, stackBytes, runtimeBytes }: LedgerParts): Bytes {
  return (liveBytes ?? 0) + (stackBytes ?? 0) + (runtimeBytes ?? 0);
}

function known(ledgers: readonly LedgerParts[], name: LedgerPart | 'rssBytes'): number[] {
  return ledgers.map((ledger) => ledger[name]).filter((bytes) => bytes !== null);
}
