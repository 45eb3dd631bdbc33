import type { ChainStep } from '../../model/chain-step.ts';
import type { Culprit, Finding } from '../../model/finding.ts';
import { formatPlace } from '../../model/finding-text.ts';
import { round, windowOf, type Facts } from './facts.ts';

/** A culprit that explains less of the growth is a hint, not an answer. */
const NAMED_SHARE = 0.5;

function leadOf(findings: readonly Finding[]): Finding | null {
  return (
    findings.find(({ verdict }) => verdict === 'leak') ??
    findings.find(({ culprits }) => culprits.length > 0) ??
    null
  );
}

/** Which code brings it, and who starts it? */
export function askCode(facts: Facts): ChainStep {
  const finding = leadOf(facts.findings);
  const culprit = finding?.culprits[0] ?? null;
  const share = culprit?.share ?? null;
  const outcome = culprit !== null && (share === null || share >= NAMED_SHARE) ? 'supports' : 'open';
  const creator = finding?.culprits.find(({ role }) => role === 'creates') ?? null;
  return {
    step: 'code',
    question: 'Which code brings it?',
    hypothesis: 'one place in the code keeps what it makes',
    prediction: 'its sampled objects or goroutines rise by more than chance allows, from profile to profile',
    test: 'share of the growth below one function, from sampled births and deaths or exact counts',
    numbers: {
      statistic: share === null ? null : round(share),
      threshold: NAMED_SHARE,
      low: culprit?.low ?? null,
      high: culprit?.high ?? null,
      function: culprit?.function ?? null,
      ...windowOf(facts),
    },
    outcome,
    answer:
      culprit === null
        ? 'Not named yet: no two profiles show code that grows by more than chance.'
        : `${describe(culprit)}${creator === null || creator === culprit ? '' : `, started by ${describe(creator)}`}.`,
    ruledOut: finding?.ruledOut ? [...finding.ruledOut] : [],
    advice: [],
    next: culprit === null ? [] : ['holder'],
  };
}

/** What keeps it alive? */
export function askHolder(facts: Facts): ChainStep {
  return tellHolder(facts.findings, windowOf(facts));
}

/** The steps with what the sources say in the findings, where they were asked after the chain. */
export function retellHolder(steps: readonly ChainStep[], findings: readonly Finding[]): ChainStep[] {
  return steps.map((step) => {
    if (step.step !== 'holder') return step;
    const { fromMillis = null, toMillis = null, observations = null } = step.numbers;
    return tellHolder(findings, { fromMillis, toMillis, observations });
  });
}

function tellHolder(findings: readonly Finding[], window: ChainStep['numbers']): ChainStep {
  const finding = leadOf(findings);
  const holder = finding?.culprits.find(({ role }) => role === 'holds' || role === 'blocks') ?? null;
  const fix = finding?.fix ?? null;
  return {
    step: 'holder',
    question: 'What keeps it alive?',
    hypothesis: 'something long-lived refers to it',
    prediction:
      'the source shows where it is stored and no way on which it leaves, or where its goroutines wait',
    test: 'the statement at the line, what it stores into, and every removal from there; wait reasons of goroutines',
    numbers: {
      statistic: holder === null ? 0 : 1,
      threshold: 1,
      holder: holder?.function ?? null,
      pattern: finding?.pattern ?? null,
      ...window,
    },
    outcome: holder === null ? 'open' : 'supports',
    answer:
      holder === null
        ? 'Not known: no source at hand shows it; --source DIR names others.'
        : `${describe(holder)}${patternOf(finding)}.`,
    ruledOut: [],
    advice: fix === null ? [] : [fix.text],
    next: [],
  };
}

function patternOf(finding: Finding | null): string {
  const pattern = finding?.pattern ?? null;
  return pattern === null ? '' : ` (${pattern})`;
}

function describe(culprit: Culprit): string {
  return culprit.file === null ? culprit.function : `${culprit.function} (${formatPlace(culprit)})`;
}
