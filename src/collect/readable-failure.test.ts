import { describe, expect, it } from 'vitest';
import { readableReason, shownUrl, textWithoutSecrets } from './readable-failure.ts';

describe('shownUrl', () => {
  it.each([
    ['http://user:secret@host:8080/metrics', 'http://host:8080/metrics'],
    ['https://host/debug/pprof?token=abc&x=1', 'https://host/debug/pprof?token=...&x=1'],
    ['user:secret@host', 'host'],
    ['http://user:secret@bad host/', 'http://bad host/'],
  ])('shows %s as %s', (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
  });
});

describe('readableReason', () => {
  it.each([
    ['Unknown profile\n', 'Unknown profile'],
    ['\r\n\r\n  404 page   not found\r\nmore', '404 page not found'],
    ['<!doctype html><html><head><title>Sign in</title></head><body>x</body></html>', 'Sign in'],
    ['<html><style>b{}</style><body><h1>Bad Gateway</h1></body>', 'Bad Gateway'],
    ['', ''],
    ['\u0000\u001b[31mred', '[31mred'],
    ['x'.repeat(500), `${'x'.repeat(157)}...`],
  ])('makes of %j: %s', (body, reason) => {
    expect(readableReason(new TextEncoder().encode(body))).toBe(reason);
  });
});

describe('textWithoutSecrets', () => {
  it('has no value of the query that was asked', () => {
    const body = new TextEncoder().encode('denied /sd?token=SDTOK');
    expect(textWithoutSecrets(body, {}, 'http://host/sd?token=SDTOK')).toBe('denied /sd?token=...');
  });
});
