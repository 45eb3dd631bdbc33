import { useEffect } from 'preact/hooks';
import { HOUR_MILLIS } from '../../../src/base/units.ts';
import type { Report } from '../../../src/model/report.ts';
import type { Series, TargetStatus } from '../../../src/model/status.ts';
import type { ChangeEvent } from '../../../src/protocol/live.ts';
import type { TargetsMessage } from '../../../src/protocol/messages.ts';
import { fillPath, PAGE_PATHS, PATHS } from '../../../src/protocol/paths.ts';
import { hearWatch } from '../clock.ts';
import { FindingCard } from '../parts/finding-card.tsx';
import { Sentence } from '../parts/figures.tsx';
import { Investigation } from '../parts/investigation.tsx';
import { Ledger } from '../parts/ledger.tsx';
import { MissingEvidenceList } from '../parts/missing-evidence.tsx';
import { ServiceHead } from '../parts/service-head.tsx';
import { RawProfiles } from '../parts/raw-profiles.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { Waterlines } from '../parts/waterlines.tsx';
import { WhatIsKnown } from '../parts/what-is-known.tsx';
import { Link, pageHref, setQuery, usePlace } from '../router.tsx';
import { useResource } from '../use-resource.ts';

const GAUGES = 'rssBytes,liveFloorBytes,goroutines,openFds,threads';
const POINTS = 800;

/** `all` = since the first evidence. */
const RANGES: Readonly<Record<string, number | null>> = {
  '1h': HOUR_MILLIS,
  '6h': 6 * HOUR_MILLIS,
  '24h': 24 * HOUR_MILLIS,
  '7d': 7 * 24 * HOUR_MILLIS,
  all: null,
};
const DEFAULT_RANGE = 'all';

export function ServicePage({ service }: { readonly service: string }) {
  const { query } = usePlace();
  const ofService = (event: ChangeEvent) => event.service === service;
  const targets = useResource<TargetsMessage>(PATHS.targets, ofService);
  const watch = targets.data?.watch;
  useEffect(() => {
    if (watch) hearWatch(watch);
  }, [watch]);

  const instances = (targets.data?.targets ?? []).filter((t) => t.service === service);
  const target = chooseInstance(instances, query.get('instance'));
  const chosen = query.get('instance') === null ? null : (target?.instance ?? null);
  const report = useResource<Report>(
    target ? fillPath(PATHS.report, { service }, { instance: chosen }) : null,
    (event) => ofService(event) && event.kind !== 'evidence',
  );
  if (!targets.data) {
    return targets.failure ? (
      <Failed failure={targets.failure} reload={targets.reload} />
    ) : (
      <Loading what={service} />
    );
  }
  if (!target) return <UnknownService service={service} />;
  return (
    <>
      <ServiceHead
        service={service}
        target={target}
        instances={instances}
        report={report.data}
        reload={targets.reload}
      />
      <WhatIsKnown target={target} report={report.data} />
      <Chart target={target} now={targets.data.watch.now} />
      <Findings report={report.data} failure={report.failure} reload={report.reload} />
      <Investigation steps={report.data?.investigation ?? []} />
      {target.missingEvidence.length === 0 ? null : (
        <section>
          <h2>Missing evidence</h2>
          <MissingEvidenceList missing={target.missingEvidence} />
        </section>
      )}
      <RawProfiles service={service} instance={target.instance} />
    </>
  );
}

/** The instance of the address; else the one that grows fastest, which is where the trouble is. */
function chooseInstance(instances: readonly TargetStatus[], wanted: string | null): TargetStatus | undefined {
  const named = instances.find((t) => t.instance === wanted);
  if (named) return named;
  return [...instances].sort(
    (a, b) =>
      Number(b.verdict === 'leak') - Number(a.verdict === 'leak') ||
      (b.growth?.perHour ?? -Infinity) - (a.growth?.perHour ?? -Infinity) ||
      (a.instance < b.instance ? -1 : 1),
  )[0];
}

function UnknownService({ service }: { readonly service: string }) {
  return (
    <Empty title={`No service “${service}” is watched`}>
      <p>
        It may have been renamed or taken out of the configuration.{' '}
        <Link href={pageHref(PAGE_PATHS.fleet)}>The fleet</Link> lists what is watched now.
      </p>
    </Empty>
  );
}

function Chart({ target, now }: { readonly target: TargetStatus; readonly now: number }) {
  const { query } = usePlace();
  const wanted = query.get('range') ?? DEFAULT_RANGE;
  const range = wanted in RANGES ? wanted : DEFAULT_RANGE;
  const { service, instance, firstEvidenceAt } = target;
  const from = startOf(RANGES[range] ?? null, now, firstEvidenceAt);
  const series = useResource<Series>(
    firstEvidenceAt === null
      ? null
      : fillPath(PATHS.series, { service }, { instance, from, points: POINTS, gauges: GAUGES }),
    (event) => event.service === service && event.kind !== 'incident',
  );
  return (
    <>
      <section aria-labelledby="waterline-title">
        <div class="section-head">
          <h2 id="waterline-title">Waterline</h2>
          <RangeChoice current={range} />
        </div>
        {firstEvidenceAt === null ? (
          <p class="state">No evidence has arrived yet. The first answer of the service starts the line.</p>
        ) : series.data ? (
          <Waterlines series={series.data} />
        ) : series.failure ? (
          <Failed failure={series.failure} reload={series.reload} />
        ) : (
          <Loading what="the series" />
        )}
      </section>
      <section>
        <h2>What resident memory is made of</h2>
        <Ledger ledger={series.data?.ledger ?? null} />
      </section>
    </>
  );
}

/** Moves on in steps of a sixtieth of the range: a new address with every second would be asked for every second. */
function startOf(span: number | null, now: number, firstEvidenceAt: number | null): number | null {
  if (span === null) return firstEvidenceAt;
  const step = span / 60;
  return Math.floor(now / step) * step - span;
}

function RangeChoice({ current }: { readonly current: string }) {
  return (
    <div class="choice" role="group" aria-label="Range of time">
      {Object.keys(RANGES).map((range) => (
        <button
          key={range}
          type="button"
          aria-pressed={range === current}
          onClick={() => setQuery({ range: range === DEFAULT_RANGE ? null : range })}
        >
          {range === 'all' ? 'All' : range.replace(/(\d+)/, '$1 ')}
        </button>
      ))}
    </div>
  );
}

function Findings(props: {
  readonly report: Report | null;
  readonly failure: Parameters<typeof Failed>[0]['failure'] | null;
  readonly reload: () => void;
}) {
  const { report, failure } = props;
  return (
    <section>
      <h2>Findings</h2>
      {report ? (
        report.findings.length === 0 ? (
          <p class="quiet">
            None. <Sentence text={report.summary} />
          </p>
        ) : (
          <ul class="finding-cards">
            {report.findings.map((finding) => (
              <FindingCard key={finding.fingerprint} finding={finding} />
            ))}
          </ul>
        )
      ) : failure ? (
        <Failed failure={failure} reload={props.reload} />
      ) : (
        <Loading what="findings" />
      )}
    </section>
  );
}
