// What Plimsoll says about itself and its targets on /metrics.
import { VERDICTS } from '../model/finding.ts';
import { INCIDENT_STATES } from '../model/incident.ts';
import type { ConfigStatus, DiscoveryStatus, TargetStatus } from '../model/status.ts';
import type { WatchView } from '../pipeline/watch-view.ts';
import type { Metric, Sample } from './metrics-text.ts';

const TARGET_STATES: readonly TargetStatus['state'][] = ['waiting', 'up', 'degraded', 'down'];

export function watchMetrics(view: WatchView, version: string, isReady: boolean): Metric[] {
  const targets = view.targets();
  return [
    gauge('plimsoll_build_info', 'Always 1; the version is a label.', [{ labels: { version }, value: 1 }]),
    gauge(
      'plimsoll_ready',
      '1 when store and folder of alerts can be written and the first round was tried.',
      [{ value: Number(isReady) }],
    ),
    gauge('plimsoll_time_scale', 'Virtual seconds per real second; 1 in production.', [
      { value: view.timeScale },
    ]),
    ...verdictMetrics(targets),
    gauge(
      'plimsoll_targets',
      'Targets by state.',
      TARGET_STATES.map((state) => ({
        labels: { state },
        value: targets.filter((t) => t.state === state).length,
      })),
    ),
    gauge(
      'plimsoll_incidents',
      'Incidents that are kept, by state.',
      INCIDENT_STATES.map((state) => ({
        labels: { state },
        value: view.incidents().filter((i) => i.state === state).length,
      })),
    ),
    ...counterMetrics(view),
  ];
}

/** As Prometheus tells of its own file, so that its alert rules can be taken over; nothing without a file. */
export function configMetrics(status: ConfigStatus | null): Metric[] {
  if (status === null) return [];
  return [
    gauge(
      'plimsoll_config_last_reload_successful',
      'Whether the last attempt to load the configuration was successful.',
      [{ value: Number(status.isLastReloadSuccessful) }],
    ),
    gauge(
      'plimsoll_config_last_reload_success_timestamp_seconds',
      'When the configuration was last loaded, Unix seconds of real time.',
      [{ value: status.lastSuccessAt / 1000 }],
    ),
  ];
}

/** What a fleet watches of its discovery: a source that stopped, a rule that drops everything. */
export function discoveryMetrics(sources: readonly DiscoveryStatus[]): Metric[] {
  if (sources.length === 0) return [];
  const labels = ({ job, source }: DiscoveryStatus) => ({ job: job ?? '', source });
  return [
    gauge(
      'plimsoll_discovered_targets',
      'Targets that a source names, before and after its rules.',
      sources.flatMap((each) => [
        { labels: { ...labels(each), state: 'kept' }, value: each.kept },
        { labels: { ...labels(each), state: 'dropped' }, value: each.dropped },
        { labels: { ...labels(each), state: 'unfit' }, value: each.unfit },
      ]),
    ),
    gauge(
      'plimsoll_discovery_failing',
      'Whether the last look of a source for targets failed.',
      sources.map((each) => ({ labels: labels(each), value: Number(each.failure !== null) })),
    ),
  ];
}

function verdictMetrics(targets: readonly TargetStatus[]): Metric[] {
  const perTarget = (value: (t: TargetStatus) => number | null): Sample[] =>
    targets.flatMap((target) => {
      const found = value(target);
      return found === null ? [] : [{ labels: nameOf(target), value: found }];
    });
  const inBytes = (t: TargetStatus) => (t.growth?.unit === 'bytes' ? t.growth : null);
  return [
    gauge(
      'plimsoll_verdict',
      '1 for the verdict that stands, 0 for every other.',
      targets.flatMap((target) =>
        VERDICTS.map((verdict) => ({
          labels: { ...nameOf(target), verdict },
          value: Number(target.verdict === verdict),
        })),
      ),
    ),
    gauge('plimsoll_growth_bytes_per_hour', 'Fitted growth, per hour of virtual time.', [
      ...perTarget((t) => inBytes(t)?.perHour ?? null),
    ]),
    gauge('plimsoll_growth_low_bytes_per_hour', 'Lower end of the interval of the growth.', [
      ...perTarget((t) => inBytes(t)?.low ?? null),
    ]),
    gauge('plimsoll_growth_high_bytes_per_hour', 'Upper end of the interval of the growth.', [
      ...perTarget((t) => inBytes(t)?.high ?? null),
    ]),
    gauge(
      'plimsoll_target_memory_bytes',
      'Resident memory of the target.',
      perTarget((t) => t.memoryBytes),
    ),
    gauge(
      'plimsoll_target_limit_bytes',
      'Memory limit of the target.',
      perTarget((t) => t.limitBytes),
    ),
  ];
}

function counterMetrics(view: WatchView): Metric[] {
  const counters = view.counters();
  const counter = (name: string, help: string, value: number): Metric => ({
    name,
    help,
    type: 'counter',
    samples: [{ value }],
  });
  return [
    counter('plimsoll_scrapes_total', 'Requests for gauges.', counters.scrapes),
    counter('plimsoll_scrape_failures_total', 'Requests for gauges that failed.', counters.scrapeFailures),
    counter('plimsoll_profiles_total', 'Requests for profiles.', counters.profiles),
    counter(
      'plimsoll_profile_failures_total',
      'Requests for profiles that failed.',
      counters.profileFailures,
    ),
    counter('plimsoll_evaluations_total', 'Assessments of a target.', counters.evaluations),
    counter(
      'plimsoll_evaluation_seconds_total',
      'Real time spent in assessments.',
      counters.evaluationSeconds,
    ),
    counter(
      'plimsoll_store_failures_total',
      'Writes and reads of the store that failed.',
      counters.storeFailures,
    ),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, help, type: 'gauge', samples };
}

function nameOf(target: TargetStatus): { service: string; instance: string } {
  return { service: target.service, instance: target.instance };
}
