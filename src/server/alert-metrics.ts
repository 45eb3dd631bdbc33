// What /metrics says of alerts and of their delivery.
import { thresholdOf } from '../incident/thresholds.ts';
import { ALERT_LEVELS, type Alert, type AlertLevel } from '../model/alert.ts';
import type { AlertView } from '../pipeline/alert-view.ts';
import type { Metric, Sample } from './metrics-text.ts';

/** Who acknowledged a warning knows nothing of a critical alert yet, as in what is told. */
function isKnownOf(level: AlertLevel, ack: Alert['ack']): boolean {
  return ack !== null && ALERT_LEVELS.indexOf(ack.level ?? 'warning') >= ALERT_LEVELS.indexOf(level);
}

/** Nothing until alerts are open. */
export function alertMetrics(view: AlertView | null): Metric[] {
  if (view === null) return [];
  const all = view.alerts().filter(({ state }) => state === 'firing');
  const firing = all.filter(({ kind }) => kind !== 'threshold');
  const sinks = view.sinks();
  const { precision } = view.precision();
  const gauge = (name: string, help: string, samples: readonly Sample[]): Metric => ({
    name,
    help,
    type: 'gauge',
    samples,
  });
  const counter = (name: string, help: string, of: (sink: (typeof sinks)[number]) => number): Metric => ({
    name,
    help,
    type: 'counter',
    samples: sinks.map((sink) => ({ labels: { sink: sink.name }, value: of(sink) })),
  });
  return [
    gauge('plimsoll_alerts_active', '1 where this watcher tells, 0 where it is on standby.', [
      { value: Number(view.role() === 'active') },
    ]),
    gauge('plimsoll_alerts_folder_ready', '0 where the folder of alerts cannot be written.', [
      { value: Number(view.trouble() === null) },
    ]),
    gauge(
      'plimsoll_alert',
      'Instances that have this leak; one series for each cause of a service that fires.',
      firing.map(({ service, class: kind, fingerprint, level, quiet, ack, instances }) => ({
        labels: {
          service,
          class: kind,
          fingerprint,
          severity: level,
          quiet: String(quiet !== null),
          acknowledged: String(isKnownOf(level, ack)),
        },
        value: instances.length,
      })),
    ),
    gauge(
      'plimsoll_threshold_crossed',
      'Instances above a plain threshold of the configuration; one series for each threshold of a service.',
      all.flatMap((alert) => {
        const threshold = thresholdOf(alert);
        if (threshold === null) return [];
        return [{ labels: { service: alert.service, threshold }, value: alert.instances.length }];
      }),
    ),
    ...(precision === null
      ? []
      : [
          gauge('plimsoll_alert_precision', 'Share of judged alerts that were leaks, as people said.', [
            { value: precision.value },
          ]),
        ]),
    counter('plimsoll_notices_sent_total', 'Notices that a sink has accepted.', ({ sent }) => sent),
    counter('plimsoll_notice_failures_total', 'Tries that a sink has not accepted.', (s) => s.failures),
    gauge(
      'plimsoll_notices_waiting',
      'Notices that wait for a sink.',
      sinks.map(({ name, waiting }) => ({ labels: { sink: name }, value: waiting })),
    ),
    gauge('plimsoll_dead_letters', 'Notices that were given up and are kept.', [
      { value: view.deadLetters().length },
    ]),
  ];
}
