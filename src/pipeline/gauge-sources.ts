// Which source tells what of one target: two may use one name for two things, and a series that hops between them looks like load
// or growth.
import type { GaugeReading } from '../base/gauges.ts';
import type { RawEvidence } from '../model/raw-evidence.ts';
import type { GaugeExtract } from '../parse/gauge-extract.ts';

type Kind = RawEvidence['kind'];
/** Instants and times that stay with the source that gave them first. */
const CLOCKS = ['processStartMillis', 'cpuSecondsTotal'] as const;

/** Remembers of one target who told what. */
export class GaugeSources {
  #requests: { readonly source: Kind | null; readonly family: string | null } = {
    source: null,
    family: null,
  };
  readonly #clocks: Partial<Record<(typeof CLOCKS)[number], Kind>> = {};
  #hasProcThreads = false;
  #hasExactFloor = false;
  #isGoroutineGauge = false;

  /**
   * What of a reading counts. Request counters, start and CPU time stay with the source that gave them first; living threads of
   * `/proc` win over go_threads, which counts threads ever created.
   */
  choose(kind: Kind, extract: GaugeExtract, reading: GaugeReading): GaugeReading {
    const kept = { ...reading };
    if (extract.requestsFamily !== null && (this.#requests.source ?? kind) === kind) {
      this.#requests = { source: kind, family: extract.requestsFamily };
    } else {
      delete kept.requestsTotal;
    }
    for (const name of CLOCKS) {
      if (kept[name] === undefined) continue;
      if ((this.#clocks[name] ??= kind) !== kind) delete kept[name];
    }
    if (kind === 'proc') this.#hasProcThreads ||= kept.threads !== undefined;
    else if (this.#hasProcThreads) delete kept.threads;
    this.#hasExactFloor ||= kept.liveHeapBytes !== undefined || kept.nextGcBytes !== undefined;
    this.#isGoroutineGauge ||= kept.goroutines !== undefined;
    return kept;
  }

  /** What of the gauges that pushed profiles tell nobody tells better: who tells start or heap by itself does. */
  chooseOfPush(reading: GaugeReading): GaugeReading {
    const kept = { ...reading };
    if (this.#isGoroutineGauge) delete kept.goroutines;
    if (this.#hasExactFloor || this.#clocks.processStartMillis !== undefined) delete kept.processStartMillis;
    if (this.#hasExactFloor) delete kept.profileLiveBytes;
    return kept;
  }

  /** The request counter that was chosen; null before there was one. */
  get requestsFamily(): string | null {
    return this.#requests.family;
  }
  /** Somebody says to the byte how much is alive behind a collection. */
  get hasExactFloor(): boolean {
    return this.#hasExactFloor;
  }
  /** Goroutines are counted without their profile. */
  get isGoroutineGauge(): boolean {
    return this.#isGoroutineGauge;
  }
}
