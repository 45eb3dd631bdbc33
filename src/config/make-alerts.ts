// `alerts` of the file to settings, and what only several values together can do wrong.
import { parseMatcher } from '../base/label-matcher.ts';
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { SinkSetting, SinkVia } from '../model/sink.ts';
import type { AlertValues } from './alert-schema.ts';
import { nearestName } from './nearest-name.ts';
import type { Path } from './read-settings.ts';
import type { AlertSettingsRead, MaintenanceSetting } from './settings.ts';

type SinkValues = NonNullable<AlertValues['sinks']>[string];
type WindowValues = NonNullable<AlertValues['maintenance']>[number];
type Add = (path: Path, fact: string, fix: string) => void;

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** Slack takes one a second, PagerDuty 120 a minute; more than a few is no news for people. */
const PER_MINUTE = 20;

export function makeAlerts(values: AlertValues): AlertSettingsRead {
  return {
    pageUrl: values.page?.replace(/\/+$/, '') ?? null,
    repeatMillis: values.repeat,
    criticalWithinMillis: values.criticalWithin,
    digestMillis: values.digest ?? null,
    heartbeatMillis: values.heartbeat ?? null,
    sinks: Object.entries(values.sinks ?? {}).map(([name, sink]) => makeSinkSetting(name, sink)),
    routes: (values.routes ?? []).map((route) => ({
      match: route.match ?? [],
      sinks: route.sinks,
      isContinued: route.continue === 'yes',
    })),
    maintenance: (values.maintenance ?? []).map(makeWindow),
  };
}

function makeSinkSetting(name: string, values: SinkValues): SinkSetting {
  const [via] = viasOf(values);
  return {
    name,
    via: via ?? { kind: 'stdout' },
    levels: values.levels ?? ['warning', 'critical'],
    isResolutionSent: values.resolved !== 'no',
    perMinute: values.perMinute ?? PER_MINUTE,
    title: values.title ?? null,
    text: values.text ?? null,
  };
}

/** Every kind that is named; it has to be one. */
function viasOf(values: SinkValues): readonly SinkVia[] {
  const { stdout, file, command, webhook } = values;
  const vias: (SinkVia | null)[] = [
    stdout === undefined ? null : { kind: 'stdout' },
    file === undefined ? null : { kind: 'file', path: file.path },
    command === undefined ? null : { kind: 'command', command: command.run },
    webhook === undefined
      ? null
      : {
          kind: 'webhook',
          url: webhook.url,
          secret: webhook.secret ?? null,
          headers: webhook.headers ?? {},
        },
    ...vendorsOf(values),
  ];
  return vias.filter((via) => via !== null);
}

const DEFAULT_URLS = {
  slack: 'https://slack.com/api',
  pagerduty: 'https://events.pagerduty.com/v2/enqueue',
  github: 'https://api.github.com',
  gitlab: 'https://gitlab.com/api/v4',
};

function vendorsOf(values: SinkValues): readonly (SinkVia | null)[] {
  const { alertmanager, slack, slackBot, teams, pagerduty, email, github, gitlab } = values;
  return [
    alertmanager === undefined
      ? null
      : {
          kind: 'alertmanager',
          url: baseOf(alertmanager.url),
          labels: alertmanager.labels ?? [],
          headers: alertmanager.headers ?? {},
        },
    slack === undefined ? null : { kind: 'slack', webhook: slack.webhook },
    slackBot === undefined
      ? null
      : {
          kind: 'slackBot',
          token: slackBot.token,
          channel: slackBot.channel,
          api: baseOf(slackBot.api ?? DEFAULT_URLS.slack),
        },
    teams === undefined ? null : { kind: 'teams', webhook: teams.webhook },
    pagerduty === undefined
      ? null
      : {
          kind: 'pagerduty',
          routingKey: pagerduty.routingKey,
          url: pagerduty.url ?? DEFAULT_URLS.pagerduty,
        },
    email === undefined ? null : makeEmail(email),
    github === undefined ? null : makeIssues('github', github),
    gitlab === undefined ? null : makeIssues('gitlab', gitlab),
  ];
}

function makeEmail(email: NonNullable<SinkValues['email']>): SinkVia {
  const tls = email.tls ?? 'required';
  return {
    kind: 'email',
    host: email.host,
    // RFC 8314 and 6409.
    port: email.port ?? (tls === 'implicit' ? 465 : 587),
    tls,
    user: email.user ?? null,
    password: email.password ?? null,
    from: email.from,
    to: email.to,
  };
}

function makeIssues(kind: 'github' | 'gitlab', values: NonNullable<SinkValues['github']>): SinkVia {
  const { repository, token, api } = values;
  return { kind, repository, token, api: baseOf(api ?? DEFAULT_URLS[kind]) };
}

/** What could not be read is undefined, whatever the type says. */
function baseOf(address: string | undefined): string {
  return (address ?? '').replace(/\/+$/, '');
}

