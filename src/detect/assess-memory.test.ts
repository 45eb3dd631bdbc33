import { describe, expect, it, vi } from 'vitest';
import type { GaugeReading } from '../base/gauges.ts';
import { HOUR_MILLIS, MIB, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import { GaugeHistory } from '../series/gauge-history.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import type { AssessInput } from './assess.ts';

const START = Date.UTC(2026, 0, 1);

/** A service with a rhythm, growth or none, restarts, gaps, late scrapes and a GOGC that changes. */
function drawHistory(seed: number): GaugeHistory {
  const random = seededRandom(seed);
  const history = new GaugeHistory();
  const growth = [0, 0, 3, 8][seed % 4] * MIB;
  let bornMillis = START;
  let requestsTotal = 0;
  let gogcPercent = 100;
  for (let at = START; at < START + 40 * HOUR_MILLIS; at += 3 * MINUTE_MILLIS * (random() < 0.05 ? 9 : 1)) {
    if (random() < 0.002) bornMillis = at;
    if (random() < 0.001) gogcPercent = gogcPercent === 100 ? 200 : 100;
    const hours = (at - bornMillis) / HOUR_MILLIS;
    const load = 20 + 12 * Math.sin((2 * Math.PI * at) / (24 * HOUR_MILLIS)) + random();
    requestsTotal += Math.round(60 * load);
    const live = 60 * MIB + growth * hours + load * 0.3 * MIB + 2 * MIB * random();
    const reading: GaugeReading = {
      nextGcBytes: Math.round(live * (1 + gogcPercent / 100)),
      heapAllocBytes: Math.round(live * (1 + random())),
      gcCyclesTotal: Math.floor((at - bornMillis) / 20_000),
      gogcPercent,
      goMemLimitBytes: 2 ** 63,
      goroutines: Math.round(40 + load),
      openFds: Math.round(10 + load / 2 + random()),
      rssBytes: 4096 * Math.round((live * 1.6) / 4096),
      processStartMillis: bornMillis,
      requestsTotal,
    };
    history.append(at + (random() < 0.1 ? 20_000 * random() : 0), reading);
  }
  return history;
}

type Assess = (input: AssessInput) => unknown;

async function freshAssess(): Promise<Assess> {
  vi.resetModules();
  return (await import('./assess.ts')).assess;
}

function answersOf(assess: Assess, asked: readonly { table: GaugeHistory; atMillis: Millis }[]): string[] {
  return asked.map((one) =>
    JSON.stringify(assess({ ...one, memoryLimitBytes: 512 * MIB, ignoreBefore: {} })),
  );
}

describe('stage 1, asked again and again', () => {
  it('gives the answers that it gives to who asks for the first time, in whatever order and of whatever target', async () => {
    const histories = [2, 3, 6, 7].map(drawHistory);
    const asked = Array.from({ length: 4 }, (_, i) => START + (6 + 11 * i) * HOUR_MILLIS).flatMap(
      (atMillis) => histories.map((table) => ({ table, atMillis })),
    );
    const inOrder = answersOf(await freshAssess(), asked);
    const again = await freshAssess();
    expect(answersOf(again, [...asked].reverse()).reverse()).toEqual(inOrder);
    const byTarget = histories.flatMap((history) => asked.filter(({ table }) => table === history));
    const byTargetAnswers = new Map(answersOf(again, byTarget).map((answer, i) => [byTarget[i], answer]));
    expect(asked.map((one) => byTargetAnswers.get(one))).toEqual(inOrder);
    expect(inOrder.filter((answer) => answer.includes('"verdict":"leak"')).length).toBeGreaterThan(0);
    expect(new Set(inOrder).size).toBe(inOrder.length);
  });
});
