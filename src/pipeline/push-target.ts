// Whose profile it is that somebody pushed, and of which kind, from its labels and its description.
import type { ProfileKind } from '../model/raw-evidence.ts';
import type { TargetName } from '../model/target.ts';

/** Tells instances of a service apart, best first; the session of pyroscope-go is one for each host. */
const INSTANCE_LABELS = [
  'instance',
  'service_instance_id',
  'service.instance.id',
  'pod',
  'hostname',
  'host',
  '__session_id__',
];

/** Names of targets are shown and are keys: longer ones are cut. */
const MAX_NAME_LENGTH = 200;

/** Label values of a target that are kept to show; the rest of each is cut. */
const MAX_SHOWN_LABEL = 200;

/** @param app where the message names one beside its labels. null when nothing names the service. */
export function pushedTarget(labels: ReadonlyMap<string, string>, app: string | null): TargetName | null {
  const service = cleanName(
    labels.get('service_name') || labels.get('service.name') || app || labels.get('job'),
  );
  if (service === '') return null;
  const instance = INSTANCE_LABELS.map((name) => cleanName(labels.get(name))).find((value) => value !== '');
  return { service, instance: instance ?? 'pushed' };
}

/** No slash, since keys are `service/instance`; no control characters, since they are shown. */
function cleanName(text: string | undefined): string {
  return (text ?? '').replace(/[/\u0000-\u001f\u007f]/g, '_').slice(0, MAX_NAME_LENGTH);
}

/** Labels to show with the target: those of the process, without what belongs to the protocol. */
export function shownLabels(labels: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...labels]
      .filter(([name]) => !name.startsWith('__') && name !== 'service_name')
      .map(([name, value]) => [name.slice(0, MAX_SHOWN_LABEL), value.slice(0, MAX_SHOWN_LABEL)]),
  );
}

/** `__name__` of a series, as Alloy and profilecli set it. null = a kind that is not known here. */
export function kindOfSeries(name: string | undefined): ProfileKind | null {
  return KIND_BY_NAME.get(name?.replace(/^godeltaprof_/, '') ?? '') ?? null;
}

const KIND_BY_NAME: ReadonlyMap<string, ProfileKind> = new Map([
  ['memory', 'heap'],
  ['heap', 'heap'],
  ['process_cpu', 'cpu'],
  ['cpu', 'cpu'],
  ['goroutine', 'goroutine'],
  ['goroutines', 'goroutine'],
  ['goroutineleak', 'goroutineleak'],
  ['goroutine_leak', 'goroutineleak'],
  ['mutex', 'mutex'],
  ['block', 'block'],
  ['threadcreate', 'threadcreate'],
]);

/** Keys and display names of a `sample_type_config`; without one, the sample types of the profile. */
export function kindOfSampleTypes(names: readonly string[]): ProfileKind | null {
  const has = (part: string): boolean => names.some((name) => name.includes(part));
  if (has('inuse_space')) return 'heap';
  if (has('goroutineleak')) return 'goroutineleak';
  if (has('goroutine')) return 'goroutine';
  if (has('threadcreate')) return 'threadcreate';
  if (has('mutex_')) return 'mutex';
  // Without display names the two cannot be told apart.
  if (has('contentions')) return has('block_') ? 'block' : 'mutex';
  return has('cpu') ? 'cpu' : null;
}
