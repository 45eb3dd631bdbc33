// Guard, routes and page as one hono application. Tests reach it through start-server.ts, over real HTTP.
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono, type Context } from 'hono';
import { describeError, PlimsollError } from '../base/errors.ts';
import type { Talk } from '../pipeline/ports.ts';
import { matchPath, PAGE_PATHS } from '../protocol/paths.ts';
import { refuse } from './api-error.ts';
import { checkRequest, type HostRule } from './guard.ts';
import { COMMON_HEADERS } from './headers.ts';
import { isPushPath, PushEndpoints, type PushFront } from './push-front.ts';
import { readBody as readBytes } from './read-body.ts';
import { ROUTES } from './route-table.ts';
import type { Reply, Route, RouteContext } from './route.ts';
import { sendBytes, sendFile, sendRefusal } from './send.ts';
import { validateBody, validateQuery } from './validate.ts';
import type { WebFiles } from './web-files.ts';

/** Actions and marks are a few hundred bytes. */
export const BODY_BYTES_LIMIT = 64 * 1024;

type Env = { Bindings: HttpBindings };

export interface AppOptions {
  readonly context: RouteContext;
  readonly hostRule: HostRule;
  readonly web: WebFiles | null;
  /** null, and without it: profiles that are pushed are refused. */
  readonly push?: PushFront | null;
  readonly talk: Talk;
}

export function createApp(options: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  const push = new PushEndpoints(options.push ?? null);
  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(COMMON_HEADERS)) c.header(name, value);
    if (isPushPath(c.req.path)) return push.answer(c);
    const refusal = checkRequest(options.hostRule, {
      method: c.req.method,
      path: c.req.path,
      header: (name) => c.req.header(name),
    });
    if (refusal) return sendRefusal(c, refusal);
    await next();
    return undefined;
  });
  for (const route of ROUTES) {
    app.on(route.method.toUpperCase(), route.path.replace(/\{(\w+)\}/g, ':$1'), (c) =>
      answer(c, route, options.context),
    );
  }
  app.notFound((c) => answerElse(c, options.web));
  app.onError((error, c) => {
    if (error instanceof PlimsollError) {
      const { code, message, advice } = error;
      return sendRefusal(c, { kind: 'refused', status: 503, body: { error: { code, message, advice } } });
    }
    options.talk.warn(`server: ${c.req.method} ${c.req.path}: ${describeError(error)}`);
    return sendRefusal(c, refuse('INTERNAL', 'this request ran into a fault'));
  });
  return app;
}

async function answer(c: Context<Env>, route: Route, context: RouteContext): Promise<Response> {
  const query = validateQuery(route.query, c.req.queries());
  if (query.kind === 'refused') return sendRefusal(c, query);
  const body = route.body === null ? ({ kind: 'ok', value: {} } as const) : await readBody(c, route.body);
  if (body.kind === 'refused') return sendRefusal(c, body);
  const reply = await route.handle(context, {
    params: c.req.param(),
    query: query.value,
    body: body.value,
    outgoing: c.env.outgoing,
  });
  return send(c, reply);
}

async function readBody(c: Context<Env>, schema: NonNullable<Route['body']>) {
  const bytes = await readBytes(c.env.incoming, BODY_BYTES_LIMIT);
  if (bytes === null) return refuse('BODY_TOO_LARGE', `the body is larger than ${BODY_BYTES_LIMIT} bytes`);
  const text = bytes.toString('utf8');
  if (text === '') return validateBody(schema, {});
  const type = c.req.header('content-type') ?? '';
  // Also keeps HTML forms out, whose three media types other sites may send without asking first.
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    return refuse('MEDIA_TYPE_UNSUPPORTED', 'the body is not declared as JSON', {
      field: 'Content-Type',
      value: type,
    });
  }
  try {
    const value: unknown = JSON.parse(text);
    return validateBody(schema, value);
  } catch (error) {
    return refuse('BODY_INVALID', `the body is no JSON: ${describeError(error)}`);
  }
}

function send(c: Context<Env>, reply: Reply): Response {
  switch (reply.kind) {
    case 'refused':
      return sendRefusal(c, reply);
    case 'written':
      return RESPONSE_ALREADY_SENT;
    case 'json':
      return sendBytes(c, reply.status, 'application/json; charset=utf-8', JSON.stringify(reply.body));
    case 'text':
      return sendBytes(c, 200, reply.contentType, reply.text);
    case 'file': {
      const fileName = reply.fileName.replace(/[^A-Za-z0-9._-]/g, '_');
      c.header('content-disposition', `attachment; filename="${fileName}"`);
      return sendBytes(c, 200, 'application/octet-stream', reply.bytes);
    }
  }
}

/** What is no route: a file of the page, a page of the application, or nothing. */
function answerElse(c: Context<Env>, web: WebFiles | null): Response {
  const { method, path } = c.req;
  const others = ROUTES.filter((route) => matchPath(route.path, path) !== null);
  if (others.length > 0) {
    c.header('allow', [...new Set(others.map((r) => r.method.toUpperCase()))].join(', '));
    return sendRefusal(c, refuse('METHOD_NOT_ALLOWED', `${method} is not offered here`));
  }
  const isRead = method === 'GET' || method === 'HEAD';
  if (!isRead || path.startsWith('/api/'))
    return sendRefusal(c, refuse('NOT_FOUND', 'there is nothing at this path'));
  const isPage = Object.values(PAGE_PATHS).some((template) => matchPath(template, path) !== null);
  if (!web) {
    if (!isPage) return sendRefusal(c, refuse('NOT_FOUND', 'there is nothing at this path'));
    return sendBytes(
      c,
      200,
      'text/plain; charset=utf-8',
      'Plimsoll runs without its page; the API is at /api/v1/openapi.json\n',
    );
  }
  const file = web.byPath.get(path);
  if (file) return sendFile(c, file, 200);
  if (isPage) return sendFile(c, web.index, 200);
  // A person who mistyped gets the page, which says so; a program gets JSON.
  const wantsHtml = (c.req.header('accept') ?? '').includes('text/html');
  return wantsHtml
    ? sendFile(c, web.index, 404)
    : sendRefusal(c, refuse('NOT_FOUND', 'there is nothing at this path'));
}
