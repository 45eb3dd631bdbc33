// The alert rules and the dashboard that ship: promtool accepts them, and every name in them is one that /metrics has.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startServer, type RunningServer } from '../src/server/start-server.ts';
import { ask } from '../src/testing/ask.ts';
import { FAKE_NOW, FakeWatchView } from '../src/testing/fake-watch-view.ts';
import { openDesk } from '../src/testing/open-desk.ts';
import { whyNoPrometheus } from '../src/testing/real-prometheus.ts';

const FOLDER = new URL('../docs/prometheus/', import.meta.url);
const rules = readFileSync(new URL('plimsoll-rules.yml', FOLDER), 'utf8');
const dashboard = readFileSync(new URL('plimsoll-dashboard.json', FOLDER), 'utf8');

const view = new FakeWatchView();
const { desk, lookWhenActive, end } = openDesk(view);
let server: RunningServer;
let metrics = '';
beforeAll(async () => {
  server = await startServer({
    view,
    listen: { host: '127.0.0.1', port: 0 },
    webDir: null,
    version: '1.2.3',
    alerts: () => desk,
    config: () => ({
      file: 'plimsoll.yaml',
      isLastReloadSuccessful: true,
      lastReloadAt: FAKE_NOW,
      lastSuccessAt: FAKE_NOW,
      problems: [],
      needsRestart: [],
    }),
  });
  await lookWhenActive();
  const [alert] = desk.alerts();
  await desk.acknowledge(alert?.fingerprint ?? '', 'ana', 'on it');
  metrics = (await ask(server.url, '/metrics')).text;
});
afterAll(async () => {
  await server.close();
  await end();
});

const namesIn = (text: string) => [
  ...new Set([...text.matchAll(/\bplimsoll_[a-z_]+/g)].map(([name]) => name)),
];

describe('what ships for Prometheus and Grafana', () => {
  it.each([
    ['rules', rules],
    ['dashboard', dashboard],
  ])('%s ask for nothing that /metrics does not have', (_, text) => {
    const known = namesIn(metrics);
    expect(namesIn(text).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('asks for labels that the metric of alerts has', () => {
    for (const label of ['service', 'class', 'fingerprint', 'severity', 'quiet', 'acknowledged'])
      expect(metrics).toMatch(new RegExp(`^plimsoll_alert\\{.*\\b${label}="`, 'm'));
  });

  it('has a dashboard of panels that do not overlap, each with a query', () => {
    const { panels } = JSON.parse(dashboard) as {
      panels: {
        title: string;
        gridPos: { x: number; y: number; w: number; h: number };
        targets: unknown[];
      }[];
    };
    const cells = new Set<string>();
    for (const { title, gridPos, targets } of panels) {
      expect(targets.length, title).toBeGreaterThan(0);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(cells.has(`${x} ${y}`), title).toBe(false);
          expect(x, title).toBeLessThan(24);
          cells.add(`${x} ${y}`);
        }
    }
  });

  it('is YAML with two groups of rules', () => {
    const { groups } = parse(rules) as { groups: { name: string }[] };
    expect(groups.map(({ name }) => name)).toEqual(['plimsoll-leaks', 'plimsoll-itself']);
  });
});

const whyNot = whyNoPrometheus();
describe.skipIf(whyNot !== null)(`promtool${whyNot === null ? '' : ` (${whyNot})`}`, () => {
  it('accepts the rules', () => {
    const file = fileURLToPath(new URL('plimsoll-rules.yml', FOLDER));
    expect(execFileSync('promtool', ['check', 'rules', file], { encoding: 'utf8' })).toMatch(
      /SUCCESS: \d+ rules found/,
    );
  });

  it('sees each leak once over the watchers of a fleet, with all its instances, until it is acknowledged at its level', async () => {
    const series = (
      shard: number,
      fingerprint: string,
      severity: string,
      acknowledged: boolean,
      count: number,
    ) => ({
      series: `plimsoll_alert{instance="${shard}", service="orders", class="heap", fingerprint="${fingerprint}", severity="${severity}", quiet="false", acknowledged="${acknowledged}"}`,
      values: `${count} ${count}`,
    });
    const alerts = (alertname: string, severity: string, fingerprint: string, annotations: object) => ({
      alertname,
      eval_time: '1m',
      exp_alerts: [
        {
          exp_labels: { service: 'orders', class: 'heap', fingerprint, severity },
          exp_annotations: {
            ...annotations,
            description: `The page of Plimsoll has the code and the evidence: /f/${fingerprint}`,
          },
        },
      ],
    });
    const { panels } = JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] };
    const counts = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const count = (of: string) => counts.find((expr) => expr.startsWith('count(') && expr.includes(of)) ?? '';
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-rules-'));
    const test = {
      rule_files: [fileURLToPath(new URL('plimsoll-rules.yml', FOLDER))],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: [
            series(1, 'a', 'warning', false, 3),
            series(2, 'a', 'warning', false, 2),
            series(1, 'b', 'warning', true, 1),
            series(1, 'c', 'critical', false, 1),
            series(1, 'd', 'critical', true, 1),
          ],
          alert_rule_test: [
            alerts('MemoryLeak', 'warning', 'a', { summary: 'orders leaks memory (heap) in 5 instances' }),
            alerts('MemoryLeakNearLimit', 'critical', 'c', {
              summary: 'orders leaks memory (heap) and reaches its limit soon',
            }),
          ],
          promql_expr_test: [
            { expr: count('(plimsoll_alert)'), eval_time: '1m', exp_samples: [{ labels: '{}', value: 4 }] },
            { expr: count('critical'), eval_time: '1m', exp_samples: [{ labels: '{}', value: 2 }] },
          ],
        },
      ],
    };
    try {
      await writeFile(join(folder, 'test.json'), JSON.stringify(test));
      const said = execFileSync('promtool', ['test', 'rules', join(folder, 'test.json')], {
        encoding: 'utf8',
      });
      expect(said).toMatch(/SUCCESS/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
