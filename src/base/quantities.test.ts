import { describe, expect, it } from 'vitest';
import { parseDuration, parseSize } from './quantities.ts';
import { formatBytes, formatDuration } from './units.ts';

describe('quantities', () => {
  it.each([
    ['15s', 15_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['250ms', 250],
    ['2min', 120_000],
    ['0', 0],
  ])('reads the duration %s as %i ms', (text, millis) => {
    expect(parseDuration(text)).toBe(millis);
  });

  it.each(['', '5', '5 m', '-5m', 'm5', '1h30', '5y'])('refuses %j as a duration', (text) => {
    expect(parseDuration(text)).toBeNull();
  });

  it.each([
    ['512MiB', 536_870_912],
    ['1Gi', 1_073_741_824],
    ['500M', 500_000_000],
    ['1024', 1024],
    ['1.5 GiB', 1_610_612_736],
  ])('reads the size %s as %i bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', 'MiB', '-1', '1 QiB', '0x10'])('refuses %j as a size', (text) => {
    expect(parseSize(text)).toBeNull();
  });
});

describe('formatting', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1_048_575, '1 MiB'],
    [31_457_280, '30 MiB'],
    [-1_610_612_736, '-1.5 GiB'],
    [999_999_999_999, '931 GiB'],
  ])('writes %i bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [400, '0 s'],
    [59_600, '1 min'],
    [5_400_000, '1 h 30 min'],
    [3_599_600, '1 h'],
    [90_000_000, '1 d 1 h'],
    [-61_000, '-1 min 1 s'],
  ])('writes %i ms as %s', (millis, text) => {
    expect(formatDuration(millis)).toBe(text);
  });
});
