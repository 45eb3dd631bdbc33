import type { MissingEvidence } from '../../../src/model/finding.ts';
import { turnOn } from '../turn-on.ts';
import { CopyCommand } from './states.tsx';

/** What a target does not give, what that costs, and how to turn it on. */
export function MissingEvidenceList({ missing }: { readonly missing: readonly MissingEvidence[] }) {
  return (
    <ul class="missing">
      {missing.map((one) => (
        <li key={one.source}>
          <p>
            <strong>{one.source}</strong>: {one.why}. <span class="quiet">Without it, {one.costs}.</span>
          </p>
          <TurnOn source={one.source} />
        </li>
      ))}
    </ul>
  );
}

function TurnOn({ source }: { readonly source: string }) {
  const hint = turnOn(source);
  if (!hint) {
    return <p class="quiet">plimsoll doctor with the address of the target says how to turn it on.</p>;
  }
  return (
    <p>
      {hint.how} {hint.code === null ? null : <CopyCommand command={hint.code} />}
    </p>
  );
}
