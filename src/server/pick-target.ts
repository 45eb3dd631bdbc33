import type { TargetStatus } from '../model/status.ts';
import { refuse, type Refusal } from './api-error.ts';
import { sortTargets } from './fleet.ts';

/** One instance of a service (the gravest unless it is named) beside all of them. */
export type Picked =
  | { readonly kind: 'ok'; readonly target: TargetStatus; readonly instances: readonly TargetStatus[] }
  | Refusal;

export function pickTarget(
  targets: readonly TargetStatus[],
  service: string,
  instance: string | undefined,
): Picked {
  const instances = sortTargets(targets.filter((t) => t.service === service));
  const gravest = instances[0];
  if (!gravest)
    return refuse('SERVICE_NOT_FOUND', 'no such service is watched', { field: 'service', value: service });
  if (instance === undefined) return { kind: 'ok', target: gravest, instances };
  const target = instances.find((t) => t.instance === instance);
  return target
    ? { kind: 'ok', target, instances: [target] }
    : refuse('INSTANCE_NOT_FOUND', `${service} has no such instance`, { field: 'instance', value: instance });
}
