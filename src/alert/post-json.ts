// One request to a vendor: what its answer means for delivery. Addresses of webhooks are secrets: no error tells them.
import { describeError } from '../base/errors.ts';
import { hideSecrets, secretsOfUrl } from '../base/secrets.ts';
import { SECOND_MILLIS, type Millis } from '../base/units.ts';
import { printable } from '../report/style.ts';
import { failed, SENT, type SendResult } from './sink.ts';

/** Longer answers say nothing more to us. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_TOLD = 200;
/** A vendor that asks for more is asked again all the same: the outage may end earlier. */
const MAX_RETRY_AFTER: Millis = 15 * 60 * SECOND_MILLIS;

/** Bad request, too large, wrong type, not processable: the same message would be refused again. */
const MESSAGE_REFUSED: ReadonlySet<number> = new Set([400, 413, 415, 422]);

export interface JsonRequest {
  /** User and password in it are sent as basic authentication. */
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is; null = none. */
  readonly body: string | Uint8Array<ArrayBuffer> | null;
  /** Texts that must not be in an error, whatever the other side answers. */
  readonly secrets?: readonly string[];
}

export type JsonAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** As it came. */
      readonly text: string;
      /** Without what is secret: for errors. */
      readonly told: string;
      readonly retryAfter: Millis | null;
    }
  | { readonly kind: 'failed'; readonly why: string };

/** Follows no redirection: a secret would go along. */
export async function request(asked: JsonRequest, signal: AbortSignal): Promise<JsonAnswer> {
  try {
    // fetch refuses a URL with credentials, and quotes it.
    const { url, authorization } = splitUserInfo(asked.url);
    const response = await fetch(url, {
      method: asked.method ?? 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'plimsoll',
        ...authorization,
        ...lowerNames(asked.headers),
      },
      redirect: 'manual',
      signal,
      ...(asked.body === null ? {} : { body: asked.body }),
    });
    const text = await readText(response);
    const retryAfter = readRetryAfter(response);
    return { kind: 'answered', status: response.status, text, told: hide(text, asked), retryAfter };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { kind: 'failed', why: hide(`${hostOf(asked.url)}: ${describeError(cause)}`, asked) };
  }
}

/**
 * 2xx is sent. Only what is said of the message itself is for good: a login that ran out, an address without a server behind
 * it, a proxy in between and an outage are mended, and what came in that hour is still to be told.
 */
export function judge(answer: JsonAnswer, url: string): SendResult {
  if (answer.kind === 'failed') return failed(answer.why);
  const { status, told, retryAfter } = answer;
  if (status >= 200 && status < 300) return SENT;
  const said = told === '' ? '' : `: ${printable(told.slice(0, MAX_TOLD))}`;
  return failed(`${hostOf(url)} answered ${status}${said}`, MESSAGE_REFUSED.has(status), retryAfter);
}

export async function postJson(asked: JsonRequest, signal: AbortSignal): Promise<SendResult> {
  return judge(await request(asked, signal), asked.url);
}

export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the address';
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of response.body ?? []) {
    total += (chunk as Uint8Array).length;
    if (total > MAX_ANSWER_BYTES) break;
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readRetryAfter(response: Response): Millis | null {
  const text = response.headers.get('retry-after');
  if (text === null) return null;
  const millis = /^\d+$/.test(text) ? Number(text) * SECOND_MILLIS : Date.parse(text) - Date.now();
  return Number.isFinite(millis) ? Math.min(Math.max(0, millis), MAX_RETRY_AFTER) : null;
}

function splitUserInfo(text: string): { url: string; authorization: Readonly<Record<string, string>> } {
  if (!URL.canParse(text)) return { url: text, authorization: {} };
  const url = new URL(text);
  const { username, password } = url;
  if (username === '' && password === '') return { url: text, authorization: {} };
  url.username = '';
  url.password = '';
  const token = Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64');
  return { url: url.href, authorization: { authorization: `Basic ${token}` } };
}

/** A password with a stray `%` is taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** So that a header of one's own replaces ours instead of joining it. */
function lowerNames(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function hide(text: string, { secrets = [], url }: JsonRequest): string {
  const path = URL.canParse(url) ? new URL(url).pathname : '';
  const { authorization } = splitUserInfo(url).authorization;
  // A webhook's path is its secret, and its last part by itself; what is shorter hides nothing, and stands in other words.
  const last = path.split('/').at(-1) ?? '';
  const ofPath = [...(path.length > 5 ? [path] : []), ...(last.length > 9 ? [last] : [])];
  const ofUser = authorization === undefined ? [] : [authorization.slice('Basic '.length)];
  return hideSecrets(text, [...secrets, ...secretsOfUrl(url), ...ofUser, ...ofPath]);
}
