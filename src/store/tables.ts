// The tables as data, so that other renderings (replicated, distributed) can be made from the same definitions.
// Every table is a ReplacingMergeTree whose sorting key is the identity of a row: writing a row again changes
// nothing, which is what makes every write safe to repeat after a crash of the engine.
import { GAUGE_NAMES } from '../base/gauges.ts';
import { STACK_EXTRA_DAYS, type Retention } from './retention.ts';

export const DATABASE = 'plimsoll';

export interface ColumnDef {
  readonly name: string;
  readonly type: string;
  readonly codec?: string;
  readonly byDefault?: string;
}

export interface TableDef {
  readonly name: TableName;
  readonly comment: string;
  readonly columns: readonly ColumnDef[];
  /** Identity of a row, and how rows lie on disk. */
  readonly orderBy: readonly string[];
  /** Column of DateTime64 whose UTC day is the partition; null = one partition. */
  readonly dayOf: string | null;
  /** Of several rows with one identity the highest wins; null = the last written. */
  readonly version: string | null;
  /** Days after the row was written; null = kept for ever. */
  readonly keep: keyof TableDays | null;
  /** Skip indices, rendered as they are. */
  readonly indices?: readonly string[];
}

export type TableName =
  | 'targets'
  | 'gauges'
  | 'profiles'
  | 'sites'
  | 'stacks'
  | 'findings'
  | 'incidents'
  | 'states'
  | 'events'
  | 'probes';

/** Days per table, from the settings. */
export interface TableDays {
  readonly gauges: number;
  readonly profiles: number;
  readonly sites: number;
  readonly stacks: number;
  readonly findings: number;
  readonly incidents: number;
  readonly events: number;
  readonly probes: number;
}

export function tableDays(retention: Retention): TableDays {
  return {
    gauges: retention.gaugeDays,
    profiles: retention.profileDays,
    sites: retention.siteDays,
    stacks: retention.siteDays + STACK_EXTRA_DAYS,
    findings: retention.findingDays,
    incidents: retention.incidentDays,
    events: retention.eventDays,
    probes: 1,
  };
}

const NAME = 'LowCardinality(String)';
const TIME = "DateTime64(3, 'UTC')";
// Scrapes are evenly spaced: the second difference is zero nearly always.
const TIME_CODEC = 'DoubleDelta, ZSTD(1)';
const TARGET_COLUMNS: readonly ColumnDef[] = [
  { name: 'service', type: NAME },
  { name: 'instance', type: NAME },
];
const time = (name: string): ColumnDef => ({ name, type: TIME, codec: TIME_CODEC });
const number = (name: string): ColumnDef => ({ name, type: 'Float64', codec: 'ZSTD(1)' });

export const TABLES: readonly TableDef[] = [
  {
    name: 'targets',
    comment: 'One row per target that was ever watched.',
    columns: [...TARGET_COLUMNS, { name: 'seenAt', type: TIME }],
    orderBy: ['service', 'instance'],
    dayOf: null,
    version: 'seenAt',
    keep: null,
  },
  {
    name: 'gauges',
    comment: 'One row per scrape: a column per gauge of the dictionary, NaN = not known at that time.',
    columns: [
      ...TARGET_COLUMNS,
      time('time'),
      ...GAUGE_NAMES.map((name): ColumnDef => ({ ...number(name), byDefault: 'nan' })),
    ],
    orderBy: ['service', 'instance', 'time'],
    dayOf: 'time',
    version: null,
    keep: 'gauges',
  },
  {
    name: 'profiles',
    comment: 'Index of profiles; the raw bytes lie in the blob store under `id`.',
    columns: [
      ...TARGET_COLUMNS,
      { name: 'kind', type: NAME },
      time('time'),
      { name: 'id', type: 'String', codec: 'ZSTD(1)' },
      { name: 'form', type: NAME },
      { name: 'sizeBytes', type: 'UInt64' },
    ],
    orderBy: ['service', 'instance', 'kind', 'time', 'id'],
    dayOf: 'time',
    version: null,
    keep: 'profiles',
    indices: ['INDEX byId id TYPE bloom_filter(0.001) GRANULARITY 1'],
  },
  {
    name: 'sites',
    comment: 'Values of one profile per allocation stack; `row` keeps the order in which they came.',
    columns: [
      ...TARGET_COLUMNS,
      time('time'),
      { name: 'profile', type: 'String', codec: 'ZSTD(1)' },
      { name: 'row', type: 'UInt32', codec: 'Delta, ZSTD(1)' },
      { name: 'stack', type: 'UInt64', codec: 'ZSTD(1)' },
      number('objectBytes'),
      number('inuseObjects'),
      number('inuseBytes'),
    ],
    orderBy: ['service', 'instance', 'time', 'profile', 'row'],
    dayOf: 'time',
    version: null,
    keep: 'sites',
  },
  {
    name: 'stacks',
    comment: 'Each stack once: leaf first, one frame a line, `function<TAB>file<TAB>line`.',
    columns: [
      { name: 'stack', type: 'UInt64' },
      { name: 'text', type: 'String', codec: 'ZSTD(3)' },
    ],
    orderBy: ['stack'],
    dayOf: null,
    version: null,
    keep: 'stacks',
  },
  {
    name: 'findings',
    comment: 'Every finding as it stood each time it was confirmed: how growth and forecast moved.',
    columns: [
      ...TARGET_COLUMNS,
      { name: 'fingerprint', type: 'String' },
      time('time'),
      { name: 'incident', type: 'String' },
      { name: 'verdict', type: NAME },
      { name: 'class', type: NAME },
      { name: 'growthUnit', type: NAME },
      ...['growthPerHour', 'growthLow', 'growthHigh'].map((name) => ({ ...number(name), byDefault: 'nan' })),
      { name: 'culprit', type: 'String' },
      { name: 'culpritFile', type: 'String' },
      { name: 'culpritLine', type: 'UInt32' },
      { name: 'summary', type: 'String', codec: 'ZSTD(1)' },
      { name: 'json', type: 'String', codec: 'ZSTD(3)' },
    ],
    orderBy: ['service', 'instance', 'fingerprint', 'time'],
    dayOf: 'time',
    version: null,
    keep: 'findings',
  },
  {
    name: 'incidents',
    comment: 'One row per incident, whole, as JSON; the highest `version` is the last write.',
    columns: [
      ...TARGET_COLUMNS,
      { name: 'id', type: 'String' },
      { name: 'fingerprint', type: 'String' },
      { name: 'state', type: NAME },
      { name: 'openedAt', type: TIME },
      { name: 'lastSeenAt', type: TIME },
      { name: 'version', type: 'UInt64' },
      { name: 'json', type: 'String', codec: 'ZSTD(3)' },
    ],
    orderBy: ['service', 'instance', 'id'],
    dayOf: null,
    version: 'version',
    keep: 'incidents',
  },
  {
    name: 'states',
    comment: 'What the investigation of a target must remember over a restart; the last write wins.',
    columns: [
      ...TARGET_COLUMNS,
      { name: 'version', type: 'UInt64' },
      { name: 'json', type: 'String', codec: 'ZSTD(3)' },
    ],
    orderBy: ['service', 'instance'],
    dayOf: null,
    version: 'version',
    keep: 'gauges',
  },
  {
    name: 'events',
    comment: 'Marks in time: start, restart, oom-kill, deploy, load, error.',
    columns: [
      ...TARGET_COLUMNS,
      time('time'),
      { name: 'kind', type: NAME },
      { name: 'text', type: 'String', codec: 'ZSTD(1)' },
    ],
    orderBy: ['service', 'instance', 'time', 'kind', 'text'],
    dayOf: 'time',
    version: null,
    keep: 'events',
  },
  {
    name: 'probes',
    comment: 'One row, written by readiness checks: can this store be written?',
    columns: [{ name: 'probe', type: 'UInt8' }],
    orderBy: ['probe'],
    dayOf: null,
    version: null,
    keep: 'probes',
  },
];

