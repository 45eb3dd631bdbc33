// What can be said of a target in plimsoll.yaml.
import { Type } from 'typebox';
import { group, mapOf, processId, secret, serviceName, size, text, url } from './setting-kinds.ts';

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

/** What targets that are listed and those that are discovered have in common. */
export const SHARED = {
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
};

const found = { without: 'found' };
export const TargetMapSchema = group(
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
    ...SHARED,
    gctrace: Type.Optional(
      text({
        description:
          "A file on this machine that the service's standard error goes to, started with `GODEBUG=gctrace=1`: the live heap where no endpoint gives it, see [gctrace.md](gctrace.md).",
        without: 'none',
      }),
    ),
    pid: Type.Optional(
      processId({
        description:
          'Process id, to read `/proc`. Found: who owns the port, where that agrees with what is served there (a proxy does not), else the one process that does.',
        without: 'found on this machine',
      }),
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
