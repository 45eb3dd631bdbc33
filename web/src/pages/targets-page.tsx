import { useEffect } from 'preact/hooks';
import { formatBytes, formatDuration } from '../../../src/base/units.ts';
import type { SourceStatus, TargetStatus } from '../../../src/model/status.ts';
import type { TargetsMessage } from '../../../src/protocol/messages.ts';
import { PAGE_PATHS, PATHS } from '../../../src/protocol/paths.ts';
import { hearWatch } from '../clock.ts';
import { MissingEvidenceList } from '../parts/missing-evidence.tsx';
import { CopyCommand, Empty, Failed, Loading } from '../parts/states.tsx';
import { WatchState } from '../parts/watch-state.tsx';
import { Link, pageHref } from '../router.tsx';
import { Age } from '../time-words.tsx';
import { useResource } from '../use-resource.ts';

export function TargetsPage() {
  const { data, failure, reload } = useResource<TargetsMessage>(PATHS.targets, () => true);
  useEffect(() => {
    if (data) hearWatch(data.watch);
  }, [data]);
  const targets = [...(data?.targets ?? [])].sort(
    (a, b) => ORDER[a.state] - ORDER[b.state] || (keyOf(a) < keyOf(b) ? -1 : 1),
  );
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Targets</h1>
        <p class="lead">
          What each process is asked, what it answers, and what that costs it. Failing ones first.
        </p>
      </div>
      <WatchState />
      {data ? null : failure ? <Failed failure={failure} reload={reload} /> : <Loading what="targets" />}
      {data && targets.length === 0 ? (
        <Empty title="No target is watched yet">
          <CopyCommand command={`plimsoll watch http://localhost:6060 --listen ${location.host}`} />
        </Empty>
      ) : null}
      {targets.map((target) => (
        <TargetSection key={keyOf(target)} target={target} />
      ))}
    </>
  );
}

const ORDER: Readonly<Record<TargetStatus['state'], number>> = { down: 0, degraded: 1, waiting: 2, up: 3 };
const STATE_WORDS: Readonly<Record<TargetStatus['state'], string>> = {
  down: 'Down',
  degraded: 'Degraded',
  waiting: 'Waiting',
  up: 'Up',
};

function keyOf(target: TargetStatus): string {
  return `${target.service}/${target.instance}`;
}

function TargetSection({ target }: { readonly target: TargetStatus }) {
  const labels = Object.entries(target.labels);
  return (
    <section class={`target target-${target.state}`}>
      <div class="section-head">
        <h2>
          <Link
            href={pageHref(PAGE_PATHS.service, { service: target.service }, { instance: target.instance })}
          >
            {target.service}
          </Link>{' '}
          <span class="quiet">{target.instance}</span>
        </h2>
        <span class={`chip state-${target.state}`}>{STATE_WORDS[target.state]}</span>
      </div>
      <p class="quiet">
        {target.goVersion ?? 'Go version not known'}
        {target.module ? `, ${target.module}` : ''}
        {labels.map(([name, value]) => `, ${name}=${value}`).join('')}, last evidence{' '}
        {target.lastEvidenceAt === null ? 'none yet' : <Age at={target.lastEvidenceAt} />}
      </p>
      <SourceTable target={target} />
      {target.missingEvidence.length === 0 ? null : (
        <>
          <h3>Missing evidence, and how to turn it on</h3>
          <MissingEvidenceList missing={target.missingEvidence} />
        </>
      )}
    </section>
  );
}

function SourceTable({ target }: { readonly target: TargetStatus }) {
  const { sources, lastEvidenceAt } = target;
  if (sources.length === 0) {
    const isFed = lastEvidenceAt !== null;
    return (
      <p class="quiet">
        {isFed
          ? 'Nothing is asked of it: its evidence comes from a recording.'
          : 'Nothing has been asked of it yet.'}
      </p>
    );
  }
  return (
    <table class="cards sources">
      <thead>
        <tr>
          <th scope="col">Source</th>
          <th scope="col">State</th>
          <th scope="col">Last answer</th>
          <th scope="col">Last error, and what to do</th>
          <th scope="col" class="number">
            Cost to the target
          </th>
        </tr>
      </thead>
      <tbody>
        {sources.map((source) => (
          <SourceRow key={`${source.request} ${source.where}`} source={source} />
        ))}
      </tbody>
    </table>
  );
}

const SOURCE_WORDS: Readonly<Record<SourceStatus['state'], string>> = {
  waiting: 'Waiting',
  ok: 'OK',
  failing: 'Failing',
  off: 'Off',
};

function SourceRow({ source }: { readonly source: SourceStatus }) {
  return (
    <tr>
      <th scope="row">
        {source.request}
        <span class="row-note">{source.where}</span>
      </th>
      <td data-label="State">
        <span class={`source-state source-${source.state}`}>{SOURCE_WORDS[source.state]}</span>
      </td>
      <td data-label="Last answer">
        {source.lastOkAt === null ? <span class="quiet">never</span> : <Age at={source.lastOkAt} />}
      </td>
      <td data-label="Last error">
        <SourceError source={source} />
      </td>
      <td class="number" data-label="Cost">
        <Cost source={source} />
      </td>
    </tr>
  );
}

function SourceError({ source }: { readonly source: SourceStatus }) {
  const { error, failuresInARow, nextTryAt } = source;
  if (!error) return <span class="quiet">none</span>;
  return (
    <div class="source-error">
      <p>
        <span class="label">{error.stage}</span> {error.message.replace(`${error.stage}: `, '')}
      </p>
      <p>{error.advice}</p>
      {source.state === 'failing' ? (
        <p class="quiet">
          {failuresInARow} {failuresInARow === 1 ? 'failure' : 'failures'} in a row
          {nextTryAt === null ? null : (
            <>
              , tried again <Age at={nextTryAt} />
            </>
          )}
        </p>
      ) : null}
    </div>
  );
}

/** Real milliseconds and bytes: what watching takes from the service, whatever the scale of time. */
function Cost({ source }: { readonly source: SourceStatus }) {
  const { requests, receivedBytes, tookMillisTotal } = source;
  if (requests === 0) return <span class="quiet">nothing yet</span>;
  const each = tookMillisTotal / requests;
  const total =
    tookMillisTotal < 1000 ? `${Math.round(tookMillisTotal)} ms` : formatDuration(tookMillisTotal);
  return (
    <span class="figure">
      <span class="figure-value">
        {each < 10 ? each.toFixed(1) : Math.round(each)} ms, {formatBytes(receivedBytes / requests)} each
      </span>
      <span class="figure-note">
        {requests.toLocaleString('en-US')} {requests === 1 ? 'request' : 'requests'}: {total},{' '}
        {formatBytes(receivedBytes)}
      </span>
    </span>
  );
}
