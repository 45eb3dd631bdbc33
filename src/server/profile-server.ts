// The page on profile files: no watch behind it, five answers made from what was read at the start.
import { Hono, type Context } from 'hono';
import { Type } from 'typebox';
import { describeError, PlimsollError } from '../base/errors.ts';
import type { Talk } from '../pipeline/ports.ts';
import type {
  FlameReply,
  GrowthMessage,
  ProfileMessage,
  SourceMessage,
  TopMessage,
} from '../protocol/profile-messages.ts';
import { refuse, type Refusal } from './api-error.ts';
import { checkRequest } from './guard.ts';
import { COMMON_HEADERS } from './headers.ts';
import { serveHttp, type ListenAddress, type ListeningServer } from './http-server.ts';
import { sendBytes, sendFile, sendRefusal } from './send.ts';
import { validateQuery } from './validate.ts';
import { readWebFiles, type WebFiles } from './web-files.ts';

/** A sample type by its number, and the order of rows. */
export interface TableQuery {
  readonly type: number;
  readonly sort: 'flat' | 'cum';
}

/** What the page can ask. All may throw PlimsollError; the page shows its sentence. */
export interface ProfileViews {
  readonly profile: ProfileMessage;
  readonly top: (query: TableQuery) => Promise<TopMessage>;
  readonly flame: (type: number) => Promise<FlameReply>;
  readonly source: (type: number, name: string) => Promise<SourceMessage>;
  /** null = there is no base. */
  readonly growth: ((query: TableQuery) => Promise<GrowthMessage>) | null;
}

export interface ProfileServerOptions {
  readonly views: ProfileViews;
  readonly listen: ListenAddress;
  /** Folder of the page that scripts/build-web.mjs made. */
  readonly webDir: string;
  readonly talk: Talk;
}

/** Symbols of C++ and Rust templates are long; a longer name than this is no name. */
const NAME_LENGTH_LIMIT = 8192;

const TypeField = Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'number of a sample type' });
const SortField = Type.Union([Type.Literal('flat'), Type.Literal('cum')], { description: 'flat or cum' });
const TableQuerySchema = Type.Object({ type: TypeField, sort: SortField }, { additionalProperties: false });
const FlameQuerySchema = Type.Object({ type: TypeField }, { additionalProperties: false });
const SourceQuerySchema = Type.Object(
  { type: TypeField, name: Type.String({ minLength: 1, maxLength: NAME_LENGTH_LIMIT }) },
  { additionalProperties: false },
);

/** @throws PlimsollError PORT_IN_USE, LISTEN_FAILED or WEB_MISSING. */
export async function startProfileServer(options: ProfileServerOptions): Promise<ListeningServer> {
  const web = await readWebFiles(options.webDir);
  return serveHttp(createProfileApp(options, web).fetch, options.listen);
}

function createProfileApp({ views, listen, talk }: ProfileServerOptions, web: WebFiles): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(COMMON_HEADERS)) c.header(name, value);
    const refusal = checkRequest(
      { listenHost: listen.host, allowedHosts: [] },
      { method: c.req.method, path: c.req.path, header: (name) => c.req.header(name) },
    );
    if (refusal) return sendHere(c, refusal);
    await next();
    return undefined;
  });
  addRoutes(app, views);
  app.notFound((c) => answerFile(c, web));
  app.onError((error, c) => {
    if (error instanceof PlimsollError) return sendRefusal(c, cannotShow(error));
    talk.warn(`server: ${c.req.path}: ${describeError(error)}`);
    return sendRefusal(c, refuse('INTERNAL', 'this request ran into a fault'));
  });
  return app;
}

function addRoutes(app: Hono, views: ProfileViews): void {
  app.get('/api/profile', (c) => sendJson(c, views.profile));
  app.get('/api/top', (c) => answer<TableQuery>(c, TableQuerySchema, views.top));
  app.get('/api/flame', (c) =>
    answer<{ type: number }>(c, FlameQuerySchema, ({ type }) => views.flame(type)),
  );
  app.get('/api/source', (c) =>
    answer<{ type: number; name: string }>(c, SourceQuerySchema, ({ type, name }) =>
      views.source(type, name),
    ),
  );
  const { growth } = views;
  if (growth !== null) app.get('/api/growth', (c) => answer<TableQuery>(c, TableQuerySchema, growth));
}

async function answer<Query>(
  c: Context,
  schema: Parameters<typeof validateQuery>[0],
  view: (query: Query) => Promise<unknown>,
): Promise<Response> {
  const query = validateQuery(schema, c.req.queries());
  if (query.kind === 'refused') return sendHere(c, query);
  // It passed the schema that belongs to this type.
  return sendJson(c, await view(query.value as Query));
}

function sendJson(c: Context, body: unknown): Response {
  return sendBytes(c, 200, 'application/json; charset=utf-8', JSON.stringify(body));
}

function answerFile(c: Context, web: WebFiles): Response {
  const { method, path } = c.req;
  if (method !== 'GET' && method !== 'HEAD')
    return sendHere(c, refuse('METHOD_NOT_ALLOWED', `${method} is not offered here`));
  const file = path === '/' ? web.index : web.byPath.get(path);
  return file ? sendFile(c, file, 200) : sendHere(c, refuse('NOT_FOUND', 'there is nothing at this path'));
}

/** The registry's advice is for the API of a watch. */
function sendHere(c: Context, { kind, status, body }: Refusal): Response {
  const advice = 'Open the address that plimsoll profile ui has printed; its page asks for what it needs.';
  return sendRefusal(c, { kind, status, body: { error: { ...body.error, advice } } });
}

function cannotShow({ code, message, advice }: PlimsollError): Refusal {
  return { kind: 'refused', status: 422, body: { error: { code, message, advice } } };
}
