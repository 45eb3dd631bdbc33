import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { formatManifest, parseManifest } from './manifest.ts';

const GOOD = {
  format: 'plimsoll-recording',
  version: 1,
  service: 'orders',
  instance: '127.0.0.1:8080',
  startedAt: 1790000000000,
  endedAt: 1790000240000,
  timeScale: 60,
  goVersion: 'go1.26.8',
  module: 'example.com/orders',
  moduleVersion: 'v1.4.2',
  memoryLimitBytes: 536870912,
};

function errorOf(json: unknown): string {
  try {
    parseManifest(typeof json === 'string' ? json : JSON.stringify(json), 'a.tar.gz, recording.json');
    return 'none';
  } catch (error) {
    return error instanceof PlimsollError ? `${error.code} ${error.message}` : String(error);
  }
}

describe('parseManifest', () => {
  it('reads every field, and what format writes', () => {
    const manifest = parseManifest(
      JSON.stringify({
        ...{ ...GOOD, labels: { zone: 'a' }, match: { pod: 'b' } },
        ...{ environment: 'staging', somethingNew: [1] },
      }),
      'recording.json',
    );
    const { format: _, version: __, ...fields } = GOOD;
    expect(manifest).toEqual({
      ...{ ...fields, labels: { zone: 'a' }, match: { pod: 'b' } },
      environment: 'staging',
    });
    expect(parseManifest(formatManifest(manifest), 'again')).toEqual(manifest);
  });

  it('takes 1 for a missing timeScale and null for what may be missing', () => {
    const { service, instance, startedAt, endedAt, format, version } = GOOD;
    expect(
      parseManifest(JSON.stringify({ service, instance, startedAt, endedAt, format, version }), 'x'),
    ).toEqual({
      ...{ service, instance, startedAt, endedAt },
      ...{ timeScale: 1, goVersion: null, module: null, moduleVersion: null, memoryLimitBytes: null },
      ...{ labels: {}, match: {}, environment: null },
    });
  });

  it('refuses a later version as such, whatever else is in it', () => {
    expect(errorOf({ format: 'plimsoll-recording', version: 2 })).toBe(
      'RECORDING_TOO_NEW recording: a.tar.gz, recording.json, field version, found "2": this program reads versions up to 1',
    );
  });

  it.each([
    ['{', 'found "{": not JSON'],
    ['[]', 'a JSON object expected'],
    [{ ...GOOD, format: 'other' }, 'field format, found "other"'],
    [{ ...GOOD, version: '1' }, 'field version, found "1"'],
    [{ ...GOOD, version: 1.5 }, 'field version, found "1.5"'],
    [{ ...GOOD, service: undefined }, 'field service, found "nothing": a name expected'],
    [{ ...GOOD, service: 'a/b' }, 'field service, found "a/b": a name without a slash'],
    [{ ...GOOD, instance: 8080 }, 'field instance, found "8080"'],
    [{ ...GOOD, startedAt: null }, 'field startedAt, found "null"'],
    [{ ...GOOD, startedAt: 1e300 }, 'field startedAt, found "1e+300"'],
    [{ ...GOOD, endedAt: 5 }, 'field endedAt, found "5": it lies before startedAt'],
    [{ ...GOOD, timeScale: 0 }, 'field timeScale, found "0"'],
    [{ ...GOOD, timeScale: -60 }, 'field timeScale, found "-60"'],
    [{ ...GOOD, memoryLimitBytes: -1 }, 'field memoryLimitBytes, found "-1"'],
    [{ ...GOOD, goVersion: 1.26 }, 'field goVersion, found "1.26"'],
    [{ ...GOOD, labels: { a: 1 } }, 'field labels'],
    [{ ...GOOD, match: ['a'] }, 'field match'],
  ])('refuses %j with the field and what was found', (json, message) => {
    expect(errorOf(json)).toContain('RECORDING_INVALID');
    expect(errorOf(json)).toContain('a.tar.gz, recording.json');
    expect(errorOf(json)).toContain(message);
  });
});
