import { assertNever } from '../../../src/base/assert.ts';
import type { Evidence, RuledOut } from '../../../src/model/finding.ts';
import { Moment } from '../time-words.tsx';
import { numbersToShow, unitKey } from '../../../src/model/finding-text.ts';
import { formatEvidenceKey, formatEvidenceValue, isContext, isMoment } from '../words.ts';

export function EvidenceChain({ evidence }: { readonly evidence: readonly Evidence[] }) {
  if (evidence.length === 0) return <p class="quiet">No checked facts are recorded with this finding.</p>;
  return (
    <ol class="evidence">
      {evidence.map((one, i) => (
        <li key={i}>
          <div class="evidence-head">
            <h3>{one.question}</h3>
            <Outcome outcome={one.outcome} />
          </div>
          {one.hypothesis ? <Fact label="Hypothesis" text={one.hypothesis} /> : null}
          <Fact label="If so, we expect" text={one.prediction} />
          <Fact label="Test" text={one.test} />
          <Numbers numbers={one.numbers} />
        </li>
      ))}
    </ol>
  );
}

export function Fact({ label, text }: { readonly label: string; readonly text: string }) {
  return (
    <p class="fact">
      <span class="label">{label}</span> {text}
    </p>
  );
}

/** The numbers that decide, large; what they were computed from, small beneath. */
export function Numbers({ numbers }: { readonly numbers: Evidence['numbers'] }) {
  const { unit } = numbers;
  const entries = numbersToShow(numbers);
  return (
    <>
      <NumberList entries={entries.filter(([key]) => !isContext(key))} unit={unit} name="numbers" />
      <NumberList entries={entries.filter(([key]) => isContext(key))} name="numbers numbers-context" />
    </>
  );
}

function NumberList(props: {
  readonly entries: readonly (readonly [string, Evidence['numbers'][string]])[];
  readonly unit?: Evidence['numbers'][string] | undefined;
  readonly name: string;
}) {
  if (props.entries.length === 0) return null;
  return (
    <dl class={props.name}>
      {props.entries.map(([key, value]) => (
        <div key={key}>
          <dt>{formatEvidenceKey(key)}</dt>
          <dd>
            {isMoment(key, value) ? (
              <Moment at={value} withZone />
            ) : (
              formatEvidenceValue(unitKey(key, props.unit), value)
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Outcome({ outcome }: { readonly outcome: Evidence['outcome'] }) {
  return (
    <span class={`outcome outcome-${outcome}`}>
      <span aria-hidden="true">{signOf(outcome)}</span> {outcome}
    </span>
  );
}

function signOf(outcome: Evidence['outcome']): string {
  switch (outcome) {
    case 'supports':
      return '✓';
    case 'contradicts':
      return '✕';
    case 'open':
      return '?';
    default:
      return assertNever(outcome, 'outcome');
  }
}

export function RuledOutList({ ruledOut }: { readonly ruledOut: readonly RuledOut[] }) {
  if (ruledOut.length === 0) return <p class="quiet">No other explanation has been ruled out yet.</p>;
  return (
    <ul class="ruled-out">
      {ruledOut.map((one) => (
        <li key={one.explanation}>
          <strong>{one.explanation}</strong>: {one.why}
        </li>
      ))}
    </ul>
  );
}
