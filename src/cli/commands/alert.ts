// Alerts of a running watch from the command line, in the manner of amtool.
import { userInfo } from 'node:os';
import { PlimsollError } from '../../base/errors.ts';
import { formatDuration, type Millis } from '../../base/units.ts';
import { matchesAll, parseMatcher } from '../../base/label-matcher.ts';
import type { Alert, Feedback, Silence } from '../../model/alert.ts';
import { ENDED_WORDS } from '../../model/incident.ts';
import type {
  AlertsMessage,
  AuditMessage,
  SilencesMessage,
  SinksMessage,
  TestMessage,
} from '../../protocol/alert-messages.ts';
import { fillPath, PATHS, type PathTemplate } from '../../protocol/paths.ts';
import { printable } from '../../report/style.ts';
import { askServer } from '../ask-server.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';

export interface AlertOptions {
  readonly server: string;
  readonly json?: boolean;
}

export interface RemarkOptions extends AlertOptions {
  readonly comment?: string;
  readonly author?: string;
}

export interface QueryOptions extends AlertOptions {
  readonly all?: boolean;
}

export interface SilenceOptions extends RemarkOptions {
  readonly duration: Millis;
}

/** Fingerprints are long: as many characters as make it one are enough, but no fewer. */
const SHORTEST_FINGERPRINT = 4;
const SHOWN_FINGERPRINT = 12;

export async function alertQueryCommand(
  matchers: readonly string[],
  options: QueryOptions,
): Promise<ExitStatus> {
  const parsed = matchers.map((text) => {
    const matcher = parseMatcher(text);
    if (matcher) return matcher;
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs a matcher such as service=orders', {
      value: text,
    });
  });
  const message = (await askServer(options.server, fillPath(PATHS.alerts))) as AlertsMessage;
  const alerts = message.alerts.filter((alert) => {
    const labels = { ...alert.labels, severity: alert.level, fingerprint: alert.fingerprint };
    return (options.all === true || alert.state === 'firing') && matchesAll(parsed, labels);
  });
  if (options.json === true) return print(`${JSON.stringify({ ...message, alerts })}\n`);
  const { judged, leaks, precision } = message.precision;
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const judgement =
    precision === null
      ? ''
      : `\n${leaks} of ${judged} that people judged were leaks: ${percent(precision.value)} (${percent(precision.low)} to ${percent(precision.high)})\n`;
  const lines = alerts.map(formatAlert);
  // A watcher on standby knows none before it takes over.
  const none = message.role === 'standby' ? 'standby: ask the watcher that is active\n' : 'no alerts\n';
  return print(`${formatTrouble(message)}${lines.length === 0 ? none : lines.join('')}${judgement}`);
}

function formatTrouble({ trouble, role }: AlertsMessage): string {
  if (trouble === null) return '';
  const { path, why, since } = trouble;
  const effect = role === 'active' ? 'what is told since then is in memory alone' : 'nothing is told';
  return (
    printable(`${path} cannot be written for ${formatDuration(Date.now() - since)}, ${effect}: ${why}`) + '\n'
  );
}

function formatAlert(alert: Alert): string {
  const { fingerprint, level, state, ending, service, instances, quiet, ack, summary } = alert;
  const notes = [
    state === 'resolved' ? ENDED_WORDS[ending ?? 'evidence'] : level,
    instances.length > 1 ? `${instances.length} instances` : (instances[0] ?? null),
    ack === null ? null : `acknowledged by ${ack.by}`,
    quiet,
  ].filter((note) => note !== null);
  const head = `${fingerprint.slice(0, SHOWN_FINGERPRINT)}  ${service}  ${notes.join(', ')}`;
  return `${printable(head)}\n  ${printable(summary)}\n`;
}

export function alertAckCommand(fingerprint: string, options: RemarkOptions): Promise<ExitStatus> {
  return remarkOn(fingerprint, PATHS.alertAck, 'acknowledged', options);
}

export function alertResolveCommand(fingerprint: string, options: RemarkOptions): Promise<ExitStatus> {
  return remarkOn(fingerprint, PATHS.alertResolve, 'resolved', options);
}

async function remarkOn(
  start: string,
  path: PathTemplate,
  done: string,
  options: RemarkOptions,
): Promise<ExitStatus> {
  const { fingerprint, service } = await findAlert(start, options);
  const body = await askServer(options.server, fillPath(path, { fingerprint }), remark(options));
  return answer(body, options, `${service}: ${done}`);
}

export async function alertMuteCommand(fingerprint: string, options: RemarkOptions): Promise<ExitStatus> {
  const alert = await findAlert(fingerprint, options);
  const body = {
    ...remark({ ...options, comment: needComment(options) }),
    matchers: [`fingerprint=${alert.fingerprint}`],
    isMute: true,
  };
  const silence = (await askServer(options.server, fillPath(PATHS.silences), body)) as Silence;
  const words = `${alert.service}: muted until: plimsoll alert silence expire ${silence.id}`;
  return answer(silence, options, words);
}

export async function alertFeedbackCommand(
  fingerprint: string,
  verdict: string,
  options: RemarkOptions,
): Promise<ExitStatus> {
  if (verdict !== 'leak' && verdict !== 'not-a-leak')
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs leak or not-a-leak', { value: verdict });
  const alert = await findAlert(fingerprint, options);
  const path = fillPath(PATHS.alertFeedback, { fingerprint: alert.fingerprint });
  const body = { ...remark({ ...options, comment: needComment(options) }), verdict };
  const feedback = (await askServer(options.server, path, body)) as Feedback;
  const words = verdict === 'leak' ? 'a leak' : 'not a leak, and quiet from now on';
  return answer(feedback, options, `${alert.service}: ${words}`);
}

