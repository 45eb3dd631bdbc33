import { formatBytes, formatDuration } from '../../../src/base/units.ts';
import type { Report } from '../../../src/model/report.ts';
import type { TargetStatus } from '../../../src/model/status.ts';
import { useTimeScale } from '../clock.ts';
import { Age } from '../time-words.tsx';
import { formatInterval } from '../words.ts';
import { TimeScaleBadge } from './figures.tsx';

/** While nothing can be said yet: what is known, what is not, and when a verdict can come. */
export function WhatIsKnown({
  target,
  report,
}: {
  readonly target: TargetStatus;
  readonly report: Report | null;
}) {
  const verdict = report?.verdict ?? target.verdict;
  if (verdict !== 'undetermined') return null;
  const needed = report?.needed ?? target.needed;
  return (
    <section class="notice known" aria-label="Why there is no verdict yet">
      <div>
        <h2>What is known</h2>
        <Known target={target} />
      </div>
      <div>
        <h2>What is not known yet</h2>
        <p>Whether this is a leak. {needed ? `It takes ${needed.what}.` : 'The evidence does not decide.'}</p>
      </div>
      <div>
        <h2>When a verdict can come</h2>
        <When millis={needed?.millis ?? null} />
      </div>
    </section>
  );
}

function Known({ target }: { readonly target: TargetStatus }) {
  const { firstEvidenceAt, memoryBytes, liveHeapBytes, growth } = target;
  if (firstEvidenceAt === null) return <p>Nothing: no answer has arrived yet.</p>;
  return (
    <ul>
      <li>
        first evidence <Age at={firstEvidenceAt} />
      </li>
      {memoryBytes === null ? null : <li>memory {formatBytes(memoryBytes)}</li>}
      {liveHeapBytes === null ? null : <li>live heap {formatBytes(liveHeapBytes)}</li>}
      {growth ? (
        <li>
          growth of {formatInterval(growth)} per hour <TimeScaleBadge />
          {growth.low <= 0 ? ', so it may as well be none' : ''}
        </li>
      ) : null}
    </ul>
  );
}

function When({ millis }: { readonly millis: number | null }) {
  const scale = useTimeScale();
  if (millis === null) return <p>This cannot be told: it depends on what the service does next.</p>;
  return (
    <p>
      In about <strong>{formatDuration(millis / scale)}</strong>
      {scale === 1 ? '' : ` (${formatDuration(millis)} of the service's time)`}, if the load stays comparable.{' '}
      <TimeScaleBadge />
    </p>
  );
}
