import type { Finding } from '../../../src/model/finding.ts';
import { PAGE_PATHS } from '../../../src/protocol/paths.ts';
import { Link, pageHref } from '../router.tsx';
import { CLASS_WORDS, formatShare, shortFunction } from '../words.ts';
import { GrowthFigure, Sentence, TimeToLimit } from './figures.tsx';
import { VerdictChip } from './marks.tsx';

/** `sub/hub.go:41`; null when neither is known. */
export function placeOf(culprit: Finding['culprits'][number]): string | null {
  if (culprit.file === null) return null;
  return culprit.line === null ? culprit.file : `${culprit.file}:${culprit.line}`;
}

/** A finding as it stands beneath the chart of its service. */
export function FindingCard({ finding }: { readonly finding: Finding }) {
  const culprit = finding.culprits[0];
  const place = culprit ? placeOf(culprit) : null;
  return (
    <li class={`finding-card edge-${finding.verdict}`}>
      <div class="finding-card-head">
        <VerdictChip verdict={finding.verdict} />
        <span class="quiet">{CLASS_WORDS[finding.class]}</span>
      </div>
      <p class="finding-card-summary">
        <Link href={pageHref(PAGE_PATHS.finding, { fingerprint: finding.fingerprint })}>
          <Sentence text={finding.summary} />
        </Link>
      </p>
      {culprit ? (
        <p>
          <code title={culprit.function}>{shortFunction(culprit.function)}</code>
          {place ? <code class="place">{place}</code> : null}
          {culprit.share === null ? null : (
            <span class="quiet">{formatShare(culprit.share)} of its growth</span>
          )}
        </p>
      ) : null}
      <div class="finding-card-figures">
        <span>
          <span class="label">Growth per hour</span>
          <GrowthFigure growth={finding.growth ?? finding.counts ?? null} verdict={finding.verdict} />
        </span>
        <span>
          <span class="label">Time to the limit</span>
          <TimeToLimit
            exhaustion={finding.timeToExhaustion}
            noForecast={finding.noForecast}
            isUncertain={finding.verdict === 'undetermined'}
          />
        </span>
      </div>
    </li>
  );
}
