import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { formatBytes, formatDuration } from '../../../src/base/units.ts';
import type { Culprit } from '../../../src/model/finding.ts';
import type { FindingDetail, FindingMessage, SourceMessage } from '../../../src/protocol/messages.ts';
import { fillPath, PAGE_PATHS, PATHS } from '../../../src/protocol/paths.ts';
import { hearWatch } from '../clock.ts';
import { AlertNote } from '../parts/alert-note.tsx';
import { EvidenceChain, RuledOutList } from '../parts/evidence-chain.tsx';
import { GrowthFigure, LimitMoment, Sentence, Stat, TimeScaleBadge, TimeToLimit } from '../parts/figures.tsx';
import { placeOf } from '../parts/finding-card.tsx';
import { IncidentActions, IncidentHistory } from '../parts/incident-actions.tsx';
import { VerdictChip } from '../parts/marks.tsx';
import { SourceView } from '../parts/source-view.tsx';
import { CopyCommand, Empty, Failed, Loading } from '../parts/states.tsx';
import { Link, pageHref } from '../router.tsx';
import { Moment } from '../time-words.tsx';
import { useResource } from '../use-resource.ts';
import { CLASS_WORDS, formatShare, ROLE_WORDS, shortFunction } from '../words.ts';

export function FindingPage({ fingerprint }: { readonly fingerprint: string }) {
  const answer = useResource<FindingMessage>(
    fillPath(PATHS.finding, { fingerprint }),
    (event) => event.kind === 'incident' || event.kind === 'assessment',
  );
  const { data, failure } = answer;
  useEffect(() => {
    if (data) hearWatch(data.watch);
  }, [data]);
  if (data) return <FindingView finding={data.finding} reload={answer.reload} />;
  if (failure?.status === 404) {
    return (
      <Empty title="No such finding is kept">
        <p>
          It may be past retention, or the code that it named has changed so much that it counts as another
          one. <Link href={pageHref(PAGE_PATHS.fleet)}>The fleet</Link> shows what stands now.
        </p>
      </Empty>
    );
  }
  return failure ? <Failed failure={failure} reload={answer.reload} /> : <Loading what="the finding" />;
}

