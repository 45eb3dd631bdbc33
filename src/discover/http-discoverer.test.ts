import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HttpDiscoverer } from './http-discoverer.ts';
import type { TargetGroup } from './labels.ts';

let server: Server;
let answer: { status: number; type: string; body: string };
let tokens: Set<string | undefined>;
let addresses: string[];
let failure: string | null;
let stop: AbortController;
let running: Promise<void>;
beforeEach(async () => {
  [tokens, addresses, failure] = [new Set(), [], null];
  answer = { status: 200, type: 'application/json; charset=utf-8', body: '[{"targets":["a:1"]}]' };
  stop = new AbortController();
  server = createServer(({ headers }, response) => {
    tokens.add(headers.authorization);
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/targets`;
  const sink = {
    found: (groups: readonly TargetGroup[]) => {
      addresses = groups.flatMap(({ targets }) => targets.map(({ __address__ = '' }) => __address__));
      failure = null;
    },
    failed: (why: string) => (failure = why),
  };
  const headers = { Authorization: 'Bearer x' };
  running = new HttpDiscoverer({ kind: 'http', url, headers, everyMillis: 10 }).run(sink, stop.signal);
});
afterEach(async () => {
  stop.abort();
  await running;
  server.close();
});

describe('targets that a server names', () => {
  it('are asked for again and again, with its headers', async () => {
    await vi.waitFor(() => expect(addresses).toEqual(['a:1']));
    answer.body = '[{"targets":["b:1","c:1"]}]';
    await vi.waitFor(() => expect(addresses).toEqual(['b:1', 'c:1']));
    expect([...tokens]).toEqual(['Bearer x']);
  });

  it.each([
    [{ status: 503 }, /503/],
    [{ body: '[' }, /not JSON/],
    [{ body: '{}' }, /no list/],
    [{ type: 'text/html' }, /no application\/json/],
  ])('stay what they were while it answers with %j', async (change, why) => {
    await vi.waitFor(() => expect(addresses).toEqual(['a:1']));
    answer = { ...answer, ...change };
    await vi.waitFor(() => expect(failure).toMatch(why));
    expect(addresses).toEqual(['a:1']);
  });
});
