// Recordings drawn as text, as client_golang would have shown the process.
import type { Millis } from '../base/units.ts';
import { REAL_TIME, type RawEvidence } from '../model/raw-evidence.ts';
import type { Recording } from '../recording/read-recording.ts';
import { DRAWN_START_MILLIS, drawReadings } from './series-from-text.ts';

/** Scrapes of what `drawGauges` takes, this much later. */
export function drawScrapes(text: string, shiftMillis: Millis = 0): RawEvidence[] {
  return drawReadings(text).map(({ atMillis, reading }): RawEvidence => {
    const lines = [
      `process_start_time_seconds ${((reading.processStartMillis ?? 0) + shiftMillis) / 1000}`,
      `go_memstats_next_gc_bytes ${reading.nextGcBytes ?? 0}`,
      `go_memstats_heap_alloc_bytes ${reading.heapAllocBytes ?? 0}`,
      `go_gc_duration_seconds_count ${reading.gcCyclesTotal ?? 0}`,
      `http_requests_total ${Math.round(reading.requestsTotal ?? 0)}`,
    ];
    const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`);
    return { kind: 'metrics', atMillis: atMillis + shiftMillis, bytes };
  });
}

/** A recording of this evidence, in order of time; it begins with the drawing, `shiftMillis` later. */
export function drawRecording(
  all: readonly RawEvidence[],
  over: {
    readonly manifest: Pick<Recording['manifest'], 'service' | 'instance'> & Partial<Recording['manifest']>;
    readonly shiftMillis?: Millis;
    /** Text by file. */
    readonly sources?: Readonly<Record<string, string>>;
  },
): Recording {
  const { manifest, shiftMillis = 0, sources = {} } = over;
  const fromMillis = DRAWN_START_MILLIS + shiftMillis;
  const toMillis = all.at(-1)?.atMillis ?? fromMillis;
  return {
    path: manifest.instance,
    manifest: {
      ...{ startedAt: fromMillis, endedAt: toMillis, timeScale: 1, goVersion: null, module: null },
      ...{ moduleVersion: null, memoryLimitBytes: null, labels: {}, match: {}, environment: null },
      ...manifest,
    },
    ...{ timeMap: REAL_TIME, fromMillis, toMillis, evidenceCount: all.length },
    async *evidence() {
      for (const one of all) yield await Promise.resolve(one);
    },
    ...{ events: [], sourceFiles: Object.keys(sources), nativeFileCount: 0, warnings: [] },
    sourceFile: (file) => Promise.resolve(file in sources ? new TextEncoder().encode(sources[file]) : null),
  };
}
