// What a pod's service and version are called, by the customs of Kubernetes.
import { record, list, text, type Fields } from './json-fields.ts';

/** What Kubernetes lets the value of a label be; nothing else names a service or a version. */
const LABEL_VALUE = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** By annotation, by the recommended label, by the common one, by who runs it: a Deployment, not its ReplicaSet. */
export function serviceOfPod(pod: Fields): string {
  const { annotations, labels, name } = record(pod['metadata']);
  const own = record(labels);
  const said = [record(annotations)['plimsoll.dev/service'], own['app.kubernetes.io/name'], own['app']];
  return said.map(text).find((each) => LABEL_VALUE.test(each)) ?? controllerName(pod) ?? text(name);
}

/** The owner that runs it; empty where nobody does. */
export function controllerOf(pod: Fields): Fields {
  const owners = list(record(pod['metadata'])['ownerReferences']).map(record);
  return owners.find(({ controller }) => controller === true) ?? {};
}

/** `orders-7d4b9c6f58` of a Deployment is `orders`, `report-28712345` of a CronJob is `report`. */
function controllerName(pod: Fields): string | null {
  const { kind, name } = controllerOf(pod);
  const full = text(name);
  if (full === '') return null;
  const hash = text(record(record(pod['metadata'])['labels'])['pod-template-hash']);
  if (kind === 'ReplicaSet' && hash !== '' && full.endsWith(`-${hash}`))
    return full.slice(0, -hash.length - 1);
  if (kind === 'Job') return full.replace(/(.)-\d{8,}$/, '$1');
  return full;
}

/** By the recommended label, else the tag of the image; empty where neither tells one. */
export function versionOf(pod: Fields, image: string): string {
  const said = text(record(record(pod['metadata'])['labels'])['app.kubernetes.io/version']);
  if (LABEL_VALUE.test(said)) return said;
  const tag =
    /:(\w[\w.-]{0,127})$/.exec(image.slice(image.lastIndexOf('/') + 1).replace(/@.*$/s, ''))?.[1] ?? '';
  return tag === 'latest' ? '' : tag;
}
