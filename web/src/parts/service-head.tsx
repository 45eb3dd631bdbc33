import { useState } from 'preact/hooks';
import { formatBytesPerHour } from '../../../src/base/units.ts';
import { describeFleetSummary } from '../../../src/model/fleet-text.ts';
import type { Report } from '../../../src/model/report.ts';
import type { TargetStatus } from '../../../src/model/status.ts';
import { fillPath, PAGE_PATHS, PATHS } from '../../../src/protocol/paths.ts';
import { deleteJson, postJson, type ApiFailure } from '../api.ts';
import { useNow, useWatch } from '../clock.ts';
import { Link, pageHref, setQuery, usePlace } from '../router.tsx';
import { Age, Moment } from '../time-words.tsx';
import {
  DraftGauge,
  GrowthFigure,
  LimitMoment,
  Sentence,
  Stat,
  TimeScaleBadge,
  TimeToLimit,
} from './figures.tsx';
import { VerdictChip } from './marks.tsx';

export interface ServiceHeadProps {
  readonly service: string;
  readonly target: TargetStatus;
  readonly instances: readonly TargetStatus[];
  readonly report: Report | null;
  readonly reload: () => void;
}

export function ServiceHead({ service, target, instances, report, reload }: ServiceHeadProps) {
  const top = report?.findings.find((finding) => finding.verdict === report.verdict);
  const exhaustion = top?.timeToExhaustion ?? report?.exhaustion ?? null;
  const isPlayed = (useWatch()?.recording ?? null) !== null; // nobody is there to be asked for more
  return (
    <>
      <div class="page-head">
        <p class="crumbs">
          <Link href={pageHref(PAGE_PATHS.fleet)}>Fleet</Link>
        </p>
        <h1 tabIndex={-1}>
          {service} <VerdictChip verdict={report?.verdict ?? target.verdict} />
        </h1>
        <p class="lead">
          <Sentence text={report?.summary ?? ''} />
        </p>
        {exhaustion ? (
          <p class="lead-note">
            At this rate <LimitMoment exhaustion={exhaustion} />. <TimeScaleBadge />
          </p>
        ) : null}
        {(report?.fleet ? describeFleetSummary(report.fleet) : []).map((sentence) => (
          <p key={sentence} class="lead-note">
            Replicas: {sentence}. <TimeScaleBadge />
          </p>
        ))}
      </div>
      <StaleNotice target={target} />
      <dl class="stats">
        <Stat label={instances.length > 1 ? `Memory of ${target.instance}` : 'Memory against limit'}>
          <DraftGauge bytes={target.memoryBytes} limitBytes={target.limitBytes} />
        </Stat>
        <Stat label="Growth per hour">
          <GrowthFigure growth={top?.growth ?? target.growth} verdict={report?.verdict ?? target.verdict} />
        </Stat>
        <Stat label="Time to the limit">
          <TimeToLimit
            exhaustion={exhaustion}
            noForecast={top?.noForecast ?? report?.noForecast}
            isUncertain={report?.verdict === 'undetermined' && (top?.growth ?? target.growth) !== null}
            limitBytes={target.limitBytes}
          />
        </Stat>
        <Stat label="Smallest detectable leak">
          <SmallestDetectable report={report} />
        </Stat>
        <Stat label="Process">
          <ProcessFacts target={target} />
        </Stat>
      </dl>
      <div class="toolbar">
        <InstanceChoice instances={instances} />
        {isPlayed ? null : <DiagnosticMode service={service} target={target} reload={reload} />}
      </div>
    </>
  );
}

function SmallestDetectable({ report }: { readonly report: Report | null }) {
  const bytes = report?.smallestDetectable ?? null;
  if (bytes === null) return <span class="quiet">no bound yet</span>;
  const isSeen = ({ verdict, growth }: Report['findings'][number]) =>
    verdict === 'leak' || (growth?.high ?? 0) > bytes;
  // What would have been seen is no comfort beside what is.
  if (report?.findings.some(isSeen) === true)
    return <span class="quiet">not stated while growth is seen</span>;
  return (
    <span class="figure">
      <span class="figure-value">
        {formatBytesPerHour(bytes)} <TimeScaleBadge />
      </span>
      <span class="figure-note">anything above would have been seen</span>
    </span>
  );
}

function ProcessFacts({ target }: { readonly target: TargetStatus }) {
  return (
    <span class="figure">
      <span class="figure-value">{target.goVersion ?? <span class="quiet">Go version not known</span>}</span>
      <span class="figure-note">
        {target.processStartAt === null ? (
          'start not known'
        ) : (
          <>
            since <Moment at={target.processStartAt} />
          </>
        )}
        {target.restarts > 0 ? `, ${target.restarts} ${target.restarts === 1 ? 'restart' : 'restarts'}` : ''}
      </span>
    </span>
  );
}

/** Old evidence must never look like new. */
function StaleNotice({ target }: { readonly target: TargetStatus }) {
  if (target.state !== 'down') return null;
  const error = target.sources.find((source) => source.error !== null)?.error;
  return (
    <div class="notice notice-bad" role="status">
      <p>
        <strong>{target.instance} does not answer.</strong>{' '}
        {target.lastEvidenceAt === null ? (
          'Nothing has arrived from it yet.'
        ) : (
          <>
            Its last evidence is from <Moment at={target.lastEvidenceAt} withZone /> (
            <Age at={target.lastEvidenceAt} />
            ); everything below is as it was then.
          </>
        )}
      </p>
      {error ? (
        <p>
          {error.message}. {error.advice} <Link href={pageHref(PAGE_PATHS.targets)}>All sources</Link>
        </p>
      ) : null}
    </div>
  );
}

function InstanceChoice({ instances }: { readonly instances: readonly TargetStatus[] }) {
  const { query } = usePlace();
  if (instances.length < 2) return null;
  return (
    <label class="field">
      Instance
      <select
        value={query.get('instance') ?? ''}
        onChange={(event) => setQuery({ instance: event.currentTarget.value || null })}
      >
        <option value="">all {instances.length}, gravest shown</option>
        {instances.map((t) => (
          <option key={t.instance} value={t.instance}>
            {t.instance}
          </option>
        ))}
      </select>
    </label>
  );
}

const DIAGNOSE_FOR = '15m';

function DiagnosticMode(props: {
  readonly service: string;
  readonly target: TargetStatus;
  readonly reload: () => void;
}) {
  const { service, target, reload } = props;
  const now = useNow();
  const [failure, setFailure] = useState<ApiFailure | null>(null);
  const [isBusy, setBusy] = useState(false);
  const until =
    target.diagnosticUntil !== null && target.diagnosticUntil > now ? target.diagnosticUntil : null;
  const path = fillPath(PATHS.diagnose, { service });
  const change = () => {
    setBusy(true);
    const done = until === null ? postJson(path, { for: DIAGNOSE_FOR }) : deleteJson(path);
    done
      .then(
        () => setFailure(null),
        (error: ApiFailure) => setFailure(error),
      )
      .finally(() => {
        setBusy(false);
        reload();
      });
  };
  return (
    <div class="field">
      <button type="button" onClick={change} disabled={isBusy}>
        {until === null ? 'Denser evidence for 15 min' : 'Stop denser evidence'}
      </button>
      <span class="quiet" role="status">
        {failure ? (
          `${failure.message} ${failure.advice}`
        ) : until === null ? (
          'profiles every minute; costs the service a little'
        ) : (
          <>
            on, ends <Age at={until} />
          </>
        )}
      </span>
    </div>
  );
}
