// `alerts` of the file to settings. What may be wrong with it: check-alerts.ts.
import { DAY_MILLIS, HOUR_MILLIS, MINUTE_MILLIS, type Millis } from '../base/units.ts';
import type { SinkSetting, SinkVia } from '../model/sink.ts';
import type { AlertValues } from './alert-schema.ts';
import type { AlertSettingsRead, MaintenanceSetting } from './settings.ts';

export type SinkValues = NonNullable<AlertValues['sinks']>[string];
export type WindowValues = NonNullable<AlertValues['maintenance']>[number];

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** Slack takes one a second, PagerDuty 120 a minute; more than a few is no news for people. */
const PER_MINUTE = 20;

/** @param referenced what references in the file stand for. */
export function makeAlerts(values: AlertValues, referenced: ReadonlySet<string>): AlertSettingsRead {
  return {
    pageUrl: values.page?.replace(/\/+$/, '') ?? null,
    repeatMillis: values.repeat,
    criticalWithinMillis: values.criticalWithin,
    digestMillis: values.digest ?? null,
    heartbeatMillis: values.heartbeat ?? null,
    sinks: Object.entries(values.sinks ?? {}).map(([name, sink]) => makeSinkSetting(name, sink, referenced)),
    routes: (values.routes ?? []).map((route) => ({
      match: route.match ?? [],
      sinks: route.sinks,
      isContinued: route.continue === 'yes',
    })),
    maintenance: (values.maintenance ?? []).map(makeWindow),
  };
}

function makeSinkSetting(name: string, values: SinkValues, referenced: ReadonlySet<string>): SinkSetting {
  const [via] = viasOf(values, referenced);
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
export function viasOf(values: SinkValues, referenced: ReadonlySet<string> = new Set()): readonly SinkVia[] {
  const { stdout, file, command, webhook } = values;
  const vias: (SinkVia | null)[] = [
    stdout === undefined ? null : { kind: 'stdout' },
    file === undefined ? null : { kind: 'file', path: file.path },
    command === undefined ? null : makeCommand(command.run, referenced),
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

/** What could not be read is undefined, whatever the type says. */
function makeCommand(run: string | undefined, referenced: ReadonlySet<string>): SinkVia {
  const command = run ?? '';
  return { kind: 'command', command, secrets: [...referenced].filter((value) => command.includes(value)) };
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
export function parseTime(text: string): Millis | null {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hours === undefined ? null : Number(hours) * HOUR_MILLIS + Number(minutes) * MINUTE_MILLIS;
}
