// Explanations that the data exclude. Each is a comparison that other data would fail; what fails it is not listed.
import { formatBytes } from '../base/units.ts';
import type { Assessment } from '../detect/assessment.ts';
import type { LedgerChange } from '../detect/ledger-change.ts';
import type { RuledOut } from '../model/finding.ts';
import type { Cause } from './cause.ts';
import { THRESHOLDS } from './thresholds.ts';

/** Explanations that the profiles and the ledger exclude, each with the number that excludes it and its threshold. */
export function collectRuledOut(cause: Cause, { ledgerChange }: Assessment): RuledOut[] {
  const isHeap = cause.kind === 'heap' && ledgerChange !== undefined && ledgerChange !== null;
  return [
    ...excludeBuffers(cause),
    ...excludePool(cause),
    ...(isHeap ? [...excludePacing(cause, ledgerChange), ...excludeRetention(ledgerChange)] : []),
  ];
}

function excludeBuffers(cause: Cause): RuledOut[] {
  const ruledOut: RuledOut[] = [];
  const lead = cause.heap?.culprits[0]?.growth ?? cause.heap?.growth ?? null;
  if (lead !== null && lead.monotony >= THRESHOLDS.minMonotony) {
    ruledOut.push({
      explanation: 'buffers that come and go',
      why: `${percent(lead.monotony)} of all movement is growth, at least ${percent(THRESHOLDS.minMonotony)} where growth lasts`,
    });
  }
  const persistence = lead?.persistence ?? null;
  if (persistence !== null && persistence >= THRESHOLDS.minPersistence) {
    ruledOut.push({
      explanation: 'warm-up',
      why: `the second half of the window brought ${percent(persistence)} of even growth, at least ${percent(THRESHOLDS.minPersistence)} where growth lasts`,
    });
  }
  return ruledOut;
}

function excludePool({ groups: [group] }: Cause): RuledOut[] {
  if (group === undefined || group.monotony < THRESHOLDS.minMonotony) return [];
  return [
    {
      explanation: 'a pool or a burst of goroutines',
      why: `the count rose by ${group.grown} net, ${percent(group.monotony)} of all movement, at least ${percent(THRESHOLDS.minMonotony)} where growth lasts`,
    },
  ];
}

/** The collector that lets more garbage pile up: then garbage grows, and what survives does not. */
function excludePacing({ growth }: Cause, change: LedgerChange): RuledOut[] {
  const { liveBytes, garbageBytes, hours, floorSource, gogcChanges } = change;
  // Told from the goal (or from the lowest heap_alloc), a new GOGC looks like a new live heap.
  if (gogcChanges > 0 && (floorSource === 'goal' || floorSource === 'minimum')) return [];
  if (growth === null || growth.unit !== 'bytes' || garbageBytes === null) return [];
  const share = liveBytes / (growth.perHour * hours);
  if (!(growth.perHour > 0 && share >= THRESHOLDS.pacingShare && garbageBytes <= liveBytes)) return [];
  return [
    {
      explanation: 'GC pacing',
      why: `what survives collections grew by ${formatBytes(liveBytes)}, ${percent(share)} of the growth claimed (at least ${percent(THRESHOLDS.pacingShare)}), and garbage by no more (${formatBytes(garbageBytes)})`,
    },
  ];
}

/** Memory that nobody uses and the allocator keeps. */
function excludeRetention({ liveBytes, retainedBytes }: LedgerChange): RuledOut[] {
  if (retainedBytes === null || !(liveBytes > 0)) return [];
  const share = retainedBytes / liveBytes;
  if (share > THRESHOLDS.retentionShare) return [];
  return [
    {
      explanation: 'allocator retention',
      why: `idle and fragmented memory changed by ${formatBytes(retainedBytes)}, ${percent(share)} of the ${formatBytes(liveBytes)} by which live objects grew (at most ${percent(THRESHOLDS.retentionShare)})`,
    },
  ];
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
