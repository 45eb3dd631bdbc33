import { describe, expect, it } from 'vitest';
import type { TargetStatus } from '../model/status.ts';
import { countStates, mostUrgent } from './status-lines.ts';

/** `orders:leak billing:down` */
function targets(drawn: string): TargetStatus[] {
  return drawn.split(' ').map((word) => {
    const [service = '', state = ''] = word.split(':');
    const isDown = state === 'down';
    return {
      service,
      instance: `${service}:1`,
      labels: {},
      state: isDown ? 'down' : 'up',
      verdict: isDown ? 'leak' : (state as TargetStatus['verdict']),
      isSuspect: false,
      goVersion: null,
      module: null,
      processStartAt: null,
      restarts: 0,
      firstEvidenceAt: null,
      lastEvidenceAt: null,
      memoryBytes: null,
      liveHeapBytes: null,
      limitBytes: null,
      growth: null,
      diagnosticUntil: null,
      needed: null,
      sources: [],
      missingEvidence: [],
    };
  });
}

describe('the line of a watch over several targets', () => {
  it.each([
    ['a:no-growth b:leak c:undetermined', 'b'],
    ['a:leak b:down', 'b'],
    ['a:no-growth b:no-growth', 'a'],
    ['a:load-driven b:step c:filling-to-bound', 'b'],
  ])('of %s is spent on %s', (drawn, service) => {
    expect(mostUrgent(targets(drawn))?.service).toBe(service);
  });

  it('counts a target that is down by that, not by the verdict it had', () => {
    expect(countStates(targets('a:leak b:down c:no-growth d:no-growth'))).toBe(
      '4 targets: 1 down, 1 leak, 2 no-growth',
    );
  });

  it('needs a target', () => {
    expect(mostUrgent([])).toBeNull();
  });
});
