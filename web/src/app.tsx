import { useEffect, useRef } from 'preact/hooks';
import { matchPath, PAGE_PATHS } from '../../src/protocol/paths.ts';
import { hearWatch, useNow, useWatch } from './clock.ts';
import { connectLive, onLiveEvent } from './live.ts';
import { FindingPage } from './pages/finding-page.tsx';
import { FleetPage } from './pages/fleet-page.tsx';
import { ServicePage } from './pages/service-page.tsx';
import { TargetsPage } from './pages/targets-page.tsx';
import { LiveStatus, LostBanner } from './parts/live-status.tsx';
import { PlimsollMark } from './parts/marks.tsx';
import { Empty } from './parts/states.tsx';
import { Link, pageHref, setQuery, usePlace } from './router.tsx';
import { timeZoneOf, useZone, zoneName, type Zone } from './time-words.tsx';

export function App() {
  const { path } = usePlace();
  useEffect(() => {
    const off = onLiveEvent((event) => {
      if (event.kind === 'hello' || event.kind === 'clock') hearWatch(event.watch);
    });
    connectLive();
    return off;
  }, []);
  useFocusOnNewPage(path);
  useEffect(() => {
    document.title = titleOf(path);
  }, [path]);
  return (
    <>
      <a class="skip" href="#content">
        Skip to content
      </a>
      <header class="top">
        <div class="top-inner">
          <Link href={pageHref(PAGE_PATHS.fleet)} class="brand">
            <PlimsollMark />
            Plimsoll
          </Link>
          <nav aria-label="Pages">
            <Link href={pageHref(PAGE_PATHS.fleet)} isCurrent={path === PAGE_PATHS.fleet}>
              Fleet
            </Link>
            <Link href={pageHref(PAGE_PATHS.targets)} isCurrent={path === PAGE_PATHS.targets}>
              Targets
            </Link>
          </nav>
          <LiveStatus />
        </div>
      </header>
      <LostBanner />
      <main id="content">
        <Page path={path} />
      </main>
      <Foot />
    </>
  );
}

function Page({ path }: { readonly path: string }) {
  const service = matchPath(PAGE_PATHS.service, path)?.['service'];
  const fingerprint = matchPath(PAGE_PATHS.finding, path)?.['fingerprint'];
  if (service !== undefined) return <ServicePage key={service} service={service} />;
  if (fingerprint !== undefined) return <FindingPage key={fingerprint} fingerprint={fingerprint} />;
  if (path === PAGE_PATHS.fleet) return <FleetPage />;
  if (path === PAGE_PATHS.targets) return <TargetsPage />;
  return (
    <Empty title="There is no such page">
      <p>
        <Link href={pageHref(PAGE_PATHS.fleet)}>The fleet</Link> is where everything starts.
      </p>
    </Empty>
  );
}

function titleOf(path: string): string {
  const service = matchPath(PAGE_PATHS.service, path)?.['service'];
  const isFinding = matchPath(PAGE_PATHS.finding, path) !== null;
  const page = service ?? (isFinding ? 'Finding' : path === PAGE_PATHS.targets ? 'Targets' : null);
  return page === null ? 'Plimsoll' : `${page} · Plimsoll`;
}

function zoneLabel(now: number, zone: Zone): string {
  const [place, short] = [timeZoneOf(zone), zoneName(now, zone)];
  return place === short ? place : `${place} (${short})`;
}

/** After following a link, a screen reader and the keyboard start at the new page's heading. */
function useFocusOnNewPage(path: string): void {
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    const heading =
      document.querySelector<HTMLElement>('main h1') ?? document.querySelector<HTMLElement>('main');
    heading?.focus({ preventScroll: true });
  }, [path]);
}

function Foot() {
  const zone = useZone();
  const now = useNow();
  const watch = useWatch();
  const isUtc = zone === 'utc';
  const isViewerInUtc = timeZoneOf('local') === 'UTC';
  return (
    <footer class="foot">
      <span>
        Times in {zoneLabel(now, zone)}.{' '}
        {isViewerInUtc ? null : (
          <button type="button" class="text-button" onClick={() => setQuery({ tz: isUtc ? null : 'utc' })}>
            {isUtc ? 'Show in my zone' : 'Show in UTC'}
          </button>
        )}
      </span>
      {watch?.recording ? (
        <span>Played from the recording {watch.recording}; nothing is watched live.</span>
      ) : null}
      {watch && watch.timeScale !== 1 ? (
        <span>
          Time is accelerated: every second shows {watch.timeScale} of the service's. All times are its own.
        </span>
      ) : null}
      <span>Plimsoll {watch?.version ?? ''}</span>
    </footer>
  );
}
