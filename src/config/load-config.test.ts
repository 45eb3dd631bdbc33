import { describe, expect, it } from 'vitest';
import { parseListen } from './listen.ts';
import { readConfigText, settingsOf, DEFAULT_SETTINGS } from './load-config.ts';
import type { Environment } from './references.ts';

function parseConfig(text: string, file: string, environment: Environment) {
  return settingsOf(file, readConfigText(text, environment));
}

describe('parseConfig', () => {
  it('takes every default from an empty file', () => {
    expect(parseConfig('', 'plimsoll.yaml', {})).toEqual(DEFAULT_SETTINGS);
  });

  it('keeps the credentials of pprof apart from those of the metrics', () => {
    const settings = parseConfig(
      `
intervals: { gauges: 30s, profiles: 5m }
targets:
  - http://10.0.0.7:6060
  - service: orders
    url: http://10.0.0.8:8080
    pprof: http://10.0.0.8:6060/internal/debug/pprof
    pprofHeaders: { Authorization: "Bearer \${PPROF_TOKEN}" }
    memoryLimit: 512MiB
`,
      'plimsoll.yaml',
      { PPROF_TOKEN: 's3cret' },
    );
    expect(settings.gaugeIntervalMillis).toBe(30_000);
    expect(settings.targets.map((t) => [t.service, t.url])).toEqual([
      [null, 'http://10.0.0.7:6060'],
      ['orders', 'http://10.0.0.8:8080'],
    ]);
    expect(settings.targets[1]).toMatchObject({
      pprof: 'http://10.0.0.8:6060/internal/debug/pprof',
      headers: {},
      pprofHeaders: { Authorization: 'Bearer s3cret' },
      memoryLimitBytes: 536_870_912,
    });
  });

  it('reads how to be let in', () => {
    const access = (lines: string) =>
      parseConfig(`targets:\n  - url: https://x\n${lines.replace(/^/gm, '    ')}`, 'f', { PASS: 'p' })
        .targets[0]?.access;
    expect(access('tls: { ca: a.pem, cert: c.pem, key: k.pem, serverName: x.internal }')).toEqual({
      tls: { ca: 'a.pem', cert: 'c.pem', key: 'k.pem', serverName: 'x.internal' },
      auth: null,
    });
    expect(access('bearerFile: /token')?.auth).toEqual({ kind: 'bearer', file: '/token' });
    expect(access('bearer: ${PASS}')?.auth).toEqual({ kind: 'bearer', secret: 'p' });
    expect(access('basic: { user: me, password: "${PASS}" }')?.auth).toMatchObject({
      user: 'me',
      secret: 'p',
    });
    expect(access('basic: { user: me, passwordFile: /pw }')?.auth).toMatchObject({ user: 'me', file: '/pw' });
    expect(access('labels: { a: b }')).toBeNull();
  });

  it.each([
    ['tls: { cert: c.pem }', 'cert and key belong together'],
    ['bearer: 1234567', 'field targets.0.bearer: needs text'],
    ['basic: me:1234567', 'field targets.0.basic: needs a mapping'],
    ['basic: { user: me }', 'needs user, and password or passwordFile'],
    ['headers: "Authorization: 1234567"', 'needs a mapping'],
    ['headers: { Authorization: [1234567] }', 'needs text'],
    ['bearer: a\nbearerFile: b', 'exclude each other'],
    ['bearer: a\nbasic: { user: a, password: 1234567a }', 'exclude each other'],
  ])('refuses %j without telling a secret', (lines, message) => {
    const config = `targets:\n  - url: https://x\n${lines.replace(/^/gm, '    ')}`;
    let said = '';
    try {
      parseConfig(config, 'f', {});
    } catch (error) {
      said = String(error);
    }
    expect(said).toContain(message);
    expect(said).not.toContain('1234567');
  });

  it.each([
    [
      'intervals:\n  gauges: soon\n',
      'line 2, column 11, field intervals.gauges, found "soon": needs a duration',
    ],
    ['targets:\n  - service: a\n', 'line 2, column 5, field targets.0: a target needs url'],
    [
      'tragets: []\n',
      'line 1, column 1, field tragets: unknown setting. Did you mean targets? Known here: listen',
    ],
    ['targets:\n  - url: http://x\n    headers:\n      A: ${NOPE}\n', 'environment variable NOPE is not set'],
    ['listen: here\n', 'field listen, found "here": needs host:port'],
    ['targets: [\n', 'line 2'],
    ['- a\n- b\n', 'needs a mapping'],
  ])('refuses %j with its place', (text, message) => {
    expect(() => parseConfig(text, 'plimsoll.yaml', {})).toThrow(message);
  });

  it('does not expand a billion laughs', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
      .join('\n')}\n`;
    expect(() => parseConfig(bomb, 'plimsoll.yaml', {})).toThrow();
  });
});

describe('parseListen', () => {
  it.each([
    ['7117', '127.0.0.1', 7117],
    [':7117', '127.0.0.1', 7117],
    ['0.0.0.0:80', '0.0.0.0', 80],
    ['[::1]:7117', '::1', 7117],
  ])('reads %s', (text, host, port) => {
    expect(parseListen(text)).toEqual({ host, port });
  });
});
