// A small fleet as it looks in the middle of a bad afternoon, drawn by hand: one of each state that the API and
// the page have to show. Every time is an offset from `now`.
import { GIB, HOUR_MILLIS, MIB, MINUTE_MILLIS, SECOND_MILLIS, type Millis } from '../base/units.ts';
import type { Finding } from '../model/finding.ts';
import type { Incident } from '../model/incident.ts';
import type { SourceStatus, TargetStatus } from '../model/status.ts';
import { cacheFinding, hubFinding, loadFinding, OLD_FINGERPRINT } from './fake-findings.ts';

function incident(
  now: Millis,
  id: string,
  finding: Finding,
  [service, instance]: readonly [string, string],
  openedAt: Millis,
): Incident {
  return {
    id,
    fingerprint: finding.fingerprint,
    service,
    instance,
    state: 'open',
    openedAt,
    resolvedAt: null,
    mutedUntil: null,
    lastSeenAt: now - MINUTE_MILLIS,
    history: [{ at: openedAt, what: 'opened', why: 'the rule for leaks held in three evaluations' }],
    finding,
  };
}

export function fakeIncidents(now: Millis): Incident[] {
  const hub = hubFinding(now);
  const slower: Finding = {
    ...hub,
    growth: { unit: 'bytes', perHour: 22 * MIB, low: 20 * MIB, high: 25 * MIB, confidence: 0.95 },
  };
  const cache = incident(
    now,
    'inc-cache',
    cacheFinding(now),
    ['billing', '10.0.0.21:6060'],
    now - 26 * HOUR_MILLIS,
  );
  const old = incident(
    now,
    'inc-old',
    { ...cacheFinding(now), fingerprint: OLD_FINGERPRINT },
    ['orders', '10.0.0.11:6060'],
    now - 90 * HOUR_MILLIS,
  );
  return [
    {
      ...old,
      state: 'resolved',
      resolvedAt: now - 60 * HOUR_MILLIS,
      history: [
        ...old.history,
        { at: now - 60 * HOUR_MILLIS, what: 'resolved', why: 'growth went away after a deploy' },
      ],
    },
    {
      ...cache,
      state: 'acknowledged',
      history: [...cache.history, { at: now - 20 * HOUR_MILLIS, what: 'acknowledged', why: 'by hand' }],
    },
    incident(now, 'inc-hub-11', hub, ['orders', '10.0.0.11:6060'], now - 3 * HOUR_MILLIS),
    incident(now, 'inc-hub-12', slower, ['orders', '10.0.0.12:6060'], now - 2.5 * HOUR_MILLIS),
  ];
}

const MISSING_LIVE_HEAP = {
  source: '/gc/heap/live:bytes',
  why: 'the exporter has only the default Go metrics',
  costs: 'the live floor is computed from next_gc, with a wider interval',
};

export function okSource(now: Millis, request: string, where: string): SourceStatus {
  return {
    request,
    where,
    state: 'ok',
    lastOkAt: now - 4 * SECOND_MILLIS,
    lastTriedAt: now - 4 * SECOND_MILLIS,
    nextTryAt: now + 11 * SECOND_MILLIS,
    failuresInARow: 0,
    error: null,
    requests: 1680,
    receivedBytes: 21.4 * MIB,
    tookMillisTotal: 9240,
  };
}

function target(now: Millis, service: string, instance: string, more: Partial<TargetStatus>): TargetStatus {
  return {
    service,
    instance,
    labels: { env: 'production' },
    state: 'up',
    verdict: 'no-growth',
    isSuspect: false,
    goVersion: 'go1.24.2',
    module: `github.com/acme/${service}`,
    processStartAt: now - 50 * HOUR_MILLIS,
    restarts: 0,
    firstEvidenceAt: now - 7 * HOUR_MILLIS,
    lastEvidenceAt: now - 4 * SECOND_MILLIS,
    memoryBytes: 180 * MIB,
    liveHeapBytes: 92 * MIB,
    limitBytes: 512 * MIB,
    growth: null,
    diagnosticUntil: null,
    needed: null,
    sources: [
      okSource(now, 'metrics', `http://${instance}/metrics`),
      {
        ...okSource(now, 'profile:heap', `http://${instance}/debug/pprof/heap`),
        requests: 9,
        tookMillisTotal: 412,
      },
    ],
    missingEvidence: [],
    ...more,
  };
}

