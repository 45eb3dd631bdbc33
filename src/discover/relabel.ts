// Relabelling exactly as Prometheus does it: rules in order, each looks at labels and changes them or drops the target.
// Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
import { createHash } from 'node:crypto';
import { RE2JS } from 're2js';
import { PlimsollError } from '../base/errors.ts';
import type { RelabelRule } from '../config/settings.ts';
import { expandTemplate } from './expand-template.ts';
import { isLabelName, type Labels } from './labels.ts';

const DEFAULT_REGEX = '(.*)';
const DEFAULT_REPLACEMENT = '$1';
const DEFAULT_SEPARATOR = ';';
/** Rules have a few dozen characters; matching takes time in proportion to expression times text. */
const MAX_REGEX_LENGTH = 10_000;

/** The labels afterwards; null when the target is dropped. */
export type Relabel = (labels: Labels) => Labels | null;

type Step = (labels: LabelSet) => boolean;

/** @throws PlimsollError CONFIG_INVALID with what is wrong with the first rule that is. */
export function compileRelabel(rules: readonly RelabelRule[]): Relabel {
  const steps = rules.map(compileRule);
  return (labels) => {
    const set = new LabelSet(labels);
    for (const step of steps) if (!step(set)) return null;
    return set.toLabels();
  };
}

/**
 * MD5, of which the last eight bytes count as a big-endian number.
 * @param modulus 1 to 2^53 - 1.
 */
export function hashMod(text: string, modulus: number): number {
  const hash = createHash('md5').update(text, 'utf8').digest();
  return Number(hash.readBigUInt64BE(8) % BigInt(modulus));
}

/** Labels that change, in the order in which Prometheus walks over them: those that were set come after the others. */
class LabelSet {
  readonly #values: Map<string, string>;
  readonly #set = new Set<string>();

  constructor(labels: Labels) {
    const named = Object.entries(labels).filter(([, value]) => value !== '');
    this.#values = new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  get(name: string): string {
    return this.#values.get(name) ?? '';
  }

