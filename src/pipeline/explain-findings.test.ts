import { describe, expect, it } from 'vitest';
import type { ChainStep } from '../model/chain-step.ts';
import type { Report } from '../model/report.ts';
import { buildReport } from '../report/build-report.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import type { SourceSet } from '../workspace/module-sources.ts';
import { explainReport } from './explain-findings.ts';
import { questionsAbout, SourceExplainer } from './source-explainer.ts';

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

function explain(report: Report, carried: SourceSet, module: string | null = MODULE): Promise<Report> {
  const explainer = new SourceExplainer({ folders: [], carried, mayLookLocally: false, useWorker: false });
  return explainReport(report, explainer, module);
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
    const report = await explain(leakAt(13), sources({ [`${MODULE}/cache/table.go`]: LEAKY }));
    const [finding] = report.findings;
    expect(finding?.culprits.map(({ role, function: name, line }) => `${role} ${name}:${line}`)).toEqual([
      `allocates ${MODULE}/cache.(*Table).Put:13`,
      'holds Table.rows:13',
      'holds Table.rows:7',
    ]);
    expect(finding).toMatchObject({ pattern: 'unbounded-map', fix: { file: 'cache/table.go' } });
    expect(finding?.fix?.text).toContain('rows');
  });

  it('answers in the investigation what keeps it alive', async () => {
    const asked: ChainStep = {
      step: 'holder',
      question: 'What keeps it alive?',
      hypothesis: '',
      prediction: '',
      test: '',
      numbers: { statistic: 0, threshold: 1, fromMillis: 5, toMillis: 9, observations: 4 },
      outcome: 'open',
      answer: 'Not known: no source at hand shows it; --source DIR names others.',
      ruledOut: [],
      advice: [],
      next: [],
    };
    const report = { ...leakAt(13), investigation: [asked] };
    const told = await explain(report, sources({ [`${MODULE}/cache/table.go`]: LEAKY }));
    expect(told.investigation?.[0]).toMatchObject({
      outcome: 'supports',
      answer: expect.stringContaining('Table.rows') as string,
      numbers: { holder: 'Table.rows', fromMillis: 5, toMillis: 9, observations: 4 },
    });
  });

  it('leaves a report as it is without sources, without Go in them, or where they are another program', async () => {
    const report = leakAt(13);
    expect(await explain(report, sources({}))).toBe(report);
    expect(await explain(report, sources({ 'README.md': 'x' }))).toBe(report);
    const other = await explain(report, sources({ 'example.com/other/a.go': 'package other' }));
    expect(other).toEqual(report);
  });

  it('finds out the module where a recording does not say it', async () => {
    const set = sources({ [`${MODULE}/cache/table.go`]: LEAKY, [`${MODULE}/main.go`]: 'package main' });
    expect((await explain(leakAt(13), set, null)).findings[0]?.fix?.file).toBe('cache/table.go');
  });

  it('reads the sources once for a leak whose lines stay, and again when they change', async () => {
    let reads = 0;
    const set: SourceSet = {
      files: [`${MODULE}/cache/table.go`],
      read: () => Promise.resolve((reads++, new TextEncoder().encode(LEAKY))),
    };
    const explainer = new SourceExplainer({
      folders: [],
      carried: set,
      mayLookLocally: false,
      useWorker: false,
    });
    const { findings } = leakAt(13);
    expect(await explainer.learn(questionsAbout(findings), MODULE)).toBe(true);
    expect(await explainer.learn(questionsAbout(findings), MODULE)).toBe(false);
    expect(reads).toBe(1);
    await explainer.learn(questionsAbout(leakAt(12).findings), MODULE);
    expect(reads).toBe(2);
    expect(findings.map((finding) => explainer.apply(finding, MODULE).fix?.file)).toEqual(['cache/table.go']);
  });

  it('survives sources that are no Go', async () => {
    const broken = sources({ [`${MODULE}/cache/table.go`]: `${'{('.repeat(5000)}\u0000func` });
    expect((await explain(leakAt(1), broken)).findings[0]?.fix).toBeNull();
  });
});
