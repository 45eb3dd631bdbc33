// What real exporters serve, captured by the program of test/fixtures/exporters (versions in its go.mod, Go 1.26.8).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GaugeName } from '../base/gauges.ts';
import { hasGoHeapGauges } from './gauge-extract.ts';
import { gaugesFromPrometheus } from './gauges-from-prometheus.ts';
import { forEachSample } from './prometheus-text.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'exporters');
const body = (file: string) => readFileSync(join(FOLDER, file));
const extract = (file: string) => gaugesFromPrometheus(body(file), { where: file });
const names = (file: string) => Object.keys(extract(file).reading).sort() as GaugeName[];

const FILES = [
  'client-golang-default.prom',
  'client-golang-default.openmetrics',
  'client-golang-all.prom',
  'client-golang-all.openmetrics',
  'otel.prom',
  'otel.openmetrics',
  'otel-utf8.prom',
  'otel-deprecated.prom',
];

describe('what real exporters serve', () => {
  it.each(FILES)('%s is read without a doubt, and says something about the heap', (file) => {
    const { reading, warnings } = extract(file);
    expect(warnings).toEqual([]);
    expect(hasGoHeapGauges(reading)).toBe(true);
  });

  it('OpenMetrics says the same as the text format', () => {
    expect(names('client-golang-default.openmetrics')).toEqual(names('client-golang-default.prom'));
    expect(names('client-golang-all.openmetrics')).toEqual(names('client-golang-all.prom'));
    expect(names('otel.openmetrics')).toEqual(names('otel.prom'));
  });

  it('exemplars and _created are no requests', () => {
    const { requestsFamily, reading } = extract('client-golang-default.openmetrics');
    expect([requestsFamily, reading.requestsTotal]).toEqual(['http_requests_total', 42]);
  });

  it('client_golang gives the same gauges from runtime/metrics as from MemStats, and more', () => {
    const all = names('client-golang-all.prom');
    // No request counter in that program; lastGcMillis is MemStats' own.
    const isOnlyDefault = (name: GaugeName) => !all.includes(name);
    expect(names('client-golang-default.prom').filter(isOnlyDefault)).toEqual(['requestsTotal']);
    expect(all).toEqual(
      expect.arrayContaining(['liveHeapBytes', 'scanStackBytes', 'goroutinesCreatedTotal']),
    );
    expect(all).toEqual(
      expect.arrayContaining(['finalizersQueuedTotal', 'finalizersExecutedTotal', 'gcCpuSecondsTotal']),
    );
  });

  it('the memory classes add up to Sys, as in runtime.ReadMemStats', () => {
    const { reading } = extract('client-golang-all.prom');
    const sum = (...parts: GaugeName[]) => parts.reduce((total, name) => total + (reading[name] ?? NaN), 0);
    const beside = [
      'mspanSysBytes',
      'mcacheSysBytes',
      'buckHashSysBytes',
      'gcSysBytes',
      'otherSysBytes',
    ] as const;
    expect(sum('heapSysBytes', 'stackSysBytes', ...beside)).toBe(reading.sysBytes);
  });

  it('OpenTelemetry gives goal, limit and what Go holds of the system', () => {
    const { reading } = extract('otel.prom');
    expect(Object.keys(reading).sort()).toEqual([
      'allocatedBytesTotal',
      'goMemLimitBytes',
      'goResidentBytes',
      'gogcPercent',
      'goroutines',
      'mallocsTotal',
      'nextGcBytes',
      'requestsTotal',
      'stackInuseBytes',
    ]);
    expect(reading.goMemLimitBytes).toBe(512 * 1024 * 1024);
    expect(reading.goResidentBytes).toBeGreaterThan(reading.stackInuseBytes ?? Infinity);
  });

  it('names in UTF-8 mean the same as those with underscores', () => {
    expect(names('otel-utf8.prom')).toEqual(names('otel.prom'));
  });

  it('the older OpenTelemetry names give the heap as MemStats does', () => {
    const more = names('otel-deprecated.prom').filter((name) => !names('otel.prom').includes(name));
    expect(more).toEqual([
      'cgoCallsTotal',
      'gcCyclesTotal',
      'heapAllocBytes',
      'heapIdleBytes',
      'heapInuseBytes',
      'heapObjects',
      'heapReleasedBytes',
      'heapSysBytes',
    ]);
  });

  it('a body that is cut anywhere gives fewer gauges or none, never another value', () => {
    const whole = extract('client-golang-default.prom').reading;
    const text = body('client-golang-default.prom').toString();
    for (let length = 100; length < text.length; length += 97) {
      const { reading } = gaugesFromPrometheus(text.slice(0, length));
      // The sum over request counters may lack a line; everything else stands in one.
      delete reading.requestsTotal;
      expect(whole).toMatchObject(reading);
    }
  });
});

