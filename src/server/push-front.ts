// The two endpoints of Pyroscope's push API. They are the API of others, so they stand beside the route table: their
// paths, codes and errors are what those clients expect.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { PlimsollError } from '../base/errors.ts';
import { MIB, type Bytes } from '../base/units.ts';
import type { PushMessage } from '../pipeline/push-intake.ts';
import { refuse, type Refusal } from './api-error.ts';
import { readIngest, readPush, unpack } from './push-messages.ts';
import { readBody } from './read-body.ts';
import { sendBytes, sendRefusal } from './send.ts';

/** One message. A heap profile has some hundred kilobytes; an agent sends those of a machine together. */
export const PUSH_BODY_LIMIT: Bytes = 16 * MIB;
/** Bodies of all messages that are being read or taken. */
const PUSH_BYTES_AT_ONCE: Bytes = 64 * MIB;

export interface PushFront {
  readonly take: (message: PushMessage) => Promise<void>;
  /** What clients have to show, as bearer token or as password; null = nothing. */
  readonly token: string | null;
}

/** Below any prefix: SDKs join what they are given with these. */
const PUSH_PATH = /^(?:\/[\w.-]{1,64}){0,4}\/(ingest|push\.v1\.PusherService\/Push)$/;

export function isPushPath(path: string): boolean {
  return PUSH_PATH.test(path);
}

type PushContext = Context<{ Bindings: HttpBindings }>;

/** Answers requests to push paths; one for all requests of a server, since what is under way is bounded together. */
export class PushEndpoints {
  readonly #front: PushFront | null;
  #bytesUnderWay = 0;

  constructor(front: PushFront | null) {
    this.#front = front;
  }

  async answer(c: PushContext): Promise<Response> {
    const isConnect = c.req.path.endsWith('/Push');
    const { refusal, isJson } = await this.#handle(c, isConnect);
    if (refusal === null) {
      if (!isConnect) return sendBytes(c, 200, 'text/plain; charset=utf-8', '');
      return isJson
        ? sendBytes(c, 200, 'application/json', '{}')
        : sendBytes(c, 200, 'application/proto', new Uint8Array());
    }
    if (refusal.status === 401) c.header('www-authenticate', 'Basic realm="plimsoll"');
    if (!isConnect) return sendRefusal(c, refusal);
    const { message, advice } = refusal.body.error;
    const code = CONNECT_CODES.get(refusal.status) ?? 'unknown';
    const body = JSON.stringify({ code, message: `${message}. ${advice}` });
    return sendBytes(c, refusal.status, 'application/json', body);
  }

  async #handle(c: PushContext, isConnect: boolean): Promise<{ refusal: Refusal | null; isJson: boolean }> {
    const contentType = c.req.header('content-type') ?? '';
    const isJson = /^application\/json\b/i.test(contentType);
    const refusal = this.#checkHead(c) ?? (await this.#takeBody(c, isConnect, contentType));
    return { refusal, isJson };
  }

  #checkHead(c: PushContext): Refusal | null {
    if (this.#front === null) return refuse('PUSH_OFF', 'profiles that are pushed are not taken here');
    if (c.req.method !== 'POST') return refuse('METHOD_NOT_ALLOWED', `${c.req.method} is not offered here`);
    // Programs push, pages do not: this also keeps out pages that reach this server under a name of their own.
    if (c.req.header('origin') !== undefined || c.req.header('sec-fetch-site') !== undefined) {
      return refuse('ORIGIN_REFUSED', 'this request comes from a browser');
    }
    const { token } = this.#front;
    if (token !== null && !isAllowed(c.req.header('authorization'), token)) {
      return refuse('PUSH_UNAUTHORIZED', 'the token is missing or another one');
    }
    const declared = Number(c.req.header('content-length') ?? 0);
    if (declared > PUSH_BODY_LIMIT) return tooLarge();
    return null;
  }

  async #takeBody(c: PushContext, isConnect: boolean, contentType: string): Promise<Refusal | null> {
    const reserved = Number(c.req.header('content-length') ?? PUSH_BODY_LIMIT);
    if (this.#bytesUnderWay + reserved > PUSH_BYTES_AT_ONCE) {
      return refuse('PUSH_TOO_MANY', 'too much is being pushed at once');
    }
    this.#bytesUnderWay += reserved;
    try {
      const packed = await readBody(c.env.incoming, PUSH_BODY_LIMIT);
      if (packed === null) return tooLarge();
      const body = await unpack(packed, c.req.header('content-encoding'));
      const messages = isConnect
        ? readPush(contentType, body)
        : [await readIngest(c.req.query(), contentType, body)];
      return await this.#takeAll(messages.filter((message) => message !== null));
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
      return refuseError(error);
    } finally {
      this.#bytesUnderWay -= reserved;
    }
  }

  /** All of them, whatever is wrong with one; what was wrong first is the answer. */
  async #takeAll(messages: readonly PushMessage[]): Promise<Refusal | null> {
    let first: Refusal | null = null;
    for (const message of messages) {
      try {
        await this.#front?.take(message);
      } catch (error) {
        if (!(error instanceof PlimsollError)) throw error;
        first ??= refuseError(error);
      }
    }
    return first;
  }
}

function tooLarge(): Refusal {
  return refuse('PUSH_TOO_LARGE', `the body is larger than ${PUSH_BODY_LIMIT / MIB} MiB`);
}

function refuseError(error: PlimsollError): Refusal {
  const status = error.code === 'PUSH_REFUSED' ? 429 : 400;
  const { code, message, advice } = error;
  return { kind: 'refused', status, body: { error: { code, message, advice } } };
}

/** `Bearer TOKEN`, or basic authentication with any user and the token as password. */
function isAllowed(header: string | undefined, token: string): boolean {
  const match = /^(bearer|basic) +(\S+)$/i.exec(header ?? '');
  if (!match) return false;
  const [, scheme = '', value = ''] = match;
  if (scheme.toLowerCase() === 'bearer') return isSame(value, token);
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return isSame(pair.slice(pair.indexOf(':') + 1), token);
}

/** Takes as long whatever differs. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Status of HTTP to the code of the Connect protocol. */
const CONNECT_CODES: ReadonlyMap<number, string> = new Map([
  [400, 'invalid_argument'],
  [401, 'unauthenticated'],
  [403, 'permission_denied'],
  [405, 'unimplemented'],
  [413, 'resource_exhausted'],
  [429, 'resource_exhausted'],
]);
