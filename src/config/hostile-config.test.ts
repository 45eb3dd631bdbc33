import { describe, expect, it } from 'vitest';
import { MAX_PROBLEMS, formatProblem, problemsToError } from './config-problem.ts';
import { readConfigText } from './load-config.ts';
import { nearestName } from './nearest-name.ts';
import { withoutCredentials } from './scalars.ts';
import { MAX_CONFIG_BYTES } from './yaml-document.ts';

const problemsOf = (text: string) => readConfigText(text, {}).problems;
const tellAll = (text: string) => problemsOf(text).map((problem) => formatProblem('f', problem));

describe('problems', () => {
  it('are all told, in the order of the file', () => {
    const text = `listen: here
interval: { gauges: 15s }
intervals:
  gauges: soon
  gauge: 15s
  profiles: 10m
  profiles: 11m
storage:
  kind: memroy
targets:
  - service: a/b
  - url: http://x
    memory_limit: 1GiB
`;
    expect(tellAll(text)).toEqual([
      'f:1:9: listen: needs host:port, found "here". Write 127.0.0.1:7117, ":7117" or 7117.',
      expect.stringMatching(
        /^f:2:1: interval: unknown setting. Did you mean intervals\? Known here: listen, data,/,
      ),
      'f:4:11: intervals.gauges: needs a duration such as 15s or 10m, found "soon". Units are ms, s, m, h, d and w: 1h30m.',
      'f:5:3: intervals.gauge: unknown setting. Did you mean gauges? Known here: gauges, profiles, diagnosticProfiles.',
      'f:7:3: intervals.profiles: stands here twice. Keep one of them.',
      'f:9:9: storage.kind: needs one of chdb, memory, clickhouse, found "memroy". Did you mean memory?',
      'f:11:5: targets.0: a target needs url, metrics or pprof. Add url: http://host:port.',
      'f:11:14: targets.0.service: a service name has no slash, found "a/b". Write a dash or a dot instead.',
      expect.stringMatching(/^f:13:5: targets.1.memory_limit: unknown setting. Did you mean memoryLimit\?/),
    ]);
  });

  it('are what the code could not work with, although each value can be read', () => {
    const text = `targets:
  - { url: http://x, bearer: "file:" }
  - { url: http://x, bearer: "\${file:}" }
thresholds: { growthPercent: 20.5, growthBytesPerHour: 1MiB, window: 1m }
services:
  quick: { intervals: { gauges: 1s }, thresholds: { window: 6s } }
  slow: { intervals: { gauges: 1h }, thresholds: { window: 5h } }
  a/b: {}
alerts:
  sinks:
    hook: { webhook: { url: http://x, secret: whsec_!!! } }
    good: { webhook: { url: http://x, secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw } }
    am: { alertmanager: { url: http://x, labels: [team, severity] } }
`;
    expect(tellAll(text).map((line) => line.replace(/^f:(\d+):\d+: /, '$1 '))).toEqual([
      '2 targets.0.bearer: file: without a path. Write file:PATH, such as file:/run/secrets/token.',
      '3 targets.1.bearer: file: without a path. Write file:PATH, such as file:/run/secrets/token.',
      '4 thresholds.growthPercent: needs a whole number above zero, found "20.5". Write it without a point or a sign.',
      '4 thresholds.window: is shorter than six scrapes are apart: growth cannot be told. Write 90s or more.',
      '7 services.slow.thresholds.window: is shorter than six scrapes are apart: growth cannot be told. Write 6h or more.',
      '8 services.a/b: a service name has no slash. Write a dash or a dot instead.',
      '11 alerts.sinks.hook.webhook.secret: is no secret of Standard Webhooks: those are base64 behind whsec_. Copy it whole, or take a text that does not begin with whsec_.',
      '13 alerts.sinks.am.alertmanager.labels.1: is a label that Plimsoll sets itself. Leave it out.',
    ]);
  });

  it('name the full path of a setting that stands in another place', () => {
    expect(tellAll('rawProfiles: 3d\n')[0]).toContain('Did you mean retention.rawProfiles?');
  });

  it('become one error that counts the others', () => {
    const error = problemsToError('f', problemsOf('a: 1\nb: 2\n'));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('line 1, column 1, field a: unknown setting');
    expect(error.message).toContain('(1 more: plimsoll config check f lists them)');
  });

  it('are bounded in number', () => {
    expect(problemsOf('x: 1\n'.repeat(10_000))).toHaveLength(MAX_PROBLEMS);
    expect(problemsOf('"'.repeat(9_999)).length).toBeLessThanOrEqual(MAX_PROBLEMS);
  });
});

