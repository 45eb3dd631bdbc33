// plimsoll.yaml: every setting there is, with its default, unit and meaning. The reader, the published JSON Schema, the
// tables of docs/configuration.md and the types of what is read all come from here.
import { Type } from 'typebox';
import { AlertsSchema } from './alert-schema.ts';
import { DiscoverSchema } from './discover-schema.ts';
import {
  choice,
  count,
  days,
  duration,
  group,
  listen,
  listOf,
  mapOf,
  secret,
  size,
  text,
  url,
} from './setting-kinds.ts';
import { TargetMapSchema } from './target-schema.ts';

const PushSchema = group(
  {
    accept: choice(['auto', 'on', 'off'], {
      description:
        'Whether services may push their profiles, as pyroscope-go and Alloy do, see [push.md](push.md). `auto`: where `listen` is on loopback, or a token is set.',
      default: 'auto',
    }),
    token: Type.Optional(
      secret({
        description: 'What they have to show: as bearer token, or as password of basic authentication.',
        without: 'nothing is asked for',
      }),
    ),
  },
  'Profiles that services send by themselves.',
);

const IntervalsSchema = group(
  {
    gauges: duration({
      description:
        'Between two scrapes of a target. A target that fails is asked less often, with jitter, until it answers.',
      default: '15s',
    }),
    profiles: duration({
      description:
        'Least time between two profiles of one kind from a suspect. Targets that are not suspect give one an hour, and when resident memory reaches 90 % of its limit one heap and one goroutine profile at once (again only after it was below 80 %).',
      default: '10m',
    }),
    diagnosticProfiles: duration({
      description:
        'The same in diagnostic mode (`plimsoll diagnose on <service> --for 15m`), which ends by itself.',
      default: '1m',
    }),
  },
  'How often targets are asked. All of it is virtual time, see --time-scale.',
);

const PERCENT = { description: 'The same in percent of what it was, an integer.' };
const THRESHOLD_WINDOW = { description: 'Over which growth is measured. Virtual time.' };
const NATIVE = { description: 'Memory outside the Go runtime (C libraries, mmap), in all.' };
const PER_HOUR = { description: 'Growth of the live heap over `window`, per hour.' };

const ThresholdsSchema = group(
  {
    growthBytesPerHour: Type.Optional(size({ ...PER_HOUR, without: 'off', examples: ['50MiB'] })),
    growthPercent: Type.Optional(count({ ...PERCENT, without: 'off', examples: ['20'] })),
    nativeBytes: Type.Optional(size({ ...NATIVE, without: 'off', examples: ['200MiB'] })),
    window: duration({ ...THRESHOLD_WINDOW, default: '1h' }),
  },
  'Plain thresholds: an alert of kind `threshold` while a value is above, see [alerts.md](alerts.md#thresholds). None is set by default, and none makes a leak.',
);

const LIKE_ALL = { without: 'as for all services' };

const ServiceSchema = group(
  {
    intervals: Type.Optional(
      group(
        {
          gauges: Type.Optional(duration({ description: 'Between two scrapes.', ...LIKE_ALL })),
          profiles: Type.Optional(
            duration({ description: 'Least time between two profiles of a suspect.', ...LIKE_ALL }),
          ),
          diagnosticProfiles: Type.Optional(
            duration({ description: 'The same in diagnostic mode.', ...LIKE_ALL }),
          ),
        },
        'How often the targets of this service are asked.',
      ),
    ),
    thresholds: Type.Optional(
      group(
        {
          growthBytesPerHour: Type.Optional(size({ ...PER_HOUR, ...LIKE_ALL })),
          growthPercent: Type.Optional(count({ ...PERCENT, ...LIKE_ALL })),
          nativeBytes: Type.Optional(size({ ...NATIVE, ...LIKE_ALL })),
          window: Type.Optional(duration({ ...THRESHOLD_WINDOW, ...LIKE_ALL })),
        },
        'Plain thresholds of this service.',
      ),
    ),
  },
  'Settings that differ for one service.',
);

