import { describe, expect, it } from 'vitest';
import { listSettings } from '../config/json-schema.ts';
import { readConfigText, settingsOf } from '../config/load-config.ts';
import { describeChanges } from './settings-changes.ts';

const read = (text: string) => settingsOf('f', readConfigText(text, { HOOK: 'https://hooks/hunter2' }));
const changes = (before: string, after: string) => describeChanges(read(before), read(after));

describe('what a configuration that is loaded again changes', () => {
  it('is said of sinks by name, without anything that they hold', () => {
    const before = `alerts: { sinks: { team: { slack: { webhook: 'https://hooks/old' } }, mail: { stdout: }, log: { stdout: } } }`;
    const after = `alerts: { sinks: { team: { slack: { webhook: '\${HOOK}' } }, log: { stdout: }, pager: { file: { path: x } } } }`;
    expect(changes(before, after)).toEqual(['sinks: team changed, mail removed, pager added']);
  });

  it('is said of routes, thresholds, intervals and services', () => {
    const sinks = 'sinks: { log: { stdout: } }';
    expect(
      changes(
        `alerts: { ${sinks}, repeat: 24h }\n`,
        `alerts: { ${sinks}, repeat: 12h, routes: [{ match: [a=b], sinks: [log] }] }
thresholds: { growthPercent: 20 }
intervals: { gauges: 1m }
services: { orders: { intervals: { profiles: 1h } } }
`,
      ),
    ).toEqual([
      'services: orders added',
      'alerts.repeat, alerts.routes, intervals.gauges, thresholds changed',
    ]);
  });

  it('is nothing where only order of writing, comments or targets differ', () => {
    expect(changes('intervals: { gauges: 15s }\n', '# more\ntargets: [http://a:1]\n')).toEqual([]);
  });

  it('is found for every setting that is not read at the start alone, nor belongs to a target', () => {
    const values: Readonly<Record<string, string>> = {
      'alerts.page': 'http://x:1',
      'alerts.maintenance': '[{ match: [a=b], from: 2026-01-01T00:00:00Z, until: 2026-01-02T00:00:00Z }]',
      discover: '[{ files: [a.json] }]',
    };
    const atStart =
      /^(listen|data|push|storage|retention|source|targets|services|alerts\.(folder|sinks|routes))\b/;
    const names = [...new Set(listSettings().map(({ name }) => name.replace(/\[\].*|\.<name>.*/, '')))];
    const group = (name: string) => name.split('.')[0] ?? '';
    for (const name of names.filter((each) => !atStart.test(each))) {
      const whole = group(name) === 'discover' ? 'discover' : name;
      const value = values[whole] ?? (/percent/i.test(whole) ? '7' : /bytes/i.test(whole) ? '7MiB' : '77m');
      const [head, key] = whole.split('.');
      const text = key === undefined ? `${head}: ${value}\n` : `${head}: { ${key}: ${value} }\n`;
      expect(changes('', text), text).toHaveLength(1);
    }
  });
});
