// A complete leak finding; tests change what they are about.
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import type { Finding } from '../model/finding.ts';

export function drawFinding(over: Partial<Finding> = {}): Finding {
  return {
    verdict: 'leak',
    class: 'heap',
    fingerprint: '5f2c0a',
    detectedAt: HOUR_MILLIS,
    onsetAt: null,
    growth: { unit: 'bytes', perHour: 30 * MIB, low: 28 * MIB, high: 32 * MIB, confidence: 0.95 },
    counts: null,
    heldBytes: 60 * MIB,
    timeToExhaustion: {
      resource: 'memory-limit',
      at: 9 * HOUR_MILLIS,
      low: 8 * HOUR_MILLIS,
      high: 11 * HOUR_MILLIS,
      confidence: 0.8,
    },
    culprits: [
      {
        role: 'allocates',
        function: 'orders/store.(*Store).Put',
        file: 'store/put.go',
        profileFile: '/src/store/put.go',
        line: 27,
        share: 0.93,
        low: 0.9,
        high: 0.96,
      },
    ],
    pattern: 'unbounded-growth',
    evidence: [
      {
        question: 'Which code allocates what stays?',
        prediction: 'its sampled objects rise',
        test: 'growth over its noise',
        numbers: { z: 6.4, threshold: 3.4, grownBytes: 60 * MIB, from: 0, to: HOUR_MILLIS, snapshots: 12 },
        outcome: 'supports',
      },
    ],
    ruledOut: [{ explanation: 'load-driven', why: 'growth went on at equal load' }],
    fix: null,
    summary: 'The live heap leaks by 30 MiB/h in orders/store.(*Store).Put (store/put.go:27).',
    ...over,
  };
}
