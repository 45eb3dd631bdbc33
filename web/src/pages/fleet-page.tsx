import { useEffect, useRef, useState } from 'preact/hooks';
import { formatDuration } from '../../../src/base/units.ts';
import type { FleetMessage, ServiceSummary } from '../../../src/protocol/messages.ts';
import { PAGE_PATHS, PATHS } from '../../../src/protocol/paths.ts';
import { hearWatch, useTimeScale } from '../clock.ts';
import { DraftGauge, GrowthFigure, TimeToLimit } from '../parts/figures.tsx';
import { VerdictChip } from '../parts/marks.tsx';
import { CopyCommand, Empty, Failed, Loading } from '../parts/states.tsx';
import { Link, pageHref } from '../router.tsx';
import { settleOrder } from '../settle-order.ts';
import { Age } from '../time-words.tsx';
import { useResource } from '../use-resource.ts';

export function FleetPage() {
  const fleet = useResource<FleetMessage>(PATHS.fleet, () => true);
  const { data } = fleet;
  useEffect(() => {
    if (data) hearWatch(data.watch);
  }, [data]);
  return (
    <>
      <div class="page-head">
        <h1 tabIndex={-1}>Fleet</h1>
        {data && data.services.length > 0 ? <FleetSentence services={data.services} /> : null}
      </div>
      {data ? null : fleet.failure ? (
        <Failed failure={fleet.failure} reload={fleet.reload} />
      ) : (
        <Loading what="the fleet" />
      )}
      {data?.services.length === 0 ? <NoTargets /> : null}
      {data && data.services.length > 0 ? <FleetTable services={data.services} /> : null}
    </>
  );
}

function FleetSentence({ services }: { readonly services: readonly ServiceSummary[] }) {
  const leaking = services.filter((s) => s.verdict === 'leak').length;
  const open = services.filter((s) => s.verdict === 'undetermined').length;
  const down = services.filter((s) => s.instancesUp === 0).length;
  const watched = `${services.length} ${services.length === 1 ? 'service' : 'services'} watched`;
  const parts = [
    leaking === 0 ? 'no leak found' : `${leaking} leaking`,
    open === 0 ? null : `${open} undetermined`,
    down === 0 ? null : `${down} down`,
  ];
  return <p class="lead">{[watched, ...parts.filter((p) => p !== null)].join(', ')}.</p>;
}

function NoTargets() {
  return (
    <Empty title="No target is watched yet">
      <p>Start Plimsoll with the address of a Go service that serves /metrics or net/http/pprof:</p>
      <CopyCommand command={`plimsoll watch http://localhost:6060 --listen ${location.host}`} />
      <p>Not sure what it serves? This tells which evidence it gives, and how to turn on what is missing:</p>
      <CopyCommand command="plimsoll doctor http://localhost:6060" />
    </Empty>
  );
}

function FleetTable({ services }: { readonly services: readonly ServiceSummary[] }) {
  const [isHeld, setHeld] = useState(false);
  const shownOrder = useRef<readonly string[]>([]);
  const byName = new Map(services.map((service) => [service.service, service]));
  const order = settleOrder(shownOrder.current, [...byName.keys()], isHeld);
  shownOrder.current = order;
  return (
    <table
      class="cards fleet"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onKeyDown={moveBetweenRows}
    >
      <caption class="unseen">Services, gravest first</caption>
      <thead>
        <tr>
          <th scope="col">Service</th>
          <th scope="col">Verdict</th>
          <th scope="col">Memory against limit</th>
          <th scope="col" class="number">
            Growth per hour
          </th>
          <th scope="col" class="number">
            Time to the limit
          </th>
          <th scope="col" class="number">
            Instances
          </th>
          <th scope="col" class="number">
            Last evidence
          </th>
        </tr>
      </thead>
      <tbody>
        {order.map((name) => {
          const service = byName.get(name);
          return service ? <FleetRow key={name} service={service} /> : null;
        })}
      </tbody>
    </table>
  );
}

function FleetRow({ service }: { readonly service: ServiceSummary }) {
  const href = pageHref(PAGE_PATHS.service, { service: service.service });
  return (
    <tr class={service.state === 'down' ? 'is-down' : ''}>
      <th scope="row">
        <Link href={href} class="row-link">
          {service.service}
        </Link>
        <span class="row-note">{service.summary}</span>
      </th>
      <td data-label="Verdict">
        <span class="figure">
          <VerdictChip verdict={service.verdict} />
          <Needed service={service} />
        </span>
      </td>
      <td data-label="Memory">
        <DraftGauge bytes={service.memory?.bytes ?? null} limitBytes={service.memory?.limitBytes ?? null} />
      </td>
      <td class="number" data-label="Growth per hour">
        <GrowthFigure growth={service.growth} verdict={service.verdict} />
      </td>
      <td class="number" data-label="Time to the limit">
        <TimeToLimit
          exhaustion={service.exhaustion}
          isUncertain={service.verdict === 'undetermined' && service.growth !== null}
          limitBytes={service.memory?.limitBytes ?? null}
        />
      </td>
      <td class="number" data-label="Instances">
        <Instances service={service} />
      </td>
      <td class="number" data-label="Last evidence">
        {service.lastEvidenceAt === null ? (
          <span class="quiet">none yet</span>
        ) : (
          <Age at={service.lastEvidenceAt} />
        )}
      </td>
    </tr>
  );
}

/** While undetermined: when a verdict can come. */
function Needed({ service }: { readonly service: ServiceSummary }) {
  const scale = useTimeScale();
  if (service.verdict !== 'undetermined' || !service.needed) return null;
  const { millis } = service.needed;
  return (
    <span class="figure-note" title={service.needed.what}>
      {millis === null
        ? `needs ${service.needed.what}`
        : `verdict in about ${formatDuration(millis / scale)}`}
    </span>
  );
}

function Instances({ service }: { readonly service: ServiceSummary }) {
  const down = service.state === 'waiting' ? 0 : service.instances - service.instancesUp;
  if (service.state === 'waiting' && service.lastEvidenceAt === null)
    return <span class="quiet">waiting</span>;
  return (
    <span class="figure">
      <span class="figure-value">{service.instances}</span>
      {down > 0 ? (
        <span class="figure-note is-bad">{service.state === 'down' ? 'down' : `${down} not up`}</span>
      ) : null}
    </span>
  );
}

/** Arrow up and down go from service to service. */
function moveBetweenRows(event: KeyboardEvent & { currentTarget: HTMLElement }) {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a.row-link')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  event.preventDefault();
  links[at + (event.key === 'ArrowDown' ? 1 : -1)]?.focus();
}
