// What may be wrong with `alerts` although each value can be read.
import { parseMatcher } from '../base/label-matcher.ts';
import { TEMPLATE_NAMES as PLACES, placesOf } from '../model/template-names.ts';
import type { AlertValues } from './alert-schema.ts';
import { parseTime, viasOf, type SinkValues, type WindowValues } from './make-alerts.ts';
import { nearestName } from './nearest-name.ts';
import { checkHeaders, findUrlProblem, hasAuthorization, hasUserInfo } from './check-http.ts';
import type { Path } from './read-settings.ts';

type Add = (path: Path, fact: string, fix: string) => void;

const LAST_PORT = 65_535;
/** https://developer.pagerduty.com/docs/send-alert-event */
const ROUTING_KEY_LENGTH = 32;

/** Values that could not be read are undefined, whatever the type says. */
export function checkAlerts(values: AlertValues, add: Add): void {
  checkPage(values.page, add);
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
  checkOrder(values.routes ?? [], add);
  values.maintenance?.forEach((window, i) => {
    checkWindow(window, ['alerts', 'maintenance', i], add);
  });
}

function checkPage(page: string | undefined, add: Add): void {
  if (page === undefined) return;
  const path: Path = ['alerts', 'page'];
  const problem = findUrlProblem(page);
  if (problem !== null) add(path, problem.fact, problem.fix);
  else if (hasUserInfo(page))
    add(path, 'is told in every message, and has a user in it', 'Leave out what stands before the @.');
}

/** A route without matchers takes all: those behind it are never asked. */
function checkOrder(routes: NonNullable<AlertValues['routes']>, add: Add): void {
  const last = routes.findIndex((route) => (route.match ?? []).length === 0 && route.continue !== 'yes');
  if (last < 0) return;
  for (let i = last + 1; i < routes.length; i++)
    add(
      ['alerts', 'routes', i],
      `can never match: routes.${last} before it takes all`,
      `Move it before that one, or write continue: yes there.`,
    );
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
const ADDRESSES = ['url', 'webhook', 'api'];

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
    }
    for (const name of ADDRESSES) {
      const value = group[name];
      if (value === undefined) continue;
      const problem = findUrlProblem(typeof value === 'string' ? value : '');
      if (problem !== null) add([...path, kind, name], problem.fact, problem.fix);
    }
  }
  if (sink.levels?.length === 0)
    add(
      [...path, 'levels'],
      'is an empty list: nothing would be sent there',
      'Name a level, or leave the line out.',
    );
  checkTemplates(sink, path, add);
  if (sink.email !== undefined) checkEmail(sink.email, [...path, 'email'], add);
  const key: string | undefined = sink.pagerduty?.routingKey;
  if (key !== undefined && key.length !== ROUTING_KEY_LENGTH)
    add(
      [...path, 'pagerduty', 'routingKey'],
      `is no integration key: those have ${ROUTING_KEY_LENGTH} characters`,
      'Copy that of an integration "Events API V2" of the service.',
    );
  checkWebhookSecret(sink.webhook?.secret, [...path, 'webhook', 'secret'], add);
  const labels: readonly (string | undefined)[] = sink.alertmanager?.labels ?? [];
  labels.forEach((label, i) => {
    if (label === 'alertname' || label === 'severity')
      add([...path, 'alertmanager', 'labels', i], 'is a label that Plimsoll sets itself', 'Leave it out.');
  });
  checkAuthorization(sink, path, add);
  const project: string | undefined = sink.gitlab?.repository;
  if (project !== undefined && !/^(?:\d+|[^\s/]+(?:\/[^\s/]+)+)$/.test(project))
    add([...path, 'gitlab', 'repository'], 'is no path of a project', 'Write group/name.');
  const repository: string | undefined = sink.github?.repository;
  if (repository !== undefined && !/^[\w.-]+\/[\w.-]+$/.test(repository))
    add([...path, 'github', 'repository'], 'is no repository', 'Write owner/name.');
}

/** What is no base64 would sign with other bytes than the receiver has. */
function checkWebhookSecret(secret: string | undefined, path: Path, add: Add): void {
  const coded = /^whsec_(.*)$/s.exec(secret ?? '')?.[1];
  if (coded === undefined || /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(coded))
    return;
  add(
    path,
    'is no secret of Standard Webhooks: those are base64 behind whsec_',
    'Copy it whole, or take a text that does not begin with whsec_.',
  );
}

/** Sent is one: user info as basic authentication, or what says itself who asks. */
function checkAuthorization(sink: SinkValues, path: Path, add: Add): void {
  for (const kind of ['webhook', 'alertmanager'] as const) {
    const { url, headers } = sink[kind] ?? {};
    checkHeaders(headers, [...path, kind, 'headers'], add);
    if (hasUserInfo(url) && hasAuthorization(headers))
      add([...path, kind, 'url'], 'has a user in it, and headers an Authorization', 'Keep one of them.');
  }
  for (const kind of ['slackBot', 'github'] as const)
    if (hasUserInfo(sink[kind]?.api))
      add(
        [...path, kind, 'api'],
        'has a user in it, and token says who asks',
        'Leave out what stands before the @.',
      );
}

function checkTemplates(sink: SinkValues, path: Path, add: Add): void {
  for (const name of ['title', 'text'] as const)
    for (const place of placesOf(sink[name] ?? '')) {
      if (place.startsWith('labels.') || PLACES.includes(place.toLowerCase())) continue;
      const near = nearestName(place, PLACES);
      const known = `Known: ${PLACES.join(', ')} and labels.NAME.`;
      add(
        [...path, name],
        `{{${place}}} is no placeholder`,
        near === null ? known : `Did you mean {{${near}}}?`,
      );
    }
}

function checkEmail(email: NonNullable<SinkValues['email']>, path: Path, add: Add): void {
  const fix = 'Write name@example.com.';
  const isAddress = (text: string | undefined) => text === undefined || /^[^@\s]+@[^@\s]+$/.test(bare(text));
  const from: string | undefined = email.from;
  const to: readonly (string | undefined)[] | undefined = email.to;
  if (!isAddress(from)) add([...path, 'from'], 'is no address', fix);
  to?.forEach((each, i) => {
    if (!isAddress(each)) add([...path, 'to', i], 'is no address', fix);
  });
  if ((email.port ?? 1) > LAST_PORT) add([...path, 'port'], 'is no port', `Write one up to ${LAST_PORT}.`);
  if ((email.user === undefined) !== (email.password === undefined))
    add(path, 'user and password belong together', 'Write both, or neither.');
}

/** `Team <team@example.com>` is an address as well. */
function bare(text: string): string {
  return /<([^<>]*)>\s*$/.exec(text)?.[1] ?? text;
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
