// A desk of alerts in memory that writes what it tells into a list, for tests of what leans on it.
import { DAY_MILLIS, HOUR_MILLIS } from '../base/units.ts';
import type { Notice } from '../model/alert.ts';
import type { SinkSetting } from '../model/sink.ts';
import { AlertDesk } from '../pipeline/alert-desk.ts';
import type { AlertDeskParts, AlertSettings } from '../pipeline/alert-desk-parts.ts';
import type { WatchView } from '../pipeline/watch-view.ts';

export const TEST_SINK: SinkSetting = {
  name: 'log',
  via: { kind: 'stdout' },
  levels: ['info', 'warning', 'critical'],
  isResolutionSent: true,
  perMinute: 1000,
  title: null,
  text: null,
};

const TEST_SETTINGS: AlertSettings = {
  repeatMillis: DAY_MILLIS,
  criticalWithinMillis: 12 * HOUR_MILLIS,
  digestMillis: null,
  heartbeatMillis: null,
  sinks: [TEST_SINK],
  routes: [],
  maintenance: [],
  pageUrl: 'http://plimsoll:7117',
};

export interface OpenDesk {
  readonly desk: AlertDesk;
  readonly notices: readonly Notice[];
  readonly talk: readonly string[];
  /** Once it is the one that tells, looks at the watch. */
  readonly lookWhenActive: () => Promise<void>;
  /** Stops it; safe to call twice. */
  readonly end: () => Promise<void>;
}

export function openDesk(
  watch: WatchView,
  over: { settings?: Partial<AlertSettings>; parts?: Partial<AlertDeskParts> } = {},
): OpenDesk {
  const notices: Notice[] = [];
  const talk: string[] = [];
  const desk = new AlertDesk({
    watch,
    talk: { info: (text) => talk.push(text), warn: (text) => talk.push(text) },
    settings: { ...TEST_SETTINGS, ...over.settings },
    folder: null,
    random: () => 0,
    world: { now: Date.now, write: (line) => void notices.push(JSON.parse(line) as Notice) },
    ...over.parts,
  });
  const stop = new AbortController();
  const running = desk.run(stop.signal);
  const end = async () => {
    stop.abort();
    await running;
  };
  const lookWhenActive = async () => {
    while (desk.role() !== 'active') await new Promise((resolve) => setImmediate(resolve));
    await desk.look();
  };
  return { desk, notices, talk, lookWhenActive, end };
}
