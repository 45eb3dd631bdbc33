import { describe, expect, it } from 'vitest';
import { formatProblem } from './config-problem.ts';
import { readConfigText } from './load-config.ts';

const tell = (text: string) =>
  readConfigText(text, { PW: 'hunter2' }).problems.map((problem) => formatProblem('f', problem));
const sink = (text: string) => `alerts:\n  sinks: { a: { ${text} } }\n`;

describe('what would only fail later', () => {
  it.each([
    [
      'targets: [{ url: http://x, headers: { "a b": x } }]',
      'f:1:39: targets.0.headers.a b: is no name of a header',
    ],
    ['targets: [{ url: http://x, pprofHeaders: { a: "x\\ny" } }]', 'pprofHeaders.a: has a character'],
    ['discover: [{ http: { url: http://x, headers: { a: "\u20ac" } } }]', 'http.headers.a: has a character'],
    [sink('webhook: { url: http://x, headers: { "a:": b } }'), 'webhook.headers.a:: is no name'],
    [
      sink('webhook: { url: "http://x/a b" }'),
      'f:2:28: alerts.sinks.a.webhook.url: is a URL with a space. Leave it out',
    ],
    [sink('webhook: { url: "http:///path" }'), 'is a URL without a host'],
    [sink('alertmanager: { url: "http://u:${PW}@x", headers: { authorization: a } }'), 'Keep one of them'],
    [sink('slackBot: { token: t, channel: c, api: "http://u:${PW}@x" }'), 'token says who asks'],
    [sink('gitlab: { repository: x, token: t }'), 'is no path of a project. Write group/name.'],
    ['alerts: { page: "https://u:${PW}@x" }', 'alerts.page: is told in every message'],
    ['storage: { url: "http://" }', 'storage.url: is a URL without a host'],
    ['targets: [{ url: "http://u:${PW}@x", bearer: b }]', 'targets.0.url: has a user in it, and bearer'],
    [
      'discover: [{ dns: { names: [a], type: A, port: 99999 } }]',
      'dns.port: is no port. Write one up to 65535.',
    ],
    [
      'alerts: { heartbeat: 1ms }',
      'alerts.heartbeat: is less than 1s: no receiver takes more. Write 1s or more.',
    ],
    [
      'intervals: { gauges: 1ms }',
      'intervals.gauges: is less than 100ms: a target would be asked without a pause',
    ],
    ['services: { a: { intervals: { gauges: 1ms } } }', 'services.a.intervals.gauges: is less than 100ms'],
    [
      'alerts: { sinks: { a: { stdout: } }, routes: [{ sinks: [a] }, { match: [x=y], sinks: [a] }] }',
      'alerts.routes.1: can never match: routes.0 before it takes all',
    ],
    ['push: { accept: true }', 'needs one of auto, on, off, found "true". Did you mean on?'],
    ['targets: [6060]', 'needs an address, and is a number, found "6060". Write http://host:port.'],
    [
      'services: { a: { retention: { gauges: 1d } } }',
      'retention holds for the whole file: it stands at its top.',
    ],
  ])('%s: %s', (text, told) => {
    const said = tell(text).join('\n');
    expect(said).toContain(told);
    expect(said).not.toContain('hunter2');
  });

  it('says once that a type of records is none', () => {
    expect(tell('discover: [{ dns: { names: [a], type: MX } }]')).toEqual([
      expect.stringContaining('needs one of SRV, A, AAAA') as string,
    ]);
  });

  it('leaves alone what HTTP allows', () => {
    const text = `${sink('webhook: { url: "http://u:${PW}@x:1/p?q=%20", headers: { X-Key: "a b \u00e9" } }')}targets: [{ url: "http://u:p@x", headers: { A: b } }]\n`;
    expect(tell(text)).toEqual([]);
  });
});