export function fakeTargets(now: Millis): TargetStatus[] {
  const hub = hubFinding(now);
  return [
    target(now, 'mailer', '10.0.0.61:6060', {
      state: 'down',
      lastEvidenceAt: now - 42 * MINUTE_MILLIS,
      memoryBytes: 61 * MIB,
      liveHeapBytes: 24 * MIB,
      limitBytes: 256 * MIB,
      sources: [
        {
          ...okSource(now, 'metrics', 'http://10.0.0.61:6060/metrics'),
          state: 'failing',
          lastOkAt: now - 42 * MINUTE_MILLIS,
          failuresInARow: 17,
          nextTryAt: now + 95 * SECOND_MILLIS,
          error: {
            code: 'TARGET_REFUSED',
            stage: 'collect',
            message: 'collect: http://10.0.0.61:6060/metrics: connection refused',
            advice: 'Is the process running, and does it listen on that address and port?',
          },
        },
      ],
    }),
    target(now, 'catalog', '10.0.0.31:6060', {
      verdict: 'filling-to-bound',
      memoryBytes: 640 * MIB,
      liveHeapBytes: 410 * MIB,
      limitBytes: 1 * GIB,
      growth: { unit: 'bytes', perHour: 18 * MIB, low: 11 * MIB, high: 24 * MIB, confidence: 0.95 },
    }),
    target(now, 'orders', '10.0.0.12:6060', {
      verdict: 'leak',
      isSuspect: true,
      memoryBytes: 331 * MIB,
      growth: { unit: 'bytes', perHour: 22 * MIB, low: 20 * MIB, high: 25 * MIB, confidence: 0.95 },
    }),
    target(now, 'orders', '10.0.0.11:6060', {
      verdict: 'leak',
      isSuspect: true,
      memoryBytes: 398 * MIB,
      liveHeapBytes: 244 * MIB,
      growth: hub.growth,
      restarts: 1,
      missingEvidence: [MISSING_LIVE_HEAP],
    }),
    target(now, 'billing', '10.0.0.21:6060', {
      verdict: 'leak',
      memoryBytes: 880 * MIB,
      liveHeapBytes: 690 * MIB,
      limitBytes: 2 * GIB,
      growth: cacheFinding(now).growth,
    }),
    target(now, 'search', '10.0.0.41:6060', {
      verdict: 'undetermined',
      isSuspect: true,
      firstEvidenceAt: now - 22 * MINUTE_MILLIS,
      memoryBytes: 1.7 * GIB,
      liveHeapBytes: 1.1 * GIB,
      limitBytes: null,
      growth: { unit: 'bytes', perHour: 40 * MIB, low: -12 * MIB, high: 92 * MIB, confidence: 0.95 },
      needed: { what: 'two more hours at comparable load', millis: 2 * HOUR_MILLIS },
    }),
    target(now, 'gateway', '10.0.0.51:6060', {
      verdict: 'load-driven',
      state: 'degraded',
      growth: loadFinding(now).growth,
      sources: [
        okSource(now, 'metrics', 'http://10.0.0.51:6060/metrics'),
        {
          ...okSource(now, 'profile:heap', 'http://10.0.0.51:6060/debug/pprof/heap'),
          state: 'failing',
          lastOkAt: null,
          failuresInARow: 3,
          requests: 3,
          error: {
            code: 'TARGET_NOT_PROFILE',
            stage: 'collect',
            message: 'collect: http://10.0.0.51:6060/debug/pprof/heap: answers text/html (404)',
            advice: 'Import net/http/pprof in the service and point --pprof at /debug/pprof.',
          },
        },
      ],
      missingEvidence: [
        {
          source: 'heap profile',
          why: 'the service does not serve net/http/pprof',
          costs: 'no culprit can be named',
        },
      ],
    }),
    target(now, 'inventory', '10.0.0.71:6060', {
      state: 'waiting',
      verdict: 'undetermined',
      goVersion: null,
      firstEvidenceAt: now - 9 * SECOND_MILLIS,
      lastEvidenceAt: now - 9 * SECOND_MILLIS,
      memoryBytes: 48 * MIB,
      liveHeapBytes: null,
      needed: { what: 'an hour of gauges', millis: HOUR_MILLIS },
    }),
  ];
}
