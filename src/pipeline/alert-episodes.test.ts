// What of an alert that was over and is back may still be said, and what is written down of what people do.
import { afterEach, describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../base/units.ts';
import { advanceIncidents, resolveIncident } from '../incident/advance-incidents.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { FakeWatchView } from '../testing/fake-watch-view.ts';
import { openDesk, TEST_SINK } from '../testing/open-desk.ts';
import { serveVendor } from '../testing/vendor-server.ts';

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends) await end();
  ends = [];
});

const TARGET = { service: 'orders', instance: 'a' };

async function open() {
  const hook = await serveVendor(() => ({ status: 400 }));
  const via = { kind: 'webhook', url: hook.url, secret: null, headers: {} } as const;
  const watch = new FakeWatchView({ isEmpty: true });
  const { desk, lookWhenActive, end } = openDesk(watch, { settings: { sinks: [{ ...TEST_SINK, via }] } });
  ends.push(end, hook.close);
  const look = async () => {
    await lookWhenActive();
    await expect.poll(() => desk.sinks().every(({ waiting }) => waiting === 0)).toBe(true);
  };
  const leak = async () => {
    const finding = drawFinding({ fingerprint: 'f1', timeToExhaustion: null, detectedAt: watch.now() });
    const seen = { target: TARGET, findings: [finding], over: [], atMillis: watch.now() };
    watch.incidentList = [...advanceIncidents(watch.incidentList, seen).incidents];
    await look();
  };
  const mend = async () => {
    watch.incidentList = watch.incidentList.map((each) => resolveIncident(each, 'gone', watch.now()));
    await look();
  };
  return { desk, watch, leak, mend };
}

describe('an alert that was over and is back', () => {
  it('offers of what was given up only what was said since, to be sent again', async () => {
    const { desk, watch, leak, mend } = await open();
    await leak();
    watch.advance(HOUR_MILLIS);
    await mend();
    watch.advance(HOUR_MILLIS);
    await leak();
    const letters = desk.deadLetters().map(({ kind, obsolete }) => `${kind} ${obsolete ?? 'offered'}`);
    expect(letters.toSorted()).toEqual(['opened outdated', 'regressed offered', 'resolved outdated']);
  });
});

describe('the audit log', () => {
  it('says for how long an instance was muted', async () => {
    const { desk, watch, leak } = await open();
    await leak();
    const [id = ''] = watch.incidentList.map((each) => each.id);
    const until = watch.now() + 8 * HOUR_MILLIS;
    await desk.act(id, { kind: 'mute', untilMillis: until }, 'ana', 'a deploy');
    await desk.act(id, { kind: 'mute', untilMillis: null }, 'ana', 'known');
    const said = desk.audit(9).map(({ what, about }) => `${what} ${about}`);
    expect(said).toEqual(['muted f1 in a', 'muted for 8 h f1 in a']);
  });
});
