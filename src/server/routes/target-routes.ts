import { Type, type Static } from 'typebox';
import { GAUGE_NAMES } from '../../base/gauges.ts';
import { DAY_MILLIS } from '../../base/units.ts';
import { ReportSchema } from '../../model/report.ts';
import { SeriesSchema } from '../../model/status.ts';
import {
  FleetMessageSchema,
  TargetsMessageSchema,
  type FleetMessage,
  type TargetsMessage,
} from '../../protocol/messages.ts';
import { PATHS } from '../../protocol/paths.ts';
import { refuse } from '../api-error.ts';
import { summarizeFleet } from '../fleet.ts';
import { pickTarget } from '../pick-target.ts';
import { defineRoute, json, param, watchInfo, type Route } from '../route.ts';

/** A screen is some thousand pixels wide; the store thins to this. */
const POINTS_LIMIT = 4000;
const POINTS_DEFAULT = 600;
const DEFAULT_GAUGES = 'rssBytes,liveFloorBytes';

const Instance = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'one of the service; the gravest when it is left out',
  }),
);

const SeriesQuerySchema = Type.Object(
  {
    instance: Instance,
    from: Type.Optional(
      Type.Number({ minimum: 0, description: 'default: the first evidence, at most a day back' }),
    ),
    to: Type.Optional(Type.Number({ minimum: 0, description: 'default: now' })),
    points: Type.Optional(
      Type.Integer({ minimum: 2, maximum: POINTS_LIMIT, description: `default: ${POINTS_DEFAULT}` }),
    ),
    gauges: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1000,
        description: `names joined by commas; default: ${DEFAULT_GAUGES}`,
      }),
    ),
  },
  { additionalProperties: false },
);

export const TARGET_ROUTES: readonly Route[] = [
  defineRoute({
    method: 'get',
    path: PATHS.fleet,
    summary: 'One entry per service over all its instances, gravest first.',
    replies: { 200: { description: 'The fleet.', schema: { name: 'Fleet', type: FleetMessageSchema } } },
    handle: (context) => {
      const { view } = context;
      const message: FleetMessage = {
        watch: watchInfo(context),
        services: summarizeFleet(view.targets(), (service) => view.report(service)),
      };
      return json(message);
    },
  }),
  defineRoute({
    method: 'get',
    path: PATHS.targets,
    summary: 'Every target: state, sources with their last error, cost to the target, missing evidence.',
    replies: {
      200: { description: 'The targets.', schema: { name: 'Targets', type: TargetsMessageSchema } },
    },
    handle: (context) => {
      const message: TargetsMessage = { watch: watchInfo(context), targets: [...context.view.targets()] };
      return json(message);
    },
  }),
  defineRoute({
    method: 'get',
    path: PATHS.report,
    summary: 'What is known of one service, or of one instance of it.',
    query: Type.Object(
      {
        instance: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 200,
            description: 'only this one; all of them when it is left out',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    replies: { 200: { description: 'The report.', schema: { name: 'Report', type: ReportSchema } } },
    handle: ({ view }, request) => {
      const service = param(request, 'service');
      const picked = pickTarget(view.targets(), service, request.query.instance);
      if (picked.kind === 'refused') return picked;
      const report = view.report(service, request.query.instance);
      if (!report) return refuse('REPORT_NOT_READY', `no report of ${service} yet`);
      const instances = picked.instances.map(({ instance }) => ({ service, instance }));
      return json({ ...report, instances: report.instances ?? instances });
    },
  }),
  defineRoute({
    method: 'get',
    path: PATHS.series,
    summary: 'Gauges of one instance over time, with limits, marks, the fitted growth and its forecast.',
    query: SeriesQuerySchema,
    replies: { 200: { description: 'The series.', schema: { name: 'Series', type: SeriesSchema } } },
    handle: async ({ view }, request) => {
      const service = param(request, 'service');
      const { query } = request;
      const picked = pickTarget(view.targets(), service, query.instance);
      if (picked.kind === 'refused') return picked;
      const range = rangeOf(query, view.now(), picked.target.firstEvidenceAt);
      if (range.fromMillis >= range.toMillis) {
        return refuse('QUERY_INVALID', 'query from must be before to', {
          field: 'from',
          value: String(query.from),
        });
      }
      const gauges = (query.gauges ?? DEFAULT_GAUGES).split(',');
      const unknown = gauges.find((name) => !isGauge(name));
      if (unknown !== undefined) {
        return refuse('QUERY_INVALID', 'query gauges holds a name that is none', {
          field: 'gauges',
          value: unknown,
        });
      }
      const maxPoints = query.points ?? POINTS_DEFAULT;
      const series = await view.series(service, picked.target.instance, { ...range, maxPoints, gauges });
      return series ? json(series) : refuse('INSTANCE_NOT_FOUND', `${service} has no such instance any more`);
    },
  }),
];

function isGauge(name: string): boolean {
  const names: readonly string[] = GAUGE_NAMES;
  return name === 'liveFloorBytes' || names.includes(name);
}

function rangeOf(
  query: Static<typeof SeriesQuerySchema>,
  now: number,
  firstEvidenceAt: number | null,
): { fromMillis: number; toMillis: number } {
  const toMillis = query.to ?? now;
  const dayBefore = toMillis - DAY_MILLIS;
  const isFirstInRange =
    firstEvidenceAt !== null && firstEvidenceAt > dayBefore && firstEvidenceAt < toMillis;
  return { toMillis, fromMillis: query.from ?? (isFirstInRange ? firstEvidenceAt : dayBefore) };
}