  set(name: string, value: string): void {
    if (value === '') return this.delete(name);
    if (!this.#set.has(name)) this.#values.delete(name);
    this.#set.add(name);
    this.#values.set(name, value);
  }

  delete(name: string): void {
    this.#values.delete(name);
    this.#set.delete(name);
  }

  /** As they are now: a step may change them meanwhile. */
  entries(): [string, string][] {
    return [...this.#values];
  }

  toLabels(): Labels {
    return Object.fromEntries([...this.#values].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** @throws PlimsollError CONFIG_INVALID */
export function compileRule(rule: RelabelRule): Step {
  checkRule(rule);
  const { sourceLabels = [], separator = DEFAULT_SEPARATOR, targetLabel = '', modulus = 1 } = rule;
  const replacement = rule.replacement ?? DEFAULT_REPLACEMENT;
  const regex = compileRegex(rule.regex ?? DEFAULT_REGEX);
  const valueOf = (labels: LabelSet) => sourceLabels.map((name) => labels.get(name)).join(separator);
  /** For what changes labels and drops nothing. */
  const always = (change: (labels: LabelSet) => void): Step => {
    return (labels) => {
      change(labels);
      return true;
    };
  };
  switch (rule.action ?? 'replace') {
    case 'keep':
      return (labels) => regex.test(valueOf(labels));
    case 'drop':
      return (labels) => !regex.test(valueOf(labels));
    case 'keepequal':
      return (labels) => labels.get(targetLabel) === valueOf(labels);
    case 'dropequal':
      return (labels) => labels.get(targetLabel) !== valueOf(labels);
    case 'replace':
      return always((labels) => {
        const match = regex.matcher(valueOf(labels));
        if (!match.find()) return;
        const target = expandTemplate(targetLabel, match);
        if (isLabelName(target)) labels.set(target, expandTemplate(replacement, match));
      });
    case 'lowercase':
      return always((labels) => labels.set(targetLabel, valueOf(labels).toLowerCase()));
    case 'uppercase':
      return always((labels) => labels.set(targetLabel, valueOf(labels).toUpperCase()));
    case 'hashmod':
      return always((labels) => labels.set(targetLabel, String(hashMod(valueOf(labels), modulus))));
    case 'labelmap':
      return always((labels) => {
        for (const [name, value] of labels.entries()) {
          const match = regex.matcher(name);
          if (match.find()) labels.set(expandTemplate(replacement, match), value);
        }
      });
    case 'labeldrop':
    case 'labelkeep':
      return always((labels) => {
        const isDropped = rule.action === 'labeldrop';
        for (const [name] of labels.entries()) if (regex.test(name) === isDropped) labels.delete(name);
      });
  }
}

/** What is wrong with an expression; null = nothing. */
export function findRegexProblem(regex: string): string | null {
  try {
    compileRegex(regex);
    return null;
  } catch (error) {
    if (error instanceof PlimsollError) return error.fact;
    throw error;
  }
}

/** Anchored, and `.` is any character, as since Prometheus 3. */
function compileRegex(regex: string): RE2JS {
  if (regex.length > MAX_REGEX_LENGTH) throw invalid(`regex has more than ${MAX_REGEX_LENGTH} characters`);
  try {
    return RE2JS.compile(`^(?s:${regex})$`);
  } catch (error) {
    throw invalid(`regex is no regular expression (RE2): ${error instanceof Error ? error.message : ''}`);
  }
}

/** Labels that `target_label` and a labelmap's `replacement` can name; one way to read each text, so it takes linear time. */
const TEMPLATE_NAME = /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w))(?:\w|\$(?:\{\w+\}|\w))*$/;
const NEEDS_TARGET = new Set(['replace', 'hashmod', 'lowercase', 'uppercase', 'keepequal', 'dropequal']);
const TAKES_NO_REPLACEMENT = new Set(['lowercase', 'uppercase', 'keepequal', 'dropequal']);

/** What Prometheus refuses as well. */
function checkRule(rule: RelabelRule): void {
  const { targetLabel = '', modulus } = rule;
  const action = rule.action ?? 'replace';
  if (modulus !== undefined && !(Number.isSafeInteger(modulus) && modulus > 0))
    throw invalid('modulus needs a whole number above zero');
  if (action === 'hashmod' && modulus === undefined) throw invalid('hashmod needs modulus');
  if (NEEDS_TARGET.has(action)) {
    if (targetLabel === '') throw invalid(`${action} needs target_label`);
    const mayRefer = action === 'replace' && targetLabel.includes('$');
    if (!(mayRefer ? isTemplateName(targetLabel) : isLabelName(targetLabel)))
      throw invalid(`target_label is no name of a label for ${action}`);
  }
  if (TAKES_NO_REPLACEMENT.has(action) && (rule.replacement ?? DEFAULT_REPLACEMENT) !== DEFAULT_REPLACEMENT)
    throw invalid(`${action} takes no replacement`);
  if (action === 'labelmap' && !isTemplateName(rule.replacement ?? DEFAULT_REPLACEMENT))
    throw invalid('replacement is no name of a label for labelmap');
  const isPlain =
    modulus === undefined &&
    (rule.separator ?? DEFAULT_SEPARATOR) === DEFAULT_SEPARATOR &&
    (rule.replacement ?? DEFAULT_REPLACEMENT) === DEFAULT_REPLACEMENT;
  if (
    (action === 'keepequal' || action === 'dropequal') &&
    !(isPlain && (rule.regex ?? DEFAULT_REGEX) === DEFAULT_REGEX)
  )
    throw invalid(`${action} takes source_labels and target_label alone`);
  if (
    (action === 'labeldrop' || action === 'labelkeep') &&
    !(isPlain && rule.sourceLabels === undefined && targetLabel === '')
  )
    throw invalid(`${action} takes regex alone`);
}

function isTemplateName(text: string): boolean {
  return TEMPLATE_NAME.test(text);
}

function invalid(fact: string): PlimsollError {
  return new PlimsollError('CONFIG_INVALID', 'config', fact);
}