function makeWindow(values: WindowValues): MaintenanceSetting {
  const { match = [], from, until, days, start, for: lasts } = values;
  const once = { from: Date.parse(from ?? ''), until: Date.parse(until ?? '') };
  const weekly = {
    days: (days ?? []).map((day) => DAYS.indexOf(day)),
    startMillis: parseTime(start ?? '00:00') ?? 0,
    lastsMillis: lasts ?? DAY_MILLIS,
  };
  return { match, when: from === undefined ? weekly : once };
}

/** `22:30` after midnight; null when it is no time. */
function parseTime(text: string): Millis | null {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hours === undefined ? null : Number(hours) * HOUR_MILLIS + Number(minutes) * MINUTE_MILLIS;
}

/** Values that could not be read are undefined, whatever the type says. */
export function checkAlerts(values: AlertValues, add: Add): void {
  const sinks = Object.entries(values.sinks ?? {});
  for (const [name, sink] of sinks) checkSink(sink, ['alerts', 'sinks', name], add);
  const names = sinks.map(([name]) => name);
  values.routes?.forEach((route, i) => {
    const path: Path = ['alerts', 'routes', i];
    checkMatch(route.match, path, add);
    const meant: readonly (string | undefined)[] = route.sinks;
    if (meant.length === 0) add(path, 'a route needs sinks', 'Add sinks: [name].');
    meant.forEach((sink, at) => {
      if (sink === undefined || names.includes(sink)) return;
      const near = nearestName(sink, names);
      const fix = near === null ? `Known: ${names.join(', ') || 'none'}.` : `Did you mean ${near}?`;
      add([...path, 'sinks', at], 'there is no sink of this name', fix);
    });
  });
  values.maintenance?.forEach((window, i) => {
    checkWindow(window, ['alerts', 'maintenance', i], add);
  });
}

/** Kinds of sinks, and what each cannot do without. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  stdout: [],
  file: ['path'],
  command: ['run'],
  webhook: ['url'],
  alertmanager: ['url'],
  slack: ['webhook'],
  slackBot: ['token', 'channel'],
  teams: ['webhook'],
  pagerduty: ['routingKey'],
  email: ['host', 'from', 'to'],
  github: ['repository', 'token'],
  gitlab: ['repository', 'token'],
};
const ADDRESSES = ['url', 'webhook'];

function checkSink(sink: SinkValues, path: Path, add: Add): void {
  const kinds = viasOf(sink).map(({ kind }) => kind);
  if (kinds.length === 0)
    add(path, 'a sink needs a kind', `Add one below it: ${Object.keys(NEEDED).join(', ')}.`);
  if (kinds.length > 1) add(path, `a sink has one kind, not ${kinds.join(' and ')}`, 'Make two sinks of it.');
  for (const [kind, names] of Object.entries(NEEDED)) {
    const group = (sink as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>)[kind];
    if (group === undefined) continue;
    for (const name of names) {
      const value = group[name];
      const isEmpty = value === undefined || (Array.isArray(value) && value.length === 0);
      if (isEmpty) add([...path, kind], `needs ${name}`, `Add ${name}: below it.`);
      else if (ADDRESSES.includes(name) && (typeof value !== 'string' || !/^https?:\/\//.test(value)))
        add([...path, kind, name], 'needs a URL', 'Begin it with https:// or http://.');
    }
  }
  const repository: string | undefined = sink.github?.repository;
  if (repository !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(repository))
    add([...path, 'github', 'repository'], 'is no repository', 'Write owner/name.');
}

function checkMatch(match: readonly (string | undefined)[] | undefined, path: Path, add: Add): void {
  match?.forEach((text, i) => {
    if (text !== undefined && parseMatcher(text) === null)
      add(
        [...path, 'match', i],
        'is no matcher',
        'Write name=value, name!=value, name=~regex or name!~regex.',
      );
  });
}

function checkWindow(window: WindowValues, path: Path, add: Add): void {
  checkMatch(window.match, path, add);
  const { from, until, days, start } = window;
  if ((from === undefined) === (days === undefined))
    add(path, 'a window needs from and until, or days', 'Write one of them.');
  if ((from === undefined) !== (until === undefined))
    add(path, 'from and until belong together', 'Write both.');
  for (const [key, text] of [
    ['from', from],
    ['until', until],
  ] as const)
    if (text !== undefined && Number.isNaN(Date.parse(text)))
      add([...path, key], 'needs an instant', 'Write 2026-12-01T22:00:00Z.');
  if (from !== undefined && until !== undefined && Date.parse(until) <= Date.parse(from))
    add([...path, 'until'], 'ends before it begins', 'Write a later instant.');
  if (start !== undefined && parseTime(start) === null)
    add([...path, 'start'], 'needs a time', 'Write 22:00.');
}
