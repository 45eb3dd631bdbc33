// What Plimsoll says of the demo's own sources: newcomers read it first.
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findSourceFacts } from '../src/diagnose/source/source-facts.ts';
import { SourceAnalysis } from '../src/gosource/source-analysis.ts';
import type { Culprit, LeakClass } from '../src/model/finding.ts';
import { openGoParser } from '../src/workspace/go-parser.ts';

const MODULE = 'plimsoll.dev/orders';
const DEMO = join(import.meta.dirname, '../demo');

async function readSources(): Promise<Map<string, string>> {
  const names = await readdir(DEMO, { recursive: true });
  const files = names.filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'));
  const texts = files.map(async (name) => {
    const path = join(DEMO, name);
    return [`${MODULE}/${relative(DEMO, path)}`, await readFile(path, 'utf8')] as const;
  });
  return new Map(await Promise.all(texts));
}

const sources = await readSources();
const parser = await openGoParser();

/** The frame that a profile has for the first line of a file that holds this text. */
function culpritAt(file: string, name: string, text: string, role: Culprit['role']): Culprit {
  return {
    role,
    function: `${MODULE}/${file.slice(0, file.lastIndexOf('/'))}.${name}`,
    file,
    profileFile: `/build/${file}`,
    line: lineOf(file, text),
    share: 1,
    low: 1,
    high: 1,
  };
}

function lineOf(file: string, text: string): number {
  const lines = (sources.get(`${MODULE}/${file}`) ?? '').split('\n');
  const at = lines.findIndex((line) => line.includes(text));
  if (at < 0) throw new RangeError(`${file} has no ${text}`);
  return at + 1;
}

function explain(kind: LeakClass, culprit: Culprit) {
  return findSourceFacts(new SourceAnalysis(sources, parser, MODULE), kind, [culprit], MODULE);
}

const CACHE = 'internal/sessions/cache.go';
const CLIENT = 'internal/inventory/client.go';
const SCHEDULER = 'internal/jobs/scheduler.go';
const TRACKER = 'internal/tracking/tracker.go';
const TICKERS = 'internal/notify/dispatcher.go';
const SALES = 'internal/reports/sales.go';

describe('the sources of the demo', () => {
  it.each<[string, LeakClass, Culprit, string, string]>([
    [
      'sessions by the cache that they are put into',
      'heap',
      culpritAt(CACHE, 'restoreHistory', 'make([]View', 'allocates'),
      CACHE,
      'c.recency.PushFront(s)',
    ],
    [
      'bodies by the request, though a profile knows another line of its function',
      'fd',
      culpritAt(CLIENT, '(*Client).Refresh', 'newCallLog()', 'allocates'),
      CLIENT,
      'c.http.Do(req)',
    ],
    [
      'jobs by the channel that they wait for',
      'goroutine',
      culpritAt(SCHEDULER, '(*Scheduler).runJobs.func1', '<-signedOff', 'blocks'),
      SCHEDULER,
      'signedOff := make',
    ],
    [
      'tickers by the call that starts them',
      'heap',
      culpritAt(TICKERS, '(*Dispatcher).deliver', 'time.NewTicker(d.retryEvery)', 'allocates'),
      TICKERS,
      'time.NewTicker(d.retryEvery)',
    ],
  ])('name %s', (_, kind, culprit, file, text) => {
    const facts = explain(kind, culprit);
    expect(facts?.holders[0]).toMatchObject({ file, line: lineOf(file, text) });
  });

  it.each<[string, LeakClass, Culprit, string | null, RegExp]>([
    [
      'bodies',
      'fd',
      culpritAt(CLIENT, '(*Client).Refresh', 'newCallLog()', 'allocates'),
      CLIENT,
      /^Defer Body\.Close of what http\.Client\.Do gives/,
    ],
    [
      'jobs',
      'goroutine',
      culpritAt(SCHEDULER, '(*Scheduler).runJobs.func1', '<-signedOff', 'blocks'),
      SCHEDULER,
      /^Defer close\(signedOff\)/,
    ],
    ['reslice', 'heap', culpritAt(SALES, '(*Sales).rank', 'make(', 'allocates'), SALES, /^Store a copy/],
  ])('place the fix of %s where the mistake is', (_, kind, culprit, file, text) => {
    const facts = explain(kind, culprit);
    expect(facts?.fix?.file).toBe(file);
    expect(facts?.fix?.text).toMatch(text);
  });

  it('accuse nothing that is made once, when the service starts', () => {
    const culprits = [
      explain('heap', culpritAt(CACHE, 'restoreHistory', 'make([]View', 'allocates')),
      explain('heap', culpritAt(TRACKER, 'dumpHead', 'make([]byte, 0', 'allocates')),
      explain('goroutine', culpritAt(SCHEDULER, '(*Scheduler).runJobs.func1', '<-signedOff', 'blocks')),
    ];
    for (const facts of culprits) {
      const files = [facts?.fix?.file, ...(facts?.holders ?? []).map(({ file }) => file)];
      expect(files).not.toContain('internal/app/app.go');
    }
  });
});