export async function silenceAddCommand(
  matchers: readonly string[],
  options: SilenceOptions,
): Promise<ExitStatus> {
  const seconds = `${Math.max(1, Math.round(options.duration / 1000))}s`;
  const body = { ...remark({ ...options, comment: needComment(options) }), matchers, for: seconds };
  const silence = (await askServer(options.server, fillPath(PATHS.silences), body)) as Silence;
  return answer(silence, options, silence.id);
}

export async function silenceQueryCommand(options: AlertOptions): Promise<ExitStatus> {
  const message = (await askServer(options.server, fillPath(PATHS.silences))) as SilencesMessage;
  if (options.json === true) return print(`${JSON.stringify(message)}\n`);
  const lines = message.silences.map(({ id, matchers, endsAt, by, why }) => {
    const end = endsAt === null ? 'no end' : `until ${new Date(endsAt).toISOString()}`;
    return printable(`${id}  ${matchers.join(' ')}  ${end}  ${by}: ${why}`);
  });
  return print(lines.length === 0 ? 'no silences\n' : `${lines.join('\n')}\n`);
}

export async function silenceExpireCommand(id: string, options: RemarkOptions): Promise<ExitStatus> {
  const path = fillPath(PATHS.silence, { id }, { by: authorOf(options) });
  return answer(await askServer(options.server, path, null, 'DELETE'), options, 'ended');
}

/** Exit status 0 the sink has accepted it, 1 it has not. */
export async function alertTestCommand(sink: string, options: RemarkOptions): Promise<ExitStatus> {
  const path = fillPath(PATHS.sinkTest, { name: sink });
  const result = (await askServer(options.server, path, { by: authorOf(options) })) as TestMessage;
  const words = result.isSent ? `${sink}: accepted` : `${sink}: not accepted: ${result.error ?? ''}`;
  answer(result, options, words);
  return result.isSent ? EXIT.none : EXIT.leak;
}

export async function alertSinksCommand(options: AlertOptions): Promise<ExitStatus> {
  const message = (await askServer(options.server, fillPath(PATHS.sinks))) as SinksMessage;
  if (options.json === true) return print(`${JSON.stringify(message)}\n`);
  const sinks = message.sinks.map(({ name, kind, sent, waiting, lastError }) => {
    const error = lastError === null ? '' : `, ${lastError}`;
    return printable(`${name}  ${kind}  ${sent} sent, ${waiting} waiting${error}`);
  });
  const dead = message.deadLetters.map(({ id, sink, recipient, title, why, at, obsolete }) => {
    const ago = formatDuration(Date.now() - at);
    const next = obsolete === null ? `plimsoll alert retry ${id}` : OBSOLETE[obsolete];
    const receiver = recipient === null ? sink : `${sink} (${recipient})`;
    return printable(`given up ${ago} ago  ${receiver}  ${title}: ${why}  (${next})`);
  });
  return print(`${[...sinks, ...dead].join('\n') || 'no sinks'}\n`);
}

const OBSOLETE = {
  overtaken: 'a later message about this leak was sent there, or waits',
  outdated: 'not so any more: the leak is over, or is back',
} as const;

export async function alertRetryCommand(id: string, options: RemarkOptions): Promise<ExitStatus> {
  const path = fillPath(PATHS.deadLetterRetry, { id });
  return answer(await askServer(options.server, path, { by: authorOf(options) }), options, 'waits again');
}

export async function alertAuditCommand(options: AlertOptions): Promise<ExitStatus> {
  const message = (await askServer(options.server, fillPath(PATHS.audit))) as AuditMessage;
  if (options.json === true) return print(`${JSON.stringify(message)}\n`);
  const lines = message.entries.map(({ at, by, what, about, why }) =>
    printable(`${new Date(at).toISOString()}  ${by}  ${what}  ${about}${why === '' ? '' : `: ${why}`}`),
  );
  return print(lines.length === 0 ? 'nobody did anything\n' : `${lines.join('\n')}\n`);
}

async function findAlert(start: string, { server }: AlertOptions): Promise<Alert> {
  const { alerts, role } = (await askServer(server, fillPath(PATHS.alerts))) as AlertsMessage;
  if (role === 'standby')
    throw new PlimsollError('ALERTS_STANDBY', 'server', 'this watcher is on standby', { where: server });
  const found = alerts.filter(({ fingerprint }) => fingerprint.startsWith(start));
  const [alert] = found;
  const isLongEnough = start.length >= SHORTEST_FINGERPRINT || alert?.fingerprint === start;
  if (alert !== undefined && found.length === 1 && isLongEnough) return alert;
  const fact =
    found.length > 1 || alert ? 'is not long enough to be one alert' : 'no alert has this fingerprint';
  throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', fact, { value: start });
}

function remark(options: RemarkOptions): { by: string; why?: string } {
  const { comment } = options;
  return { by: authorOf(options), ...(comment === undefined ? {} : { why: comment }) };
}

function needComment({ comment }: RemarkOptions): string {
  if (comment !== undefined && comment !== '') return comment;
  throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs a reason, for those who come later', {
    field: '--comment',
  });
}

function authorOf({ author }: RemarkOptions): string {
  if (author !== undefined && author !== '') return author;
  try {
    return userInfo().username;
  } catch {
    return 'somebody';
  }
}

function answer(body: unknown, { json }: AlertOptions, words: string): ExitStatus {
  return print(json === true ? `${JSON.stringify(body)}\n` : `${printable(words)}\n`);
}

function print(text: string): ExitStatus {
  process.stdout.write(text);
  return EXIT.none;
}
