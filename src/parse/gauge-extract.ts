// What every gauge source of this room gives back, and the one place that decides which numbers are believed.
import type { GaugeName, GaugeReading } from '../base/gauges.ts';

/** The main module of the process; `version` is null where the build does not say (`(devel)`). */
export interface MainModule {
  readonly path: string;
  readonly version: string | null;
}

/** One answer of a process, translated. Times (`processStartMillis`, `lastGcMillis`) stay as the process says. */
export interface GaugeExtract {
  /** Only what is known; a missing key is "not known", never zero. */
  readonly reading: GaugeReading;
  readonly goVersion: string | null;
  readonly module: MainModule | null;
  /** Which family `requestsTotal` was summed from, null when none was recognised. */
  readonly requestsFamily: string | null;
  /** Its counters by route, of the family that was used before; null where it has no routes. */
  readonly routes: ReadonlyMap<string, number> | null;
  /** Doubts beside the answer, for people; at most MAX_EXTRACT_WARNINGS. */
  readonly warnings: readonly string[];
}

/** A source that is wrong everywhere must not fill the page. */
export const MAX_EXTRACT_WARNINGS = 20;

/** Collects a reading: the first believable value of a gauge wins, so callers go from best source to worst. */
export class ReadingBuilder {
  readonly reading: GaugeReading = {};
  readonly warnings: string[] = [];

  warn(text: string): void {
    if (this.warnings.length < MAX_EXTRACT_WARNINGS) this.warnings.push(text);
  }

  has(gauge: GaugeName): boolean {
    return this.reading[gauge] !== undefined;
  }

  /**
   * @param source name that the process used, for the warning.
   * NaN means "not known" and is left out in silence; everything else that cannot be true is left out with a
   * warning: infinities, negative amounts and counters.
   */
  put(gauge: GaugeName, value: number, source: string): void {
    if (this.has(gauge) || Number.isNaN(value)) return;
    if (gauge === 'lastGcMillis' || gauge === 'processStartMillis') {
      // 0: no collection yet. Some releases of client_golang print the year 1 as a negative number instead.
      if (value <= 0) return;
    }
    if (!Number.isFinite(value)) {
      this.warn(`${source} is ${value}: left out`);
    } else if (value < 0 && gauge !== 'gogcPercent') {
      this.warn(`${source} is negative (${value}): left out`);
    } else {
      this.reading[gauge] = value;
    }
  }

  /** As `put`, for a value of unknown type out of JSON. */
  putUnknown(gauge: GaugeName, value: unknown, factor: number, source: string): void {
    if (value === undefined || value === null) return;
    if (typeof value !== 'number') this.warn(`${source} is no number but ${typeof value}: left out`);
    else this.put(gauge, value * factor, source);
  }

  finish(rest: Partial<Omit<GaugeExtract, 'reading' | 'warnings'>> = {}): GaugeExtract {
    return {
      reading: this.reading,
      goVersion: rest.goVersion ?? null,
      module: rest.module ?? null,
      requestsFamily: rest.requestsFamily ?? null,
      routes: rest.routes ?? null,
      warnings: this.warnings,
    };
  }
}

/** Gauges that only Go's own collectors give: without one of them the heap cannot be judged. */
const GO_HEAP_GAUGES = ['liveHeapBytes', 'nextGcBytes', 'heapAllocBytes', 'heapInuseBytes'] as const;

/** Whether a reading says anything about the Go heap; a plain exporter without the Go collector does not. */
export function hasGoHeapGauges(reading: GaugeReading): boolean {
  return GO_HEAP_GAUGES.some((name) => reading[name] !== undefined);
}

/** Text of bytes that should be UTF-8; what is not becomes U+FFFD and then fails where it matters. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
