import { describe, expect, it } from 'vitest';
import { fillTemplate } from '../alert/template.ts';
import { HOUR_MILLIS } from '../base/units.ts';
import { drawNotice } from '../testing/drawn-alert.ts';
import { formatProblem } from './config-problem.ts';
import { readConfigText } from './load-config.ts';

const read = (text: string, environment = {}) => readConfigText(`alerts:\n${text}`, environment);
const problems = (text: string) => read(text).problems.map((problem) => formatProblem('f', problem));

describe('settings of alerts', () => {
  it('reads sinks, routes and windows', () => {
    const { settings, problems: wrong } = read(
      `
  repeat: 6h
  page: https://plimsoll.example.com/
  sinks:
    log: { stdout: }
    pager: { levels: [critical], resolved: no, perMinute: 5, webhook: { url: 'https://x/\${T}', secret: '\${S}' } }
  routes:
    - { match: ['team=~"a|b"'], sinks: [pager], continue: yes }
    - { sinks: [log] }
  maintenance:
    - { match: [service=orders], days: [sat, sun], start: '22:00', for: 4h }
    - { from: 2026-12-01T22:00:00Z, until: 2026-12-02T02:00:00Z }
`,
      { T: 'token', S: 'secret' },
    );
    expect(wrong).toEqual([]);
    expect(settings?.alerts).toMatchObject({
      repeatMillis: 6 * HOUR_MILLIS,
      criticalWithinMillis: 12 * HOUR_MILLIS,
      pageUrl: 'https://plimsoll.example.com',
      sinks: [
        { name: 'log', via: { kind: 'stdout' }, levels: ['warning', 'critical'], isResolutionSent: true },
        {
          name: 'pager',
          via: { kind: 'webhook', url: 'https://x/token', secret: 'secret' },
          levels: ['critical'],
          isResolutionSent: false,
          perMinute: 5,
        },
      ],
      routes: [
        { match: ['team=~"a|b"'], sinks: ['pager'], isContinued: true },
        { match: [], sinks: ['log'], isContinued: false },
      ],
      maintenance: [
        { when: { days: [6, 0], startMillis: 22 * HOUR_MILLIS, lastsMillis: 4 * HOUR_MILLIS } },
        { when: { from: Date.UTC(2026, 11, 1, 22), until: Date.UTC(2026, 11, 2, 2) } },
      ],
    });
  });

  it.each([
    ['  sinks: { team: {} }', 'a sink needs a kind'],
    ['  sinks: { team: { stdout: , file: { path: x } } }', 'one kind, not stdout and file'],
    ['  sinks: { team: { file: {} } }', 'needs path'],
    ['  sinks: { team: { webhook: { url: x } } }', 'needs a URL'],
    ['  sinks: { team: { slack: { webhook: hooks } } }', 'needs a URL'],
    ['  sinks: { team: { email: { host: x, from: y, to: [] } } }', 'needs to'],
    ['  sinks: { team: { github: { repository: orders, token: x } } }', 'is no repository'],
    ['  sinks: { team: { pagerduty: } }', 'needs routingKey'],
    ['  sinks: { log: { stdout: } }\n  routes: [{ sinks: [logg] }]', 'Did you mean log?'],
    ['  routes: [{ match: ["="], sinks: [] }]', 'is no matcher'],
    ['  maintenance: [{ for: 1h }]', 'needs from and until, or days'],
    ['  maintenance: [{ days: [sat], start: late }]', 'needs a time'],
    ['  maintenance: [{ from: 2026-12-02, until: 2026-12-01 }]', 'ends before it begins'],
    ['  page: plimsoll.example.com', 'alerts.page: needs a URL'],
    ['  sinks: { team: { levels: [], stdout: } }', 'nothing would be sent there'],
    ['  sinks: { team: { title: "{{serivce}}", stdout: } }', 'Did you mean {{service}}?'],
    ['  sinks: { team: { pagerduty: { routingKey: short } } }', 'those have 32 characters'],
    ['  sinks: { team: { email: { host: x, from: x@y.z, to: [team] } } }', 'to.0: is no address'],
    ['  sinks: { team: { email: { host: x, from: x@y.z, to: [a@b.c], user: me } } }', 'belong together'],
    ['  sinks: { team: { email: { host: x, from: x@y.z, to: [a@b.c], port: 99999 } } }', 'is no port'],
    ['  sinks: { team: { slackBot: { token: x, channel: y, api: slack.com } } }', 'needs a URL'],
    ['  repeat: 24', 'Units are ms, s, m, h, d and w'],
  ])('%s: %s', (text, fact) => {
    expect(problems(text).join('\n')).toContain(fact);
  });

  it('takes every name that a message has for a placeholder, and addresses with a name', () => {
    const facts = drawNotice().message.facts.map(({ name }) => name);
    const places = [...facts, 'labels.team', 'Text'].map((name) => `{{${name}}}`).join(' ');
    const email = `email: { host: x, from: 'Plimsoll <x@y.z>', to: [a@b.c] }`;
    expect(problems(`  sinks: { team: { text: "${places}", ${email} } }`)).toEqual([]);
    const [{ name = '', value = '' } = {}] = drawNotice().message.facts;
    expect(fillTemplate(`{{${name.toUpperCase()}}}`, drawNotice())).toBe(value);
  });

  it('tells nothing of an address that may hold a token', () => {
    const said = problems('  sinks: { a: { webhook: { url: "ftp://hooks/T000/secret" } } }').join('\n');
    expect(said).not.toContain('secret');
  });
});
