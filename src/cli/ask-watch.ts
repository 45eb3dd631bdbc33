// What a running `plimsoll watch` has stored about a service around an instant, through its API.
import { PlimsollError } from '../base/errors.ts';
import { DAY_MILLIS, type Millis } from '../base/units.ts';
import type { WatchRecord } from '../host/why-no-alert.ts';
import type { Incident } from '../model/incident.ts';
import type { Report } from '../model/report.ts';
import type { Series, TargetStatus } from '../model/status.ts';
import { fillPath, PATHS } from '../protocol/paths.ts';
import { reachServer, STORE_TIMEOUT } from './ask-server.ts';

/** Points of the day before the kill: one each 22 s. */
const POINTS = 4000;
const GAUGES = 'rssBytes,liveFloorBytes,memoryLimitBytes,processStartMillis';

/** A container is up again within seconds, at most five minutes later (CrashLoopBackOff). */
const RESTART_WITHIN: Millis = 5 * 60_000;

/**
 * @param service as the watch names it.
 * @param atMillis of the kill; null = now.
 * @throws PlimsollError ARGUMENTS_INVALID, TARGET_REFUSED, TARGET_STATUS
 */
export async function askWatch(
  server: string,
  service: string,
  atMillis: Millis | null,
): Promise<WatchRecord> {
  const { targets } = (await ask(server, fillPath(PATHS.targets))) as { targets: readonly TargetStatus[] };
  const mine = targets.filter((target) => target.service === service);
  const [target] = mine;
  if (target === undefined) return { target: null, series: null, incidents: [], report: null, snapshots: [] };
  const to = atMillis ?? Date.now();
  // A little of what came after: that it was started again shows which instance it was.
  const query = { from: to - DAY_MILLIS, to: to + RESTART_WITHIN, points: POINTS, gauges: GAUGES };
  const answers = await Promise.all(
    mine.map(async ({ instance }) => ({
      instance,
      series: (await ask(server, fillPath(PATHS.series, { service }, { ...query, instance }))) as Series,
    })),
  );
  // The instance that was killed is the one whose life ended then: its newest reading before it is the latest of those
  // that were restarted since.
  const picked = pickKilled(answers, to) ?? { instance: target.instance, series: null };
  const [incidents, report, profiles] = await Promise.all([
    ask(server, fillPath(PATHS.incidents, {}, { state: 'all', limit: 200 })),
    ask(server, fillPath(PATHS.report, { service }, { instance: picked.instance })).catch(() => null),
    ask(server, fillPath(PATHS.profiles, { service }, { instance: picked.instance })),
  ]);
  return {
    target: mine.find(({ instance }) => instance === picked.instance) ?? target,
    series: picked.series,
    incidents: (incidents as { incidents: readonly Incident[] }).incidents.filter(
      (incident) => incident.service === service && incident.instance === picked.instance,
    ),
    report: report as Report | null,
    snapshots: (profiles as { profiles: WatchRecord['snapshots'] }).profiles,
  };
}

function pickKilled(
  answers: readonly { readonly instance: string; readonly series: Series }[],
  atMillis: Millis,
): { readonly instance: string; readonly series: Series | null } | null {
  const restartAfter = ({ marks }: Series): number =>
    marks.filter(({ kind, at }) => kind === 'restart' && Math.abs(at - atMillis) < RESTART_WITHIN).length;
  const byRestart = answers.find(({ series }) => restartAfter(series) > 0);
  return byRestart ?? answers[0] ?? null;
}

async function ask(server: string, path: string): Promise<unknown> {
  const response = await reachServer(server, path, { timeoutMillis: STORE_TIMEOUT });
  if (!response.ok) {
    const fact = `${response.status} ${response.statusText}`;
    throw new PlimsollError('TARGET_STATUS', 'server', fact, { where: response.url });
  }
  return response.json();
}
