// `discover` in plimsoll.yaml: where targets are found, and the rules by which they become targets.
import { Type } from 'typebox';
import {
  choice,
  count,
  duration,
  group,
  listOf,
  mapOf,
  secret,
  text,
  url,
  verbatim,
} from './setting-kinds.ts';
import { RELABEL_ACTIONS } from './settings.ts';
import { SHARED } from './target-schema.ts';

/** The names of Prometheus, so that `relabel_configs` can be pasted. */
const RelabelSchema = group(
  {
    source_labels: Type.Optional(
      listOf(text({ description: 'A label.' }), 'Labels whose values are joined and looked at.'),
    ),
    separator: Type.Optional(verbatim({ description: 'Between the values.', without: '`;`' })),
    regex: Type.Optional(
      verbatim({
        description: 'Expression (RE2) that the whole value, or the name of a label, has to match.',
        without: '`(.*)`',
      }),
    ),
    modulus: Type.Optional(count({ description: 'Of the hash, for `hashmod`.', without: 'none' })),
    target_label: Type.Optional(
      verbatim({ description: 'Label that is written; may have `$1` in it.', without: 'none' }),
    ),
    replacement: Type.Optional(
      verbatim({ description: 'What is written, with `$1` or `${1}` for groups.', without: '`$1`' }),
    ),
    action: Type.Optional(
      choice(RELABEL_ACTIONS, { description: 'What is done on a match.', without: '`replace`' }),
    ),
  },
  'A rule of relabelling.',
);

/** One entry of the list. */
export const DiscoverSchema = group(
  {
    job: Type.Optional(
      text({
        description:
          'Label `job`: names the service of all targets that no rule gives a `service` or `job`; a slash in it becomes a dash.',
        without: 'as the source names it, else as for `targets`',
      }),
    ),
    files: Type.Optional(
      listOf(
        text({ description: 'A path.' }),
        "Files in the format of Prometheus's `file_sd` (`.json`, `.yml`, `.yaml`; the last part of the path may have a `*`), from the folder of plimsoll.yaml. They are read again when they change; of a file that is wrong, what was read before goes on.",
      ),
    ),
    http: Type.Optional(
      group(
        {
          url: url({ description: 'Who names the targets, as JSON.', without: 'required' }),
          headers: Type.Optional(
            mapOf(secret({ description: 'Value of the header.' }), 'Headers sent with that request.'),
          ),
          every: duration({ description: 'Between two requests.', default: '1m' }),
        },
        "Targets that a server names, in the format of Prometheus's `http_sd`.",
      ),
    ),
    dns: Type.Optional(
      group(
        {
          names: listOf(text({ description: 'A name.' }), 'Whole names that are looked up.'),
          type: choice(['SRV', 'A', 'AAAA'], { description: 'Type of the records.', default: 'SRV' }),
          port: Type.Optional(
            count({ description: 'Port of the targets, for `A` and `AAAA`.', without: 'required for those' }),
          ),
          server: Type.Optional(
            text({
              description: 'DNS server that is asked: `address` or `address:port`.',
              without: "the system's",
            }),
          ),
          every: duration({ description: 'Between two lookups.', default: '30s' }),
        },
        'Targets out of DNS.',
      ),
    ),
    docker: Type.Optional(
      group(
        {
          host: text({
            description: 'Where the daemon listens: `unix:///path` or `tcp://host:port`.',
            default: 'unix:///var/run/docker.sock',
          }),
          every: duration({ description: 'Between two looks.', default: '30s' }),
        },
        'Running containers of a Docker daemon. A target for each TCP port.',
      ),
    ),
    kubernetes: Type.Optional(
      group(
        {
          namespaces: Type.Optional(
            listOf(
              text({ description: 'A namespace.' }),
              'Namespaces that are looked at; without it all of them.',
            ),
          ),
          labels: Type.Optional(
            text({
              description: 'Label selector: `app=orders,tier in (web, api)`.',
              without: 'pods with any labels',
            }),
          ),
          fields: Type.Optional(
            text({ description: 'Field selector: `spec.nodeName=node-7`.', without: 'pods of any kind' }),
          ),
          pods: Type.Optional(
            choice(['annotated', 'all'], {
              description:
                'Which pods are targets: those with the annotation `plimsoll.dev/scrape` or `prometheus.io/scrape` (`annotated`), or every port of every container, for `relabel` to choose from (`all`).',
              without: '`annotated`, and `all` where there are rules',
            }),
          ),
          kubeconfig: Type.Optional(
            text({
              description: 'File with cluster and credentials, from the folder of plimsoll.yaml.',
              without: 'the service account of the pod that Plimsoll runs in, else what kubectl would use',
            }),
          ),
          context: Type.Optional(text({ description: 'Context of that file.', without: 'the current one' })),
        },
        'Pods of a Kubernetes cluster, followed as they change. Needs the optional package `@kubernetes/client-node`.',
      ),
    ),
    local: Type.Optional(
      group(
        { every: duration({ description: 'Between two looks.', default: '10s' }) },
        'Every Go process of this machine that serves pprof (`watch --local`).',
      ),
    ),
    relabel: Type.Optional(
      listOf(RelabelSchema, 'Rules, in order, as `relabel_configs` of Prometheus has them.'),
    ),
    ...SHARED,
  },
  'Where targets are found, and what holds for all of them.',
);
