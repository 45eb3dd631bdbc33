import { describe, expect, it } from 'vitest';
import { decodeLiveEvent, encodeLiveEvent } from './live.ts';
import { fillPath, matchPath, PAGE_PATHS, PATHS } from './paths.ts';

describe('paths', () => {
  it('carry any service name there and back', () => {
    for (const service of ['orders', 'a b', 'ä%2F?#', '..']) {
      expect(matchPath(PAGE_PATHS.service, fillPath(PAGE_PATHS.service, { service }))).toEqual({ service });
    }
  });

  it('leave out query entries that are not set', () => {
    expect(
      fillPath(PATHS.series, { service: 'a' }, { from: 0, to: undefined, instance: null, gauges: 'x,y' }),
    ).toBe('/api/v1/series/a?from=0&gauges=x%2Cy');
  });

  it('throw when a parameter is missing', () => {
    expect(() => fillPath(PATHS.report, {})).toThrow('needs service');
  });

  it('match whole paths only', () => {
    expect(matchPath(PAGE_PATHS.service, '/s/a/b')).toBe(null);
    expect(matchPath(PAGE_PATHS.service, '/s/')).toBe(null);
    expect(matchPath(PAGE_PATHS.service, '/s/%zz')).toBe(null);
    expect(matchPath(PAGE_PATHS.fleet, '/')).toEqual({});
  });
});

describe('live events', () => {
  it('are one event each, whatever a name holds', () => {
    const event = { kind: 'evidence', service: 'a\n\ndata: b', instance: 'c', atMillis: 5 } as const;
    const lines = encodeLiveEvent(event).split('\n');
    expect(lines).toHaveLength(4);
    expect(decodeLiveEvent((lines[1] ?? '').slice(6))).toEqual(event);
  });

  it('of a newer server are passed over', () => {
    expect(decodeLiveEvent('{"kind":"weather"}')).toBe(null);
    expect(decodeLiveEvent('nonsense')).toBe(null);
    expect(decodeLiveEvent('null')).toBe(null);
  });
});
