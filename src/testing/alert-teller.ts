// A watcher with alerts, to be killed by tests. argv: folder, URL of a webhook, number of leaks, file for the file sink, `open` or
// `resolve`, and if wanted an instant at which a clock of its own begins, two seconds a millisecond. Every leak opens; with `resolve` all of
// them end then. Ends when all of it was accepted.
import { DAY_MILLIS, HOUR_MILLIS, SECOND_MILLIS } from '../base/units.ts';
import { advanceIncidents, resolveIncident } from '../incident/advance-incidents.ts';
import type { Incident } from '../model/incident.ts';
import { AlertDesk } from '../pipeline/alert-desk.ts';
import type { AlertSettings } from '../pipeline/alert-desk-parts.ts';
import { drawFinding } from './drawn-finding.ts';
import { FakeWatchView } from './fake-watch-view.ts';
import { TEST_SINK } from './open-desk.ts';

const [folder = '', url = '', leaks = '0', file = '', mode = 'open', startsAt = ''] = process.argv.slice(2);

function leak(number: number): Incident {
  const finding = drawFinding({ fingerprint: `f${number}`, timeToExhaustion: null });
  const target = { service: `service-${number}`, instance: 'a:1' };
  const [incident] = advanceIncidents([], { target, findings: [finding], over: [], atMillis: 0 }).incidents;
  if (incident === undefined) throw new Error('no incident');
  return incident;
}

/** Moved by hand below: an hour of it takes two seconds. */
let clock = Number(startsAt);
const STEP = 2 * SECOND_MILLIS;
const now = startsAt === '' ? Date.now : () => clock;

/** The clock stands while somebody is asked: a slow machine is no slow receiver. */
let asking = 0;
const askReally = globalThis.fetch;
globalThis.fetch = (...asked) => {
  asking++;
  return askReally(...asked).finally(() => asking--);
};

const watch = new FakeWatchView({ isEmpty: true });
const settings: AlertSettings = {
  repeatMillis: DAY_MILLIS,
  criticalWithinMillis: HOUR_MILLIS,
  digestMillis: null,
  heartbeatMillis: null,
  sinks: [
    {
      ...TEST_SINK,
      name: 'hook',
      perMinute: 100_000,
      via: { kind: 'webhook', url, secret: null, headers: {} },
    },
    { ...TEST_SINK, name: 'file', perMinute: 100_000, via: { kind: 'file', path: file } },
  ],
  routes: [],
  maintenance: [],
  pageUrl: 'http://plimsoll',
};
const desk = new AlertDesk({
  watch,
  talk: { info: () => undefined, warn: () => undefined },
  settings,
  folder,
  world: { now, write: () => undefined },
  random: () => 0,
});
const stop = new AbortController();
const running = desk.run(stop.signal);
const turn = () => new Promise((resolve) => setImmediate(resolve));
while (desk.role() !== 'active') await turn();
const all = Array.from({ length: Number(leaks) }, (_, i) => leak(i));
watch.incidentList = all;
await desk.look();
if (mode === 'resolve') {
  watch.incidentList = all.map((incident) => resolveIncident(incident, 'gone', 1));
  await desk.look();
}
while (desk.sinks().some(({ waiting }) => waiting > 0)) {
  if (startsAt === '' || asking > 0) await turn();
  else {
    await new Promise((resolve) => setTimeout(resolve, 1));
    clock += STEP;
    // Delivery sleeps in real time: it looks at the clock again.
    desk.update(settings);
  }
}
stop.abort();
await running;
