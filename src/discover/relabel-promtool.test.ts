// Against the real thing: what promtool says that a target's labels become under generated rules.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { RELABEL_ACTIONS, type RelabelRule } from '../config/settings.ts';
import { whyNoPrometheus } from '../testing/real-prometheus.ts';
import { skipNote } from '../testing/why-no-chdb.ts';
import { compileRelabel } from './relabel.ts';

const run = promisify(execFile);
const reason = whyNoPrometheus();

const NAMES = ['foo', 'bar', '__meta_a', '__meta_b', '__tmp_c', 'env'];
const name = fc.constantFrom(...NAMES);
const value = fc.constantFrom('', 'a', 'bar', 'Prod', 'pROD-7', 'x;y', 'some-name', '10.0.0.7', 'é', 'a$b');
const regex = fc.constantFrom(
  '(.*)',
  '.+',
  '',
  'a|bar',
  '(P|p)(.*)',
  '(?i)prod.*',
  '([^-]+)-(.*)',
  '(\\w+);(\\w*)',
  '__meta_(.+)',
  '(?P<n>b.*)',
  '.*[oO].*',
  '\\d+(\\.\\d+){3}',
);
const replacement = fc.constantFrom('$1', '${1}', '$2', 'x', '', '$1-$2', '${n}', '$1x', '$$', 'a${1}b$3');
const labelTemplate = fc.constantFrom('foo', 'bar', 'new', '__tmp_c', '${1}', 'x_$1');

const rule = fc.constantFrom(...RELABEL_ACTIONS).chain((action): fc.Arbitrary<RelabelRule> => {
  const sourceLabels = fc.array(name, { maxLength: 3 });
  switch (action) {
    case 'replace':
      return fc.record({
        action: fc.constant(action),
        sourceLabels,
        regex,
        targetLabel: labelTemplate,
        replacement,
        separator: fc.constantFrom(';', '', '-'),
      });
    case 'keep':
    case 'drop':
      return fc.record({ action: fc.constant(action), sourceLabels, regex });
    case 'labelmap':
      return fc.record({
        action: fc.constant(action),
        regex,
        replacement: fc.constantFrom('$1', 'm_$1', '_${2}'),
      });
    case 'labeldrop':
      return fc.record({ action: fc.constant(action), regex: fc.constantFrom('__meta_a', 'f.*', 'foo|bar') });
    case 'labelkeep':
      return fc.record({ action: fc.constant(action), regex: fc.constantFrom('__.*|foo|job', '(__|j|e).*') });
    case 'hashmod':
      return fc.record({
        action: fc.constant(action),
        sourceLabels,
        targetLabel: name,
        modulus: fc.constantFrom(1, 3, 1000, 4294967311),
      });
    default:
      return fc.record({ action: fc.constant(action), sourceLabels, targetLabel: name });
  }
});
/** Rules that drop come rarely: most targets are to come through. */
const rules = fc.array(rule, { minLength: 3, maxLength: 6 });
const target = fc.dictionary(name, value, { minKeys: 2 });

function toPrometheus(each: RelabelRule) {
  const { action, sourceLabels, separator, regex, modulus, targetLabel, replacement } = each;
  return {
    action,
    separator,
    regex,
    modulus,
    replacement,
    source_labels: sourceLabels,
    target_label: targetLabel,
  };
}

interface Found {
  readonly discoveredLabels: Record<string, string>;
  readonly labels: Record<string, string>;
}

async function askPromtool(targets: readonly object[], relabel: readonly RelabelRule[]): Promise<Found[]> {
  const folder = await mkdtemp(join(tmpdir(), 'promtool-'));
  try {
    const config = join(folder, 'prometheus.yml');
    const job = {
      job_name: 'j',
      static_configs: targets.map((labels, i) => ({ targets: [`host:${1000 + i}`], labels })),
      relabel_configs: relabel.map(toPrometheus),
    };
    await writeFile(config, stringify({ scrape_configs: [job] }));
    const args = ['check', 'service-discovery', '--timeout=1s', config, 'j'];
    return JSON.parse((await run('promtool', args)).stdout) as Found[];
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Prometheus takes these away, and adds its own, once the rules are done. */
const RULES_ALONE = /^(?!__meta_|__scrape_|instance$)/;

describe.skipIf(reason)(`relabelling beside promtool${skipNote(reason)}`, () => {
  it.each([1, 2, 3, 4, 5, 6])('comes to the same labels, and the same targets dropped (%i)', async (seed) => {
    const [relabel = []] = fc.sample(rules, { seed, numRuns: 1 });
    const targets = fc.sample(target, { seed, numRuns: 60 });
    for (const { discoveredLabels, labels } of await askPromtool(targets, relabel)) {
      const ours = compileRelabel(relabel)(discoveredLabels);
      const left = (all: object) =>
        Object.fromEntries(Object.entries(all).filter(([key]) => RULES_ALONE.test(key)));
      expect(left(ours ?? {}), JSON.stringify({ discoveredLabels, relabel })).toEqual(left(labels));
    }
  });
});
