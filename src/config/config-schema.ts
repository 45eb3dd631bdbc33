// plimsoll.yaml: every setting there is, with its default, unit and meaning. The reader, the published JSON Schema, the
// tables of docs/configuration.md and the types of what is read all come from here.
import { Type } from 'typebox';
import { AlertsSchema } from './alert-schema.ts';
import {
  choice,
  days,
  duration,
  group,
  listen,
  listOf,
  mapOf,
  processId,
  secret,
  serviceName,
  size,
  text,
  url,
} from './setting-kinds.ts';

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

const TlsSchema = group(
  {
    ca: Type.Optional(
      text({
        description: 'File with the authorities to trust instead, in PEM.',
        without: "the system's",
      }),
    ),
    cert: Type.Optional(
      text({
        description: 'File with the certificate to show where the target asks for one (mutual TLS), in PEM.',
        without: 'none',
      }),
    ),
    key: Type.Optional(text({ description: 'File with the key of `cert`, in PEM.', without: 'none' })),
    serverName: Type.Optional(
      text({ description: "Name that the target's certificate must be for.", without: 'host of the URL' }),
    ),
  },
  'TLS. Checking certificates cannot be switched off.',
);

const BasicSchema = group(
  {
    user: text({ description: 'User of basic authentication.', without: 'required' }),
    password: Type.Optional(secret({ description: 'Its password.', without: 'none' })),
    passwordFile: Type.Optional(
      text({ description: 'File with the password in one line, read for each request.', without: 'none' }),
    ),
  },
  'Basic authentication: `user`, and `password` or `passwordFile`.',
);

const found = { without: 'found' };
const TargetMapSchema = group(
  {
    url: Type.Optional(
      url({
        description:
          'Where the service answers: `/metrics`, `/debug/vars` and `/debug/pprof` are looked for there. Or a process of this machine: `pid:1234`, `name:orders`, `port:8080`, see [host.md](host.md).',
        without: '`metrics`, else `pprof`',
      }),
    ),
    service: Type.Optional(
      serviceName({
        description: 'Name of the service; its instances share it; no slash.',
        without: 'name of the program, as its module or command line tells it, else `host:port`',
      }),
    ),
    metrics: Type.Optional(url({ description: 'URL of the Prometheus text.', ...found })),
    vars: Type.Optional(
      url({
        description: "URL of expvar's JSON; only asked where `/metrics` lacks Go's gauges.",
        ...found,
      }),
    ),
    pprof: Type.Optional(
      url({
        description: 'Base of net/http/pprof, with its own port and prefix where it has them.',
        ...found,
      }),
    ),
    headers: Type.Optional(
      mapOf(secret({ description: 'Value of the header.' }), 'Headers sent with every request.'),
    ),
    pprofHeaders: Type.Optional(
      mapOf(
        secret({ description: 'Value of the header.' }),
        'Headers sent to `pprof` instead of `headers` and of `bearer` or `basic`.',
      ),
    ),
    tls: Type.Optional(TlsSchema),
    bearer: Type.Optional(secret({ description: 'Bearer token.', without: 'none' })),
    bearerFile: Type.Optional(
      text({
        description: 'File with the bearer token in one line, read for each request.',
        without: 'none',
      }),
    ),
    basic: Type.Optional(BasicSchema),
    memoryLimit: Type.Optional(
      size({
        description: 'What the time to the limit is reckoned against.',
        without: "the cgroup's, where `/proc` can be read",
        examples: ['512MiB'],
      }),
    ),
    module: Type.Optional(
      text({
        description: 'Import path of the main module: functions below it are application code.',
        without: 'told by `/metrics`',
      }),
    ),
    gctrace: Type.Optional(
      text({
        description:
          "A file on this machine that the service's standard error goes to, started with `GODEBUG=gctrace=1`: the live heap where no endpoint gives it, see [gctrace.md](gctrace.md).",
        without: 'none',
      }),
    ),
    pid: Type.Optional(
      processId({ description: 'Process id, to read `/proc`.', without: 'found on this machine' }),
    ),
    labels: Type.Optional(
      mapOf(text({ description: 'Value of the label.' }), 'Labels, shown with the target.'),
    ),
    match: Type.Optional(
      mapOf(
        text({ description: 'Value of the label.' }),
        "Where one metrics page serves several processes (a collector, a proxy): labels that every sample of this one carries. `service` is then `job`, the instance `instance`, `exported_instance`, `service_instance_id` or `pod` of them; `vars`, `pprof` and `pid` are not looked for, since they would be the collector's.",
      ),
    ),
  },
  'A target. Of `url`, `metrics` and `pprof` at least one has to be there.',
);

export const ConfigSchema = group(
  {
    listen: listen({
      description:
        'Address of the page and the API: `host:port`, `":port"` or `"port"` (a bare number needs quotes). There is no password: leave it on loopback, or put a proxy with authentication in front.',
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
    alerts: AlertsSchema,
    source: Type.Optional(
      listOf(
        text({ description: 'A folder.' }),
        "Folders with Go sources (module roots, or folders above them): the page shows the culprit's lines, findings name what holds the memory, the pattern, and where the fix goes. Without them the finding still names file and line. Sources of a binary that was built on this machine are found by themselves.",
      ),
    ),
    services: Type.Optional(
      mapOf(ServiceSchema, 'By name of the service: what differs for it from `intervals`.'),
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
  },
  'Settings of plimsoll watch.',
);

/** What the file says once it is read: durations in milliseconds, sizes in bytes, references resolved. */
export type ConfigValues = Type.Static<typeof ConfigSchema>;
