import { describe, expect, it } from 'vitest';
import { HOUR_MILLIS } from '../base/units.ts';
import type { Ending } from '../model/incident.ts';
import { drawAlert } from '../testing/drawn-alert.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { formatAlertText, writeAlertMessage, type AlertWords } from './alert-message.ts';

const write = (over: Partial<AlertWords> = {}) =>
  writeAlertMessage({
    alert: drawAlert({ openedAt: HOUR_MILLIS }),
    kind: 'opened',
    finding: drawFinding(),
    why: null,
    sources: 'none',
    links: [{ name: 'Page', url: 'http://plimsoll/f/5f2c0a' }],
    atMillis: 3 * HOUR_MILLIS,
    toldAtMillis: Date.UTC(2026, 10, 22, 14, 10),
    timeScale: 1,
    ...over,
  });

describe('the message of an alert', () => {
  it('says verdict, culprit with line, version, growth and limit with intervals, evidence, links and what to do', () => {
    expect(formatAlertText(write())).toMatchInlineSnapshot(`
      "Memory leak in orders: orders/store.(*Store).Put

      The live heap leaks by 30 MiB/h in orders/store.(*Store).Put (store/put.go:27).

      Level:     warning
      Culprit:   orders/store.(*Store).Put at store/put.go:27
      Version:   v1.4.2
      Owner:     @shop/orders
      Growth:    30 MiB/h (28 MiB to 32 MiB)
      Holds:     60 MiB
      Limit:     the memory limit in 6 h (5 h to 8 h), at 2026-11-22 20:10 UTC
      Instances: 10.0.0.8:8080, 10.0.0.9:8080
      Open for:  2 h
      As of:     2026-11-22 14:10 UTC

      Evidence:
      - Which code allocates what stays? growth over its noise: z 6.4, threshold 3.4, grown 60 MiB

      What to do: Look at what keeps what orders/store.(*Store).Put allocates; with its sources (setting source) the holder and the fix are named.

      Page: http://plimsoll/f/5f2c0a
      "
    `);
  });

  it('tells the instant of the limit only on the clock of its reader', () => {
    const limit = (over: Partial<AlertWords>) =>
      write(over).facts.find(({ name }) => name === 'Limit')?.value;
    expect(limit({})).toBe('the memory limit in 6 h (5 h to 8 h), at 2026-11-22 20:10 UTC');
    expect(limit({ timeScale: 60 })).toBe('the memory limit in 6 h (5 h to 8 h)');
  });

  it('names three instances of many and counts the others', () => {
    const instances = Array.from({ length: 200 }, (_, i) => `10.0.0.${i}:80`);
    const { facts } = write({ alert: drawAlert({ instances }) });
    expect(facts.find(({ name }) => name === 'Instances')?.value).toBe(
      '200: 10.0.0.0:80, 10.0.0.1:80, 10.0.0.2:80 and 197 more',
    );
  });

  it('says why it is over, and gives no advice any more', () => {
    const message = write({ kind: 'resolved', why: 'no growth since 09:00' });
    expect(message.summary).toMatch(/^Over: no growth since 09:00\. It was: The live heap leaks/);
    expect([message.advice, message.evidence]).toEqual([null, []]);
  });

  it('says in the title who ended it: only evidence means that it is mended', () => {
    const title = (resolvedBy: Ending) => write({ kind: 'resolved', resolvedBy }).title;
    expect(title('evidence')).toMatch(/^Resolved in orders/);
    expect(title('person')).toMatch(/^Resolved by hand in orders/);
    expect(title('gone')).toMatch(/^Gone, no fix was seen in orders/);
  });

  it('says of growth that goes on that it does, as what, or that nothing is told of it yet', () => {
    const end = { kind: 'resolved', resolvedBy: 'goes-on', why: 'profiles name other code by now' } as const;
    const known = write({ ...end, goesOnAs: ['orders/track.Note'] });
    expect(known.title).toMatch(/^Not over, but another leak in orders/);
    expect(known.summary).toMatch(
      /^The growth goes on: profiles name other code by now\. Leaks of this process that are told: orders\/track\.Note\. It was called: /,
    );
    expect(write(end).summary).toContain('No other leak of this process is told yet');
    expect(JSON.stringify([known, write(end)])).not.toMatch(/resolved/i);
  });

  it('puts the fix where it is known', () => {
    const fix = { text: 'Delete the entry when the session ends', file: 'store/put.go', line: 31 };
    expect(write({ finding: drawFinding({ fix }) }).advice).toBe(
      'Delete the entry when the session ends (store/put.go:31)',
    );
  });

  it('advises to name the sources only where there are none', () => {
    expect(write().advice).toContain('(setting source)');
    expect(write({ sources: 'asking' }).advice).toMatch(/; the sources are being read: the page will say/);
    expect(write({ sources: 'asked' }).advice).toMatch(/: the sources that are there show no fix/);
  });

  it('cuts and cleans what a hostile service is called', () => {
    const finding = drawFinding({ summary: `\u001b[31m${'x'.repeat(5000)}` });
    expect(write({ finding }).summary).toMatch(/^·\[31mx+…$/);
    expect(write({ finding }).summary).toHaveLength(900);
  });
});
