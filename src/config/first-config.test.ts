import { describe, expect, it } from 'vitest';
import { formatFirstConfig } from './first-config.ts';
import { listSettings } from './json-schema.ts';
import { DEFAULT_SETTINGS, readConfigText } from './load-config.ts';

const plain = { targets: [], schema: null, isMemoryOnly: false };

describe('formatFirstConfig', () => {
  it('is read without a problem and changes no default but for a sink, whether its lines are comments or not', () => {
    for (const text of [formatFirstConfig(plain), uncomment(formatFirstConfig(plain))]) {
      const { settings, problems } = readConfigText(text, {});
      expect(problems).toEqual([]);
      const alerts = { ...settings?.alerts, sinks: [] };
      expect({ ...settings, alerts }).toEqual(DEFAULT_SETTINGS);
    }
  });

  it('has a sink that works as it stands, and shows others that work with their secrets', () => {
    const text = formatFirstConfig(plain);
    const sinksOf = (said: string, environment = {}) => {
      const { settings, problems } = readConfigText(said, environment);
      expect(problems).toEqual([]);
      return settings?.alerts.sinks.map(({ name, via }) => `${name} ${via.kind}`);
    };
    expect(sinksOf(text)).toEqual(['log stdout']);
    const all = text.replace(/^( {4})# (\w+: \{)/gm, '$1$2');
    const secrets = { SLACK_WEBHOOK: 'https://hooks.slack.com/x', PAGERDUTY_KEY: 'k'.repeat(32) };
    expect(sinksOf(all, secrets)).toEqual([
      'log stdout',
      'team slack',
      'pager pagerduty',
      'central alertmanager',
    ]);
  });

  it('names every setting, those without a default as well', () => {
    const text = formatFirstConfig(plain);
    const others = /^# Not shown.*?: (.*)$/m.exec(text)?.[1]?.split(', ') ?? [];
    const missing = listSettings().filter(({ name }) => {
      const [head = '', key] = name.replaceAll('[]', '').split('.');
      const isShown = new RegExp(`^[ #]+${key ?? head}: `, 'm').test(text);
      return !isShown && head !== 'targets' && !others.includes(head) && !others.includes(`${head}.${key}`);
    });
    expect(missing.map(({ name }) => name)).toEqual([]);
    expect(others).toEqual(
      expect.arrayContaining(['storage', 'source', 'services', 'discover', 'alerts.page']),
    );
  });

  it('names the targets, with pprof where it is elsewhere', () => {
    const targets = [
      { service: 'orders', url: 'http://127.0.0.1:8080', pprof: 'http://127.0.0.1:6060/debug/pprof' },
      { service: 'a: b # ${HOME} "c"', url: 'http://127.0.0.1:81', pprof: null },
    ];
    const { settings } = readConfigText(formatFirstConfig({ ...plain, targets }), {});
    expect(settings?.targets).toMatchObject(targets);
  });

  it('keeps everything in memory where the engine is not installed', () => {
    const { settings } = readConfigText(formatFirstConfig({ ...plain, isMemoryOnly: true }), {});
    expect(settings?.storage).toBe('memory');
  });

  it('begins with the schema for editors', () => {
    const text = formatFirstConfig({ ...plain, schema: 'docs/plimsoll.schema.json' });
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=docs/plimsoll.schema.json');
  });
});

/** With every setting that is commented out in force. */
function uncomment(text: string): string {
  const bare = text.replace(/^ {2}# (\w+: \w+ )/gm, '  $1');
  return bare.replace(/^# (( {2})?\w+:(?: .*)?)$/gm, (line, setting: string) =>
    /^(?:Check|Use|targets)/.test(setting) ? line : setting,
  );
}