describe('hostile configurations', () => {
  it.each([
    ['a billion laughs', `targets: &a [x]\nsource: &b [*a,*a]\n${'c: &c [*b,*b,*b,*b,*b,*b]\n'.repeat(9)}`],
    ['an alias of itself', 'targets: &a [*a]\n'],
    ['an alias of nothing', 'targets: *a\n'],
    ['brackets that never close', '['.repeat(200_000)],
    ['brackets in brackets', `targets: ${'['.repeat(50_000)}${']'.repeat(50_000)}`],
    ['brackets hidden behind quotes', '["]",'.repeat(50_000)],
    ['dashes in dashes', '- '.repeat(100_000)],
    ['maps in maps', '{a: '.repeat(50_000)],
    ['indentation without end', Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
    ['more than anybody writes', '#'.repeat(MAX_CONFIG_BYTES + 1)],
    ['several documents', 'listen: "1"\n---\nlisten: "2"\n'],
    ['keys that are maps', '? { a: b }\n: c\n'],
    ['a prototype', '__proto__: { listen: "1" }\n'],
    ['types of their own', 'listen: !!js/function "x"\n'],
    ['bytes', '\u0000\u0001\u0002'],
  ])('are refused: %s', (_, text) => {
    expect(problemsOf(text).length).toBeGreaterThan(0);
  });

  it('may not multiply values by aliases', () => {
    const many = `targets: [&t { url: http://x, headers: &h {${Array.from({ length: 2000 }, (_, i) => `h${i}: v`).join()}} },${' *t,'.repeat(2000)}]`;
    expect(tellAll(many).join()).toContain('too many values');
  });

  it('may say the same to hundreds of targets by an alias', () => {
    const rest = Array.from({ length: 500 }, (_, i) => `  - { url: http://h${i}, headers: *h }\n`).join('');
    const text = `targets:\n  - url: http://x\n    headers: &h { A: b }\n${rest}`;
    expect(readConfigText(text, {}).settings?.targets).toHaveLength(501);
  });

  it("keep names of one's own choice apart from those of JavaScript", () => {
    const { settings } = readConfigText(
      'targets: [{ url: http://x, labels: { __proto__: a, constructor: b } }]',
      {},
    );
    expect(Object.entries(settings?.targets[0]?.labels ?? {})).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  it('do not get what they quote into an error of the parser', () => {
    expect(JSON.stringify(problemsOf('bearer: "a" hunter2\n} hunter2\n%hunter2 x\n'))).not.toContain(
      'hunter2',
    );
  });
});

describe('withoutCredentials', () => {
  it.each([
    ['http://me:hunter2@host:1/p', 'http://…@host:1/p'],
    ['me:hunter2@host', '…@host'],
    ['http://me:hunter2@x@host/', 'http://…@host/'],
    ['http://host/?token=hunter2', 'http://host/?…'],
    ['http://host:6060', 'http://host:6060'],
  ])('of %s leaves %s', (url, shown) => {
    expect(withoutCredentials(url)).toBe(shown);
  });
});

describe('nearestName', () => {
  it.each([
    ['tragets', 'targets'],
    ['memory-limit', 'memoryLimit'],
    ['Header', 'headers'],
    ['zzz', null],
    ['', null],
  ])('of %j is %j', (name, near) => {
    expect(nearestName(name, ['targets', 'memoryLimit', 'headers'])).toBe(near);
  });
});
