// Small pictures. Verdicts are drawn as the curve that they name, so that colour is never alone.
import type { Verdict } from '../../../src/model/finding.ts';
import { VERDICT_WORDS } from '../words.ts';

/** The load line on a ship's hull. */
export function PlimsollMark() {
  return (
    <svg class="plimsoll-mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <circle cx="16" cy="16" r="9" fill="none" stroke="currentColor" stroke-width="2.5" />
      <path d="M1 16h30" stroke="currentColor" stroke-width="2.5" />
      <path class="plimsoll-water" d="M7.6 19.4a9 9 0 0 0 16.8 0z" />
    </svg>
  );
}

const CURVES: Readonly<Record<Verdict, string>> = {
  leak: 'M2 13 14 3M14 3h-4.5M14 3v4.5',
  undetermined: 'M2 13 4.4 11M6.4 9.4 8.6 7.5M10.6 5.9 13 4',
  step: 'M2 12h6V5h6',
  'filling-to-bound': 'M2 13C4 6 7 4.5 14 4.5',
  'load-driven': 'M1.5 8c2-6 4-6 6.5 0s4.500 6 6.500 0',
  'no-growth': 'M2 8h12',
};

export function VerdictCurve({ verdict }: { readonly verdict: Verdict }) {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" class="curve">
      <path
        d={CURVES[verdict]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.75"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}

export function VerdictChip({ verdict }: { readonly verdict: Verdict }) {
  const { label, meaning } = VERDICT_WORDS[verdict];
  return (
    <span class={`chip verdict-${verdict}`} title={meaning}>
      <VerdictCurve verdict={verdict} />
      {label}
    </span>
  );
}