function FindingView({ finding, reload }: { readonly finding: FindingDetail; readonly reload: () => void }) {
  const path = finding.culprits.find((culprit) => culprit.path?.length)?.path ?? [];
  return (
    <>
      <FindingHead finding={finding} />
      <AlertNote fingerprint={finding.fingerprint} />
      {finding.incidents.length === 0 ? null : (
        <IncidentActions incidents={finding.incidents} onChange={reload} />
      )}
      <Section title="Culprit">
        <Culprits culprits={finding.culprits} />
        <CulpritSource finding={finding} />
        {finding.fix ? (
          <div class="fix">
            <span class="label">Suggested fix</span>
            <p>
              {finding.fix.text}
              {finding.fix.file === null ? null : (
                <code class="place">
                  {finding.fix.file}
                  {finding.fix.line === null ? '' : `:${finding.fix.line}`}
                </code>
              )}
            </p>
          </div>
        ) : null}
      </Section>
      {path.length === 0 ? null : (
        <Section title="Path from entry point to culprit">
          <ol class="path">
            {path.map((name, i) => (
              <li key={i}>
                <code title={name}>{shortFunction(name)}</code>
              </li>
            ))}
          </ol>
        </Section>
      )}
      <Section title="Evidence">
        <EvidenceChain evidence={finding.evidence} />
      </Section>
      {finding.needed === undefined ? null : (
        <Section title="What would settle it">
          <p>
            {finding.needed.what}
            {finding.needed.millis === null ? '' : `, about ${formatDuration(finding.needed.millis)}`}
          </p>
        </Section>
      )}
      <Section title="Ruled out">
        <RuledOutList ruledOut={finding.ruledOut} />
      </Section>
      {finding.incidents.length === 0 ? null : (
        <Section title="History">
          <IncidentHistory incidents={finding.incidents} />
        </Section>
      )}
    </>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function FindingHead({ finding }: { readonly finding: FindingDetail }) {
  const { service, timeToExhaustion } = finding;
  return (
    <>
      <div class="page-head">
        <p class="crumbs">
          <Link href={pageHref(PAGE_PATHS.fleet)}>Fleet</Link> /{' '}
          <Link href={pageHref(PAGE_PATHS.service, { service })}>{service}</Link>
        </p>
        <h1 class="sentence" tabIndex={-1}>
          <Sentence text={finding.summary} />
        </h1>
        <p class="chips">
          <VerdictChip verdict={finding.verdict} />
          <span class="quiet">
            {CLASS_WORDS[finding.class]}
            {finding.pattern ? `, ${finding.pattern.replaceAll('-', ' ')}` : ''}
          </span>
          <span class="quiet">on {finding.instances.map((i) => i.instance).join(', ')}</span>
        </p>
        {timeToExhaustion ? (
          <p class="lead-note">
            At this rate <LimitMoment exhaustion={timeToExhaustion} />. <TimeScaleBadge />
          </p>
        ) : null}
      </div>
      <dl class="stats">
        <Stat label="Growth per hour">
          <GrowthFigure growth={finding.growth} verdict={finding.verdict} />
        </Stat>
        {finding.counts ? (
          <Stat label="In counts">
            <GrowthFigure growth={finding.counts} />
          </Stat>
        ) : null}
        <Stat label="Time to the limit">
          <TimeToLimit exhaustion={timeToExhaustion} noForecast={finding.noForecast} />
        </Stat>
        {finding.heldBytes === null || finding.heldBytes === undefined ? null : (
          <Stat label="Held by now">
            <span class="figure">
              <span class="figure-value">{formatBytes(finding.heldBytes)}</span>
            </span>
          </Stat>
        )}
        <Stat label="Since">
          <span class="figure">
            <span class="figure-value">
              {finding.onsetAt ? <Moment at={finding.onsetAt} withZone /> : 'not known'}
            </span>
            {finding.detectedAt === null ? null : (
              <span class="figure-note">
                noticed <Moment at={finding.detectedAt} />
              </span>
            )}
          </span>
        </Stat>
      </dl>
    </>
  );
}

function Culprits({ culprits }: { readonly culprits: readonly Culprit[] }) {
  if (culprits.length === 0) {
    return <p class="quiet">No code is named: that takes a profile, or the growth has no single site.</p>;
  }
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Culprits">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Function</th>
            <th scope="col">Place</th>
            <th scope="col">Role</th>
            <th scope="col" class="number">
              Share of the growth
            </th>
          </tr>
        </thead>
        <tbody>
          {culprits.map((culprit, i) => (
            <tr key={i}>
              <th scope="row">
                <code title={culprit.function}>{shortFunction(culprit.function)}</code>
              </th>
              <td>
                <code>{placeOf(culprit) ?? 'not known'}</code>
              </td>
              <td>{ROLE_WORDS[culprit.role]}</td>
              <td class="number">
                <CulpritShare culprit={culprit} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function CulpritShare({ culprit }: { readonly culprit: Culprit }) {
  if (culprit.share === null) return <span class="quiet">not known</span>;
  const hasInterval = culprit.low !== null && culprit.high !== null;
  return (
    <span class="figure">
      <span class="figure-value">{formatShare(culprit.share)}</span>
      {hasInterval ? (
        <span class="figure-note">
          {formatShare(culprit.low ?? 0)} to {formatShare(culprit.high ?? 0)}
        </span>
      ) : null}
    </span>
  );
}

function CulpritSource({ finding }: { readonly finding: FindingDetail }) {
  const { data, failure, reload } = useResource<SourceMessage>(
    finding.culprits.length === 0 ? null : fillPath(PATHS.source, { fingerprint: finding.fingerprint }),
    () => false,
  );
  if (failure) return <Failed failure={failure} reload={reload} />;
  if (!data) return null;
  if (data.source) return <SourceView source={data.source} />;
  return (
    <div class="notice">
      <p>
        The source is not on the machine where Plimsoll runs. Tell it where it lies, and the line is shown
        here:
      </p>
      <CopyCommand command="plimsoll watch --source <folder of the module> …" />
    </div>
  );
}
