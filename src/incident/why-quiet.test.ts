import { describe, expect, it } from 'vitest';
import { DAY_MILLIS, HOUR_MILLIS } from '../base/units.ts';
import type { Silence } from '../model/alert.ts';
import { drawFinding } from '../testing/drawn-finding.ts';
import { parseMatcher } from '../base/label-matcher.ts';
import { isKindQuiet, isLike, whyQuiet, type MaintenanceWindow, type QuietRules } from './why-quiet.ts';

const FINDING = drawFinding({ fingerprint: 'f1' });
const NOTHING: QuietRules = { silences: [], feedback: [], maintenance: [], known: [] };
const TWO = [
  { service: 'orders', instance: 'a', version: 'v1' },
  { service: 'orders', instance: 'b', version: 'v2' },
];
/** Saturday 2026-11-21, 00:00 UTC. */
const SATURDAY = Date.UTC(2026, 10, 21);

const silence = (matchers: string[], over: Partial<Silence> = {}): Silence => ({
  id: 's1',
  matchers,
  startsAt: 0,
  endsAt: 100,
  by: 'ana',
  why: 'deploy',
  ...over,
});
const why = (over: Partial<QuietRules>, atMillis = 50, labels = TWO) =>
  whyQuiet(FINDING, labels, { ...NOTHING, ...over }, atMillis);

describe('isKindQuiet', () => {
  it('heeds silences and windows that name the kind, and no others', () => {
    const matchers = (text: string) => [parseMatcher(text)].filter((each) => each !== null);
    const when = { from: 0, until: 100 };
    const isQuiet = (over: Partial<QuietRules>, kind = 'digest') =>
      isKindQuiet({ kind, severity: 'info' }, { ...NOTHING, ...over }, 50);
    expect(isQuiet({ silences: [silence(['kind=digest'])] })).toBe(true);
    expect(isQuiet({ silences: [silence(['kind=digest'])] }, 'heartbeat')).toBe(false);
    expect(isQuiet({ silences: [silence(['service!=web'])] })).toBe(false);
    expect(isQuiet({ silences: [silence(['kind=digest'], { endsAt: 50 })] })).toBe(false);
    expect(isQuiet({ maintenance: [{ matchers: [], when }] })).toBe(false);
    expect(isQuiet({ maintenance: [{ matchers: matchers('kind=~"digest|heartbeat"'), when }] })).toBe(true);
  });
});

describe('whyQuiet', () => {
  it('is null when nobody said anything', () => {
    expect(why({})).toBeNull();
  });

  it('holds a silence from its start to before its end', () => {
    const silences = [silence(['service=orders'], { startsAt: 10 })];
    expect([9, 10, 99, 100].map((at) => why({ silences }, at))).toEqual([
      null,
      'silenced by ana: deploy',
      'silenced by ana: deploy',
      null,
    ]);
  });

  it('needs every matcher, and silences on instances need all instances that leak', () => {
    expect(why({ silences: [silence(['service=orders', 'version=v1'])] })).toBeNull();
    const each = [silence(['version=v1']), silence(['instance=b'])];
    expect(why({ silences: each })).toBe('silenced by ana: deploy');
    expect(why({ silences: [silence([])] })).toBeNull();
    expect(why({ silences: [silence(['broken'])] })).toBeNull();
  });

  it('calls a silence without an end a mute', () => {
    expect(why({ silences: [silence(['service=orders'], { endsAt: null })] }, 1e15)).toBe(
      'muted by ana: deploy',
    );
  });

  it('keeps quiet what was found to be no leak, until somebody says otherwise', () => {
    const no = { fingerprint: 'f1', verdict: 'not-a-leak' as const, by: 'bo', why: 'a cache', at: 1 };
    expect(why({ feedback: [no] })).toBe('not a leak, says bo: a cache');
    expect(why({ feedback: [no, { ...no, verdict: 'leak' }] })).toBeNull();
    expect(why({ feedback: [{ ...no, fingerprint: 'f2' }] })).toBeNull();
  });

  it('keeps quiet what the repository knows, by function or fingerprint, until its date', () => {
    const known = {
      service: null,
      function: 'orders/store.*Put',
      fingerprint: null,
      because: 'bounded',
      untilMillis: 60,
    };
    const file = 'plimsoll-known.yaml';
    expect(why({ known: [{ ...known, file }] })).toBe('known (plimsoll-known.yaml): bounded');
    expect(why({ known: [{ ...known, file }] }, 60)).toBeNull();
    expect(why({ known: [{ ...known, file, fingerprint: 'f2' }] })).toBeNull();
    expect(why({ known: [{ ...known, file, function: null, fingerprint: 'f1' }] })).toContain('known');
    expect(why({ known: [{ ...known, file, function: 'cart.*' }] })).toBeNull();
    expect(why({ known: [{ ...known, file, service: 'cart' }] })).toBeNull();
    expect(why({ known: [{ ...known, file, service: 'orders' }] })).toContain('known');
  });

  it('is told of a leak in which what is known has a small part', () => {
    const [first] = FINDING.culprits;
    if (!first) throw new Error('no culprit');
    const known = { service: null, fingerprint: null, because: 'bounded', untilMillis: null, file: 'f' };
    const other = { ...first, function: 'orders/log.Add', share: 0.04 };
    const of = (pattern: string, role: 'allocates' | 'holds') =>
      whyQuiet(
        { ...FINDING, culprits: [first, { ...other, role }] },
        TWO,
        {
          ...NOTHING,
          known: [{ ...known, function: pattern }],
        },
        50,
      );
    expect(of('orders/log.*', 'allocates')).toBeNull();
    expect(of('orders/log.*', 'holds')).toBe('known (f): bounded');
  });

  it('keeps quiet in a weekly window that lasts over midnight, on its days only', () => {
    const matcher = parseMatcher('service=orders');
    const weekly: MaintenanceWindow = {
      matchers: matcher ? [matcher] : [],
      when: { days: [5], startMillis: 22 * HOUR_MILLIS, lastsMillis: 4 * HOUR_MILLIS },
    };
    const at = [-3, -2, 0, 1.9, 2, 22, 23].map((hour) =>
      why({ maintenance: [weekly] }, SATURDAY + hour * HOUR_MILLIS),
    );
    expect(at).toEqual([null, 'maintenance', 'maintenance', 'maintenance', null, null, null]);
  });

  it('keeps quiet in a window that comes once', () => {
    const once: MaintenanceWindow = { matchers: [], when: { from: SATURDAY, until: SATURDAY + DAY_MILLIS } };
    expect(why({ maintenance: [once] }, SATURDAY + 5)).toBe('maintenance');
    expect(why({ maintenance: [once] }, SATURDAY + DAY_MILLIS)).toBeNull();
  });
});

describe('isLike', () => {
  it.each([
    ['orders.Put', 'orders.Put', true],
    ['orders.Put', 'orders.*', true],
    ['orders.Put', '*Put', true],
    ['a.b.c', 'a*b*c', true],
    ['ab', 'ab*b', false],
    ['orders.Put', 'orders', false],
    ['', '*', true],
  ])('%s like %s: %s', (text, pattern, is) => {
    expect(isLike(text, pattern)).toBe(is);
  });
});
