// Writes generated series as recordings (docs/recording.md), so that any tool can be tried on them.
// Usage: node leakbench/generate.mjs --out FOLDER [--kind NAME]... [--seeds 1] [--first 1] [--days 30] [--step 5]
//   Each series is one folder: recording.json, scrapes/*.prom, proc/*.json where the service shows it, truth.json.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KINDS } from './lib/kinds.mjs';
import { drawSeries } from './lib/series.mjs';

/** Gauges by the name under which client_golang and the process collector export them; times in seconds. */
const EXPORTED = {
  liveHeapBytes: 'go_gc_heap_live_bytes',
  nextGcBytes: 'go_memstats_next_gc_bytes',
  heapAllocBytes: 'go_memstats_heap_alloc_bytes',
  heapInuseBytes: 'go_memstats_heap_inuse_bytes',
  heapIdleBytes: 'go_memstats_heap_idle_bytes',
  heapReleasedBytes: 'go_memstats_heap_released_bytes',
  heapSysBytes: 'go_memstats_heap_sys_bytes',
  stackInuseBytes: 'go_memstats_stack_inuse_bytes',
  stackSysBytes: 'go_memstats_stack_sys_bytes',
  sysBytes: 'go_memstats_sys_bytes',
  scanStackBytes: 'go_gc_scan_stack_bytes',
  scanGlobalsBytes: 'go_gc_scan_globals_bytes',
  gogcPercent: 'go_gc_gogc_percent',
  goMemLimitBytes: 'go_gc_gomemlimit_bytes',
  allocatedBytesTotal: 'go_memstats_alloc_bytes_total',
  gcCyclesTotal: 'go_gc_duration_seconds_count',
  gcPauseSecondsTotal: 'go_gc_duration_seconds_sum',
  goroutines: 'go_goroutines',
  threads: 'go_threads',
  openFds: 'process_open_fds',
  maxFds: 'process_max_fds',
  rssBytes: 'process_resident_memory_bytes',
  cpuSecondsTotal: 'process_cpu_seconds_total',
  processStartMillis: 'process_start_time_seconds',
  requestsTotal: 'http_requests_total',
};

/**
 * @param {import('./lib/series.mjs').Series} series
 * @param {string} folder
 */
export function writeRecording(series, folder) {
  const { timeMillis, columns, truth } = series;
  mkdirSync(join(folder, 'scrapes'), { recursive: true });
  const showsProc = columns.has('rssAnonBytes');
  if (showsProc) mkdirSync(join(folder, 'proc'), { recursive: true });
  for (let row = 0; row < timeMillis.length; row++) {
    const cell = (/** @type {string} */ name) => columns.get(name)?.[row] ?? NaN;
    writeFileSync(join(folder, 'scrapes', `${timeMillis[row]}.prom`), formatScrape(cell));
    if (showsProc) writeFileSync(join(folder, 'proc', `${timeMillis[row]}.json`), formatProc(cell));
  }
  const about = {
    format: 'plimsoll-recording',
    version: 1,
    service: series.name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase(),
    instance: `10.0.0.${series.seed % 250}:8080`,
    startedAt: series.fromMillis,
    endedAt: series.toMillis,
    timeScale: 1,
    goVersion: 'go1.26.1',
    module: null,
    moduleVersion: null,
    memoryLimitBytes: truth.limitBytes,
  };
  writeFileSync(join(folder, 'recording.json'), `${JSON.stringify(about, null, 2)}\n`);
  const { name, family, group } = series.kind;
  writeFileSync(
    join(folder, 'truth.json'),
    `${JSON.stringify({ kind: name, family, group, ...truth }, null, 2)}\n`,
  );
}

/** @param {(name: string) => number} cell */
function formatScrape(cell) {
  let text = '';
  for (const [gauge, name] of Object.entries(EXPORTED)) {
    const value = gauge === 'processStartMillis' ? cell(gauge) / 1000 : cell(gauge);
    if (Number.isNaN(value)) continue;
    const isCounter = /_total$|_count$|_sum$/.test(name);
    text += `# TYPE ${name} ${isCounter ? 'counter' : 'gauge'}\n${name} ${value}\n`;
  }
  return text;
}

/** @param {(name: string) => number} cell */
function formatProc(cell) {
  const kib = (/** @type {string} */ name) => Math.round(cell(name) / 1024);
  return JSON.stringify({
    status: `VmRSS:\t${kib('rssBytes')} kB\nRssAnon:\t${kib('rssAnonBytes')} kB\nRssFile:\t${kib('rssFileBytes')} kB\n`,
    threads: cell('threads'),
    fds: cell('openFds'),
  });
}

if (process.argv[1] === import.meta.filename) main();

function main() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      kind: { type: 'string', multiple: true, default: [] },
      seeds: { type: 'string', default: '1' },
      first: { type: 'string', default: '1' },
      days: { type: 'string', default: '30' },
      step: { type: 'string', default: '5' },
    },
  });
  if (!values.out) {
    process.stderr.write('leakbench: --out FOLDER is needed\n');
    process.exit(3);
  }
  const kinds = KINDS.filter(({ name }) => values.kind.length === 0 || values.kind.includes(name));
  const first = Number(values.first);
  for (let seed = first; seed < first + Number(values.seeds); seed++) {
    for (const kind of kinds) {
      const series = drawSeries(kind, seed, {
        days: Number(values.days),
        stepMillis: Number(values.step) * 60_000,
      });
      const folder = join(values.out, `${kind.name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()}-${seed}`);
      writeRecording(series, folder);
      process.stdout.write(`${folder}: ${series.timeMillis.length} scrapes, ${kind.group}\n`);
    }
  }
}
