// An alert that fires, and a notice of it; tests change what they are about.
import { HOUR_MILLIS, MIB } from '../base/units.ts';
import type { Alert, Curve, Notice } from '../model/alert.ts';
import { writeAlertMessage } from '../report/alert-message.ts';
import { drawFinding } from './drawn-finding.ts';

export function drawAlert(over: Partial<Alert> = {}): Alert {
  const { fingerprint, summary } = drawFinding();
  return {
    fingerprint,
    service: 'orders',
    class: 'heap',
    state: 'firing',
    level: 'warning',
    openedAt: HOUR_MILLIS,
    resolvedAt: null,
    episode: 1,
    sequence: 1,
    toldLevel: 'warning',
    toldAt: HOUR_MILLIS,
    ack: null,
    quiet: null,
    instances: ['10.0.0.8:8080', '10.0.0.9:8080'],
    labels: { service: 'orders', class: 'heap', version: 'v1.4.2', owner: '@shop/orders' },
    summary,
    ...over,
  };
}

/** Ten hours of a heap that grows by 20 MiB in each. */
export function drawCurve(over: Partial<Curve> = {}): Curve {
  const hours = Array.from({ length: 10 }, (_, i) => i);
  return {
    of: 'live heap',
    unit: 'bytes',
    time: hours.map((hour) => hour * HOUR_MILLIS),
    value: hours.map((hour) => (hour + 1) * 20 * MIB),
    limit: null,
    ...over,
  };
}

export function drawNotice(over: Partial<Notice> = {}): Notice {
  const alert = drawAlert();
  return {
    key: `${alert.fingerprint}-1`,
    kind: 'opened',
    level: 'warning',
    fingerprint: alert.fingerprint,
    service: alert.service,
    at: HOUR_MILLIS,
    openedAt: Date.UTC(2026, 10, 21, 9),
    createdAt: Date.UTC(2026, 10, 21, 10),
    labels: { ...alert.labels, severity: 'warning', kind: 'leak', fingerprint: alert.fingerprint },
    message: writeAlertMessage({
      alert,
      kind: over.kind ?? 'opened',
      finding: drawFinding(),
      why: null,
      sources: 'none',
      links: [{ name: 'Page', url: 'http://plimsoll:7117/f/5f2c0a' }],
      atMillis: 3 * HOUR_MILLIS,
      toldAtMillis: Date.UTC(2026, 10, 21, 10),
      timeScale: 1,
    }),
    ...over,
  };
}
