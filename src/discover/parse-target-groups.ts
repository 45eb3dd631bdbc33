// The format of Prometheus's file_sd and http_sd: [{"targets": ["host:port"], "labels": {"name": "value"}}].
// Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config
import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { parseYaml, pairsOf, type YamlDocument } from '../config/yaml-document.ts';
import { isLabelName, type Labels, type TargetGroup } from './labels.ts';

/** Targets that one file or answer may name. */
export const MAX_LISTED_TARGETS = 10_000;
/** Of JSON; YAML is read more slowly and is bounded by its reader. */
export const MAX_LISTED_BYTES = 16 * 1024 * 1024;
/** Of a target, its own and those of discovery. */
const MAX_LABELS = 64;
const MAX_VALUE_LENGTH = 4096;

/** Text that is no list of targets; its message says where and why, and quotes nothing. */
export class TargetListError extends Error {}

/**
 * @param source goes into each group, with its number.
 * @param labels added to each group; its own win.
 * @throws TargetListError
 */
export function parseTargetGroups(
  text: string,
  form: 'json' | 'yaml',
  source: string,
  labels: Labels = {},
): TargetGroup[] {
  const groups = form === 'json' ? parseJson(text) : parseYamlValue(text);
  let count = 0;
  // An empty YAML file names nothing; empty JSON is none.
  return list(groups ?? [], 'the whole').map((group, i) => {
    const place = `group ${i + 1}`;
    const { targets, labels: own, ...unknown } = map(group, place);
    const [stranger] = Object.keys(unknown);
    if (stranger !== undefined) throw new TargetListError(`${place} has a field beside targets and labels`);
    const addresses = list(targets ?? [], `${place}: targets`);
    count += addresses.length;
    if (count > MAX_LISTED_TARGETS)
      throw new TargetListError(`names more than ${MAX_LISTED_TARGETS} targets`);
    return {
      source: `${source}:${i}`,
      targets: addresses.map((address) => ({ __address__: textOf(address, `${place}: a target`) })),
      labels: { ...labels, ...readLabels(own ?? {}, place) },
    };
  });
}

function readLabels(value: unknown, place: string): Labels {
  const entries = Object.entries(map(value, `${place}: labels`));
  if (entries.length > MAX_LABELS) throw new TargetListError(`${place} has more than ${MAX_LABELS} labels`);
  return Object.fromEntries(
    entries.map(([name, each]) => {
      if (!isLabelName(name)) throw new TargetListError(`${place} has a label with no valid name`);
      return [name, textOf(each, `${place}: a label`)];
    }),
  );
}

function list(value: unknown, place: string): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  throw new TargetListError(`${place} is no list`);
}

function map(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new TargetListError(`${place} is no mapping`);
}

function textOf(value: unknown, place: string): string {
  if (typeof value !== 'string') throw new TargetListError(`${place} is no text`);
  if (value.length > MAX_VALUE_LENGTH)
    throw new TargetListError(`${place} has more than ${MAX_VALUE_LENGTH} characters`);
  return value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TargetListError('not JSON, or not the whole of it');
  }
}

function parseYamlValue(text: string): unknown {
  const document = parseYaml(text);
  if ('problems' in document) {
    const [first] = document.problems;
    const where = first === undefined || first.line === null ? '' : ` (line ${first.line})`;
    throw new TargetListError(`${first?.fact ?? 'not YAML'}${where}`);
  }
  const budget = { left: 4 * MAX_LISTED_TARGETS + 1000 };
  return toValue(document.root, document, budget, 0);
}

/** Scalars as they are written: Prometheus reads every one of them as text. */
function toValue(
  written: Node | null,
  document: YamlDocument,
  budget: { left: number },
  depth: number,
): unknown {
  // An alias may be used over and over, and may stand in what it stands for.
  if (--budget.left < 0 || depth > 4) throw new TargetListError('is nested deeper, or has more values, than such a list'); // prettier-ignore
  const node = document.follow(written);
  if (isScalar(node)) return node.value === null ? null : (node.source ?? '');
  if (isSeq(node)) return node.items.map((item) => toValue(item as Node, document, budget, depth + 1));
  if (!isMap(node)) return null;
  return Object.fromEntries(
    pairsOf(node).map(({ key, value }) => [key, toValue(value, document, budget, depth + 1)]),
  );
}
