import { describe, expect, it } from 'vitest';
import { openLogEnvelope, parseLinePrefix } from './log-envelope.ts';

const at = (text: string) => Date.parse(text);

describe('openLogEnvelope', () => {
  it('opens what the json-file driver of Docker writes', () => {
    expect(
      openLogEnvelope('{"log":"gc 1 @0.1s\\r\\n","stream":"stderr","time":"2026-03-01T12:00:00.123456789Z"}'),
    ).toEqual({
      text: 'gc 1 @0.1s',
      atMillis: at('2026-03-01T12:00:00Z') + 123.456789,
      stream: 'stderr',
      isPartial: false,
    });
  });

  it('sees that an entry of Docker goes on in the next one', () => {
    expect(openLogEnvelope('{"log":"gc 1","stream":"stderr"}')).toEqual({
      text: 'gc 1',
      atMillis: null,
      stream: 'stderr',
      isPartial: true,
    });
  });

  it('opens what containerd and CRI-O write, parts of long lines included', () => {
    expect(openLogEnvelope('2026-03-01T13:00:00.5+01:00 stderr F gc 1 @0.1s')).toEqual({
      text: 'gc 1 @0.1s',
      atMillis: at('2026-03-01T12:00:00.500Z'),
      stream: 'stderr',
      isPartial: false,
    });
    expect(openLogEnvelope('2026-03-01T12:00:00.123456789Z stdout P gc')).toMatchObject({
      stream: 'stdout',
      isPartial: true,
    });
  });

  it('leaves alone what only looks like an envelope', () => {
    for (const line of [
      '',
      'gc 1 @0.1s',
      '{"log":"gc 1 @0.1s',
      '{"log":7}',
      '{"log":null,"time":1}',
      'yesterday-morning-at-8 stderr F gc 1',
    ]) {
      expect(openLogEnvelope(line)).toEqual({ text: line, atMillis: null, stream: '', isPartial: false });
    }
  });
});

describe('parseLinePrefix', () => {
  it.each([
    ['', null, ''],
    ['1790000000123 ', 1_790_000_000_123, ''],
    ['1790000000.5 ', 1_790_000_000_500, ''],
    ['2026-03-01T12:00:00Z ', at('2026-03-01T12:00:00Z'), ''],
    ['2024-02-29T23:59:59.25-02:30 ', at('2024-02-29T23:59:59.25-02:30'), ''],
    ['2026/03/01 12:00:00 ', at('2026-03-01T12:00:00Z'), ''],
    ['2026-03-01 12:00:00,250 web-1: ', at('2026-03-01T12:00:00.250Z'), 'web-1:'],
    ['\u001b[36mweb-1  |\u001b[0m ', null, 'web-1  |'],
    ['Mar  1 12:00:00 host orders[123]: ', null, 'host orders[123]:'],
    ['[pod/orders-7d9/app] 2026-03-01T12:00:00Z ', at('2026-03-01T12:00:00Z'), '[pod/orders-7d9/app]'],
  ])('finds time and origin in %j', (prefix, atMillis, origin) => {
    expect(parseLinePrefix(prefix)).toEqual({ atMillis, origin });
  });

  it('counts days as the calendar does, from 1970 to 2400', () => {
    for (let day = 0; day < 157_000; day += 13) {
      const iso = new Date(day * 86_400_000).toISOString();
      expect(parseLinePrefix(`${iso} `).atMillis).toBe(day * 86_400_000);
    }
  });
});
