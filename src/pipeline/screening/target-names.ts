// What a target of a query API is called: its labels are many, people know a service and an instance.
import type { TargetName } from '../../model/target.ts';
import { podOf, type Labels } from '../../parse/history-names.ts';

/** Jobs that say how it was found, not what it is. */
const GENERIC_JOB =
  /^(?:kubernetes[-_](?:pods|service-endpoints|services)|pods?|integrations\/.*|node|cadvisor|kubelet|prometheus\.scrape\..*|otel-?collector)$/i;
const SERVICE_LABELS = [
  'app_kubernetes_io_name',
  'kubernetes_io_app',
  'app',
  'service_name',
  'k8s_deployment_name',
  'deployment',
  'service',
  'container',
];
const INSTANCE_LABELS = ['instance', 'exported_instance', 'service_instance_id', 'host', 'node'];

function serviceOf(labels: Labels): string {
  const job = labels['job'] ?? '';
  const known = SERVICE_LABELS.map((name) => labels[name] ?? '').find((value) => value !== '');
  const name = job === '' || GENERIC_JOB.test(job) ? (known ?? job) : job;
  // The key of a target is `service/instance`.
  return name.replaceAll('/', '.') || 'unnamed';
}

/** Candidates from what people know best to what is certainly its own. */
function instanceNames(labels: Labels): string[] {
  const address = INSTANCE_LABELS.map((name) => labels[name] ?? '').find((value) => value !== '') ?? '';
  const pod = podOf(labels);
  const names =
    pod === null ? [] : [pod.pod, `${pod.pod} ${pod.container ?? address}`, `${pod.namespace} ${pod.pod}`];
  if (address !== '') names.push(address);
  return [...names, JSON.stringify(labels)];
}

/**
 * A name for each, all different: the pod or the address where that is enough, with more of the labels where two would be the
 * same.
 * @param service instead of what the labels say.
 */
export function nameTargets(all: readonly Labels[], service: string | null): TargetName[] {
  const names = all.map((labels) => ({
    service: service ?? serviceOf(labels),
    candidates: instanceNames(labels),
  }));
  const result: TargetName[] = names.map(({ service, candidates }) => ({
    service,
    instance: candidates[0] ?? '',
  }));
  const longest = Math.max(0, ...names.map(({ candidates }) => candidates.length));
  for (let level = 1; level < longest; level++) {
    for (const rows of sameNames(result)) {
      for (const row of rows) {
        const { service = '', candidates = [] } = names[row] ?? {};
        result[row] = { service, instance: candidates[Math.min(level, candidates.length - 1)] ?? '' };
      }
    }
  }
  return result;
}

function sameNames(names: readonly TargetName[]): number[][] {
  const rows = new Map<string, number[]>();
  names.forEach(({ service, instance }, row) => {
    const key = `${service}/${instance}`;
    const same = rows.get(key);
    if (same) same.push(row);
    else rows.set(key, [row]);
  });
  return [...rows.values()].filter((same) => same.length > 1);
}