/**
 * Settings of every table. An insert is acknowledged when part and directory are on disk, and a merge syncs its
 * result, so the parts it replaces need not stay for the default 8 minutes: each holds about 55 kB of memory.
 */
const TABLE_SETTINGS = {
  fsync_after_insert: 1,
  fsync_part_directory: 1,
  min_rows_to_fsync_after_merge: 1,
  old_parts_lifetime: 10,
  cleanup_delay_period: 5,
  cleanup_delay_period_random_add: 1,
  max_cleanup_delay_period: 10,
};

/**
 * Retention counts from when a row was written, not from its own time: that one is virtual, and may lie in the
 * future (an accelerated demo) or long ago (evidence brought in later). In real time the two are the same.
 */
const SAVED_AT: ColumnDef = {
  name: 'savedAt',
  type: "DateTime('UTC')",
  codec: TIME_CODEC,
  byDefault: 'now()',
};

/** All columns of a table, the one that retention needs included. */
export function columnsOf(table: TableDef): readonly ColumnDef[] {
  return table.keep === null ? table.columns : [...table.columns, SAVED_AT];
}

/** The single-node rendering. `IF NOT EXISTS`: repeating it after a crash in the middle is harmless. */
export function renderCreateTable(table: TableDef, days: TableDays): string {
  const columns = [...columnsOf(table).map(renderColumn), ...(table.indices ?? [])];
  const settings = Object.entries({ ...TABLE_SETTINGS, ...(table.dayOf ? { ttl_only_drop_parts: 1 } : {}) });
  return [
    `CREATE TABLE IF NOT EXISTS ${DATABASE}.${table.name} (\n  ${columns.join(',\n  ')}\n)`,
    `ENGINE = ReplacingMergeTree${table.version ? `(${table.version})` : ''}`,
    ...(table.dayOf ? [`PARTITION BY toYYYYMMDD(${table.dayOf})`] : []),
    `ORDER BY (${table.orderBy.join(', ')})`,
    ...(table.keep ? [`TTL ${renderTtl(table.keep, days)}`] : []),
    `SETTINGS ${settings.map(([name, value]) => `${name} = ${value}`).join(', ')}`,
    `COMMENT '${table.comment.replaceAll("'", "''")}'`,
  ].join('\n');
}

export function renderColumn(column: ColumnDef): string {
  const byDefault = column.byDefault === undefined ? '' : ` DEFAULT ${column.byDefault}`;
  const codec = column.codec === undefined ? '' : ` CODEC(${column.codec})`;
  return `${column.name} ${column.type}${byDefault}${codec}`;
}

/** As the engine prints it back, so that a changed setting can be seen in `create_table_query`. */
export function renderTtl(keep: keyof TableDays, days: TableDays): string {
  return `${SAVED_AT.name} + toIntervalDay(${days[keep]})`;
}
