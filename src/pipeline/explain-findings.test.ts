import { describe, expect, it } from 'vitest';
import type { Report } from '../model/report.ts';
import { buildReport } from '../report/build-report.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { explainReport, type SourceSet } from './explain-findings.ts';

const MODULE = 'example.com/shop';

const LEAKY = `package cache

import "sync"

type Table struct {
	mu   sync.Mutex
	rows map[string][]byte
}

func (t *Table) Put(key string, size int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows[key] = make([]byte, size)
}
`;

function sources(files: Readonly<Record<string, string>>): SourceSet {
  return {
    files: Object.keys(files),
    read: (file) => Promise.resolve(new TextEncoder().encode(files[file])),
  };
}

function leakAt(line: number): Report {
  const culprit = {
    role: 'allocates' as const,
    function: `${MODULE}/cache.(*Table).Put`,
    file: 'cache/table.go',
    profileFile: `${MODULE}/cache/table.go`,
    line,
    share: 1,
    low: null,
    high: null,
  };
  return buildReport({
    target: { service: 'shop', instance: '127.0.0.1:1' },
    from: 0,
    to: 1,
    timeScale: 1,
    assessment: null,
    findings: [drawFinding({ culprits: [culprit], pattern: null, fix: null })],
    alarms: [],
  });
}

describe('explainReport', () => {
  it('adds the holder, the pattern and the place of the fix, in files of the module', async () => {
    const report = await explainReport(leakAt(13), sources({ [`${MODULE}/cache/table.go`]: LEAKY }), MODULE);
    const [finding] = report.findings;
    expect(finding?.culprits.map(({ role, function: name, line }) => `${role} ${name}:${line}`)).toEqual([
      `allocates ${MODULE}/cache.(*Table).Put:13`,
      'holds Table.rows:13',
    ]);
    expect(finding).toMatchObject({ pattern: 'unbounded-map', fix: { file: 'cache/table.go' } });
    expect(finding?.fix?.text).toContain('rows');
  });

  it('leaves a report as it is without sources, without Go in them, or where they are another program', async () => {
    const report = leakAt(13);
    expect(await explainReport(report, sources({}), MODULE)).toBe(report);
    expect(await explainReport(report, sources({ 'README.md': 'x' }), MODULE)).toBe(report);
    const other = await explainReport(report, sources({ 'example.com/other/a.go': 'package other' }), MODULE);
    expect(other).toEqual(report);
  });

  it('survives sources that are no Go', async () => {
    const broken = sources({ [`${MODULE}/cache/table.go`]: `${'{('.repeat(5000)}\u0000func` });
    expect((await explainReport(leakAt(1), broken, MODULE)).findings[0]?.fix).toBeNull();
  });
});