describe('hostile text', () => {
  const MEGABYTE = 1024 * 1024;
  const read = (text: string) => gaugesFromPrometheus(text);

  it('a line without end is one bad line', () => {
    for (const endless of ['x', '1', '{', '# TYPE a b ', 'go_goroutines{a="', 'go_goroutines 1', ' ']) {
      const extract = read(
        `go_goroutines 5\n${endless.repeat((8 * MEGABYTE) / endless.length)}\ngo_threads 6\n`,
      );
      expect(extract.reading).toEqual({ goroutines: 5, threads: 6 });
      expect(extract.warnings.length).toBeLessThan(3);
      expect(extract.warnings.join('').length).toBeLessThan(1000);
    }
  });

  it('millions of labels, in one line or as many series, change nothing', () => {
    const labels = Array.from({ length: 300_000 }, (_, i) => `l${i}="${i}"`).join(',');
    const series = Array.from({ length: 300_000 }, (_, i) => `go_goroutines{shard="${i}"} ${i}`).join('\n');
    const extract = read(`go_threads 6\ngo_memstats_sys_bytes{${labels}} 5\n${series}\n`);
    expect(extract.reading).toEqual({ threads: 6 });
    expect(extract.warnings).toEqual([
      'line 2: more than 200 labels',
      'go_goroutines has 300000 samples with different labels: cannot tell which one is this process',
    ]);
  });

  it('a hundred thousand families of requests keep the table bounded and the answer steady', () => {
    const families = Array.from({ length: 100_000 }, (_, i) => `a${i}_requests_total 1`).join('\n');
    expect(read(`http_requests_total 7\n${families}\n`).requestsFamily).toBe('http_requests_total');
  });

  it('the same series twice is not used, whatever it says', () => {
    expect(read('go_goroutines{a="1"} 5\ngo_goroutines{a="1"} 500\n').reading).toEqual({});
  });

  it('numbers that are none, or too large, are left out', () => {
    const text = ['NaN', '+Inf', '-Inf', '1e999', '0x10', '1_000', '٣', '-1', '1'.repeat(400)].map(
      (value) => `go_goroutines ${value}\n`,
    );
    for (const line of text) expect(read(`go_threads 6\n${line}`).reading).toEqual({ threads: 6 });
  });

  it('another encoding is refused with the line, not read as something else', () => {
    const utf16 = Buffer.from('go_goroutines 5\ngo_threads 6\n', 'utf16le');
    const marked = Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]);
    const other = Buffer.from(marked).swap16();
    for (const page of [utf16, marked, other]) {
      expect(() => gaugesFromPrometheus(page)).toThrow(/the page is in UTF-16, UTF-8 expected/);
    }
    expect(read('\uFEFFgo_goroutines 5\ngo_threads 6\n').reading.threads).toBe(6);
  });
});

describe('a page that serves several processes', () => {
  const page = `go_goroutines{job="orders",instance="a"} 5
go_goroutines{job="orders",instance="b"} 500
go_memstats_heap_alloc_bytes{job="orders",instance="a"} 70
orders_process_open_fds{job="orders",instance="a"} 3
go_info{job="orders",instance="b",version="go1.20"} 1
go_info{job="orders",instance="a",version="go1.26"} 1
http_requests_total{job="orders",instance="a",code="200"} 7
http_requests_total{job="orders",instance="b",code="200"} 900
go_threads 99
`;
  const matching = (match: Record<string, string>) => gaugesFromPrometheus(page, { match });

  it('is read for the one whose labels match', () => {
    expect(matching({ instance: 'a', job: 'orders' })).toMatchObject({
      reading: { goroutines: 5, heapAllocBytes: 70, openFds: 3, requestsTotal: 7 },
      goVersion: 'go1.26',
      warnings: [],
    });
    expect(matching({ instance: 'b' }).reading).toEqual({ goroutines: 500, requestsTotal: 900 });
  });

  it('says so where no sample carries the labels', () => {
    expect(matching({ instance: 'c' })).toMatchObject({
      reading: {},
      warnings: ['none of 9 samples has the labels {instance="c"}: its instance are "a", "b"'],
    });
  });

  it('says which labels it lacks', () => {
    expect(matching({ pod: 'c', job: 'none' }).warnings).toEqual([
      'none of 9 samples has the labels {pod="c", job="none"}: it has no label pod; its job are "orders"',
    ]);
  });

  it('counts samples before it picks: duplicates within the match stay unknown', () => {
    expect(matching({ job: 'orders' }).reading.goroutines).toBeUndefined();
    let samples = 0;
    forEachSample(page, () => samples++);
    expect(samples).toBe(9);
  });
});
