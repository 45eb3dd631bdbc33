// A leak stands on the evidence that raised it, and newer evaluations may say less of it: people are shown both.
import type { Evidence } from '../model/finding.ts';

const NEWEST = ', as the newest evaluation sees it; a leak stands until evidence ends it';
const FIRST = ', when the leak was raised';

/**
 * Newer evidence of a raised leak. What supported it when it was raised and does not by now is told as it was, and
 * asked once more of now: no question stands twice.
 */
export function joinEvidence(raised: readonly Evidence[], now: readonly Evidence[]): Evidence[] {
  return now.flatMap((entry) => {
    const first = raised.find(({ question }) => question === entry.question);
    if (entry.outcome === 'supports' || first?.outcome !== 'supports') return [entry];
    return [
      { ...first, test: `${first.test}${FIRST}` },
      {
        ...entry,
        question: entry.question.replace(/\??$/, ', by now?'),
        test: `${entry.test}${NEWEST}`,
      },
    ];
  });
}
