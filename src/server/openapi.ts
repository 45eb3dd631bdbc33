// The route table as an OpenAPI 3.1 document. Pure: the same table registers the routes.
import type { TSchema } from 'typebox';
import { ErrorMessageSchema } from '../protocol/messages.ts';
import type { ReplySpec, Route } from './route.ts';

export interface OpenApiDocument {
  readonly openapi: '3.1.0';
  readonly info: Readonly<Record<string, unknown>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const errorReply = {
  description: 'Refused: code, message and what to do.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

export function describeApi(routes: readonly Route[], version: string): OpenApiDocument {
  const schemas: Record<string, unknown> = { Error: plain(ErrorMessageSchema) };
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const operations = (paths[route.path] ??= {});
    operations[route.method] = describeRoute(route, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Plimsoll',
      version,
      description:
        'Memory-leak detection for Go services. All times are virtual milliseconds since the Unix epoch: real ones unless time is accelerated (timeScale).',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: { schemas },
  };
}

function describeRoute(route: Route, schemas: Record<string, unknown>): Record<string, unknown> {
  const responses: Record<string, unknown> = {};
  for (const [status, reply] of Object.entries(route.replies))
    responses[status] = describeReply(reply, schemas);
  responses['default'] = errorReply;
  const parameters = [...pathParameters(route), ...queryParameters(route)];
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(parameters.length ? { parameters } : {}),
    ...(route.body
      ? { requestBody: { required: false, content: { 'application/json': { schema: plain(route.body) } } } }
      : {}),
    responses,
  };
}

function describeReply(reply: ReplySpec, schemas: Record<string, unknown>): Record<string, unknown> {
  if ('contentType' in reply) {
    const mediaType = reply.contentType.split(';')[0] ?? reply.contentType;
    return { description: reply.description, content: { [mediaType]: {} } };
  }
  const { name, type } = reply.schema;
  schemas[name] = plain(type);
  const schema = { $ref: `#/components/schemas/${name}` };
  return { description: reply.description, content: { 'application/json': { schema } } };
}

function pathParameters(route: Route): Record<string, unknown>[] {
  return [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(route: Route): Record<string, unknown>[] {
  // TypeBox leaves `required` out where its type says there is an empty list.
  const { required = [] } = plain(route.query) as { required?: readonly string[] };
  return Object.entries(route.query.properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: plain(schema),
  }));
}

/** `get /api/v1/series/{service}` -> `getSeriesService`: stable, unique, usable as a function name. */
function operationId(route: Route): string {
  const words = route.path.replace('/api/v1/', '').match(/[A-Za-z]+/g) ?? [];
  return [route.method, ...words.map((w) => w.charAt(0).toUpperCase() + w.slice(1))].join('');
}

/** As JSON, without `$id`: inside one document an id of its own would change what `#/...` means. */
function plain(schema: TSchema): unknown {
  const copy = JSON.parse(JSON.stringify(schema)) as Record<string, unknown>;
  delete copy['$id'];
  return copy;
}
