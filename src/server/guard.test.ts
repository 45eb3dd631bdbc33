import { expect, it } from 'vitest';
import { checkRequest, type HostRule } from './guard.ts';

const LOOPBACK: HostRule = { listenHost: '127.0.0.1', allowedHosts: [] };

/** `POST /path` with headers drawn one per line; `pass` or the code of the refusal. */
function judge(rule: HostRule, drawn: string): string {
  const [first = '', ...lines] = drawn.trim().split('\n');
  const [method = '', path = ''] = first.trim().split(' ');
  const headers = new Map(
    lines.map((l) => [l.slice(0, l.indexOf(':')).trim().toLowerCase(), l.slice(l.indexOf(':') + 1).trim()]),
  );
  const refusal = checkRequest(rule, { method, path, header: (name) => headers.get(name) });
  return refusal?.body.error.code ?? 'pass';
}

it.each([
  ['127.0.0.1:7117', 'pass'],
  ['127.9.9.9', 'pass'],
  ['localhost:7117', 'pass'],
  ['LocalHost', 'pass'],
  ['[::1]:7117', 'pass'],
  ['evil.example:7117', 'HOST_REFUSED'],
  ['127.0.0.1.evil.example', 'HOST_REFUSED'],
  ['localhost.evil.example', 'HOST_REFUSED'],
  ['10.0.0.1', 'HOST_REFUSED'],
  ['127.0.0.1@evil.example', 'HOST_REFUSED'],
  ['', 'HOST_REFUSED'],
])('listening on loopback, host %j: %s', (host, expected) => {
  expect(judge(LOOPBACK, `GET /\nHost: ${host}`)).toBe(expected);
});

it('refuses a request without a host', () => {
  expect(judge(LOOPBACK, 'GET /')).toBe('HOST_REFUSED');
});

it('listening everywhere, answers for addresses and allowed names only', () => {
  const everywhere = { listenHost: '0.0.0.0', allowedHosts: ['plimsoll.acme.example'] };
  expect(judge(everywhere, 'GET /\nHost: 10.1.2.3:7117')).toBe('pass');
  expect(judge(everywhere, 'GET /\nHost: plimsoll.acme.example')).toBe('pass');
  expect(judge(everywhere, 'GET /\nHost: evil.example')).toBe('HOST_REFUSED');
});

it.each([
  ['http://127.0.0.1:7117', 'pass'],
  ['http://127.0.0.1:9999', 'ORIGIN_REFUSED'],
  ['https://evil.example', 'ORIGIN_REFUSED'],
  ['null', 'ORIGIN_REFUSED'],
])('a change that comes from origin %s: %s', (origin, expected) => {
  expect(judge(LOOPBACK, `POST /api/v1/events\nHost: 127.0.0.1:7117\nOrigin: ${origin}`)).toBe(expected);
});

it('lets programs change things, which send no origin', () => {
  expect(judge(LOOPBACK, 'DELETE /api/v1/diagnose/x\nHost: localhost')).toBe('pass');
});

it.each(['cross-site', 'same-site'])(
  'refuses changes and API reads from %s pages, but not links to the page',
  (site) => {
    const head = `Host: localhost\nSec-Fetch-Site: ${site}`;
    expect(judge(LOOPBACK, `POST /api/v1/events\n${head}`)).toBe('ORIGIN_REFUSED');
    expect(judge(LOOPBACK, `GET /api/v1/live\n${head}\nSec-Fetch-Mode: cors`)).toBe('ORIGIN_REFUSED');
    expect(judge(LOOPBACK, `GET /f/abc\n${head}\nSec-Fetch-Mode: navigate`)).toBe('pass');
  },
);