const RetentionSchema = group(
  {
    gauges: days({
      description: 'How long gauges are kept. Older days are dropped whole.',
      default: '30d',
    }),
    profiles: days({
      description: 'How long it is kept what profiles said: their index and bytes per allocation site.',
      default: '30d',
    }),
    incidents: days({
      description: 'How long findings and incidents are kept, so that "this came back" can be said.',
      default: '400d',
    }),
    events: days({ description: 'How long restarts, deploys and other marks are kept.', default: '90d' }),
    rawProfiles: duration({ description: 'How long raw profiles stay on disk.', default: '7d' }),
    rawProfileBytes: size({
      description: 'How much room raw profiles take at most; the oldest go.',
      default: '2GiB',
    }),
  },
  'How long what is kept. Real time from the moment of writing.',
);

const StorageSchema = group(
  {
    kind: Type.Optional(
      choice(['chdb', 'memory', 'clickhouse'], {
        description:
          '`chdb`: the ClickHouse engine in a process of its own, tables below `data`. `memory`: nothing survives a restart. `clickhouse`: a server, see `url`; raw profiles still lie below `data`.',
        without: '`chdb`; with a `url` `clickhouse`',
      }),
    ),
    url: Type.Optional(
      url({
        description: 'HTTP interface of a ClickHouse server, with user and password if it wants some.',
        without: 'none',
        examples: ['http://plimsoll:${CLICKHOUSE_PASSWORD}@clickhouse:8123/'],
        env: 'PLIMSOLL_STORAGE_URL',
      }),
    ),
  },
  'Where evidence and findings are kept.',
);

export const ConfigSchema = group(
  {
    listen: listen({
      description:
        'Address of the page and the API: `host:port`, `":port"` (in quotes) or a port. There is no password: leave it on loopback, or put a proxy with authentication in front.',
      default: '127.0.0.1:7117',
      env: 'PLIMSOLL_LISTEN',
    }),
    data: text({
      description:
        'Folder for evidence and findings, from where plimsoll is started. One for each running watch; a second process on it says so and ends.',
      default: 'plimsoll-data',
      env: 'PLIMSOLL_DATA',
    }),
    push: PushSchema,
    storage: StorageSchema,
    intervals: IntervalsSchema,
    retention: RetentionSchema,
    goneAfter: duration({
      description:
        'A target that is neither listed nor found any more leaves its open incidents behind for so long: a rolling restart, a source that hiccups. Then they end as `gone`, which is no evidence of a fix: if the target comes back with the leak, the same incident regresses. Where other instances of the service go on, they wait longer, see [alerts.md](alerts.md#the-life-of-an-alert). Virtual time.',
      default: '15m',
    }),
    thresholds: ThresholdsSchema,
    alerts: AlertsSchema,
    source: Type.Optional(
      listOf(
        text({ description: 'A folder.' }),
        "Folders with Go sources (module roots, or folders above them): the page shows the culprit's lines, findings name what holds the memory, the pattern, and where the fix goes. Without them the finding still names file and line. `CODEOWNERS` and `plimsoll-known.yaml` there count for [alerts](alerts.md#what-the-repository-says). Sources of a binary that was built on this machine are found by themselves.",
      ),
    ),
    services: Type.Optional(
      mapOf(ServiceSchema, 'By name of the service: what differs for it from `intervals` and `thresholds`.'),
    ),
    targets: Type.Optional(
      listOf(
        Type.Union([
          url({ description: 'An address alone: everything else is found from it.' }),
          TargetMapSchema,
        ]),
        'What is watched.',
      ),
    ),
    discover: Type.Optional(listOf(DiscoverSchema, 'What is watched beside `targets`, found by itself.')),
  },
  'Settings of plimsoll watch.',
);

/** What the file says once it is read: durations in milliseconds, sizes in bytes, references resolved. */
export type ConfigValues = Type.Static<typeof ConfigSchema>;
