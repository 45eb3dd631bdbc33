import { Type, type Static } from 'typebox';
import { GrowthSchema } from './finding.ts';

const MillisSchema = Type.Number({ description: 'milliseconds' });

export const PooledLaneSchema = Type.Object({
  lane: Type.String({ description: 'heap, goroutine, fd, thread, native' }),
  version: Type.Union([Type.String(), Type.Null()]),
  replicas: Type.Number({ description: 'that were long enough watched for a slope' }),
  growth: GrowthSchema,
  z: Type.Number({ description: 'growth over its standard error' }),
  spread: Type.Number({ description: 'standard deviation between replicas beyond their noise, per hour' }),
});
/** Mean growth of one replica of a version: straight lines, load taken off, pooled by random effects. */
export type PooledLane = Static<typeof PooledLaneSchema>;

export const ByAgeSchema = Type.Object({
  lane: Type.String(),
  replicas: Type.Number(),
  youngestMillis: MillisSchema,
  oldestMillis: MillisSchema,
  growth: GrowthSchema,
  z: Type.Number(),
  straightness: Type.Number({
    description:
      'BIC of the best curve that levels off less that of the line: above zero the oldest still grow',
  }),
});
/** What an hour of age adds, over replicas at one instant. */
export type ByAge = Static<typeof ByAgeSchema>;

export const VersionDifferenceSchema = Type.Object({
  lane: Type.String(),
  older: Type.String(),
  newer: Type.String(),
  difference: GrowthSchema,
  z: Type.Number(),
});
/** How much faster a replica of the newer version grows, both watched at the same time. */
export type VersionDifference = Static<typeof VersionDifferenceSchema>;

export const FleetSummarySchema = Type.Object({
  replicas: Type.Number({ description: 'instances of the service that were judged' }),
  servicesWatched: Type.Number(),
  evidenceNeeded: Type.Number({
    description:
      'difference of BIC that a claim must reach because so many services are watched (e-BH); 0 = alone',
  }),
  pooled: Type.Array(PooledLaneSchema),
  byAge: Type.Array(ByAgeSchema),
  versions: Type.Array(VersionDifferenceSchema),
});
/** What several replicas of a service say together. */
export type FleetSummary = Static<typeof FleetSummarySchema>;
