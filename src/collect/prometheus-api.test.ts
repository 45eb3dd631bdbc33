import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { NAMES_MAX_BYTES, createPrometheusApi, type PrometheusApiOptions } from './prometheus-api.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

async function serve(answer: (asked: Asked, response: ServerResponse) => void) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      asked.push({ method, url, body, headers });
      answer({ method, url, body, headers }, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function open(options: PrometheusApiOptions) {
  const api = createPrometheusApi(options);
  closing.push(() => api.close());
  return api;
}

const EMPTY = '{"status":"success","data":{"resultType":"matrix","result":[]}}';
const RANGE = { fromMillis: 1_700_000_000_000, toMillis: 1_700_000_600_500, stepMillis: 60_000 };

describe('PrometheusApi', () => {
  it('gives up on names that never end before they fill the memory', async () => {
    const { url } = await serve((_, response) => {
      response.write('{"status":"success","data":["up"');
      const names = Array.from({ length: 4096 }, (_name, i) => `,"endless_name_of_a_metric_${i}"`).join('');
      const more = () => {
        while (response.write(names));
        response.once('drain', more);
      };
      more();
    });
    const api = open({ url });
    await expect(api.metricNames('{a="b"}', RANGE)).rejects.toMatchObject({ code: 'TARGET_TOO_LARGE' });
    expect(api.sent.receivedBytes).toBeLessThanOrEqual(NAMES_MAX_BYTES);
  });

  it('asks for a range as a form, in seconds, with the headers and below the path that are given', async () => {
    const { url, asked } = await serve((_, response) => response.end(EMPTY));
    const api = open({ url: `${url}/prometheus/`, headers: { 'X-Scope-OrgID': 'team-1' } });
    await api.queryRange('up{job="a&b"}', RANGE, {});
    expect(asked).toMatchObject([
      {
        method: 'POST',
        url: '/prometheus/api/v1/query_range',
        body: 'query=up%7Bjob%3D%22a%26b%22%7D&start=1700000000&end=1700000600.5&step=60',
        headers: { 'x-scope-orgid': 'team-1', 'content-type': 'application/x-www-form-urlencoded' },
      },
    ]);
    expect(api.sent).toEqual({ queries: 1, receivedBytes: EMPTY.length });
  });

  it.each(['', '/graph', '/api/v1', '/api/v1/query?query=up', '/vmui/'])(
    'takes an address that was copied from a browser: %s',
    async (page) => {
      const { url, asked } = await serve((_, response) => response.end(EMPTY));
      await open({ url: `${url}${page}`.replace('http://', '') }).query('up', 5000, {});
      expect(asked[0]?.url.replace(/\?.*/, '')).toBe('/api/v1/query');
      expect(asked[0]?.body).toBe('query=up&time=5');
    },
  );

  it('keeps the query of the address, and asks for names of metrics', async () => {
    const { url, asked } = await serve((_, response) =>
      response.end('{"status":"success","data":["up","go_info"]}'),
    );
    const names = await open({ url: `${url}?partial_response=false` }).metricNames('{a="b"}', RANGE);
    expect(names).toEqual(['up', 'go_info']);
    expect(asked[0]?.url).toBe(
      '/api/v1/label/__name__/values?partial_response=false&match%5B%5D=%7Ba%3D%22b%22%7D&start=1700000000&end=1700000600.5',
    );
  });

  it('hands out series while they arrive', async () => {
    const { url } = await serve((_, response) => {
      response.write('{"status":"success","data":{"result":[{"metric":{"a":"1"},"values":[[1,"2"]]},');
      // The rest only once the first was taken.
      closing.push(() => response.destroy());
      sent = () => response.end('{"metric":{"a":"2"},"values":[]}]}}');
    });
    let sent = () => {};
    const seen: string[] = [];
    const answer = await open({ url }).queryRange('up', RANGE, {
      series: ({ labels }) => {
        seen.push(labels['a'] ?? '');
        if (seen.length === 1) sent();
      },
    });
    expect([seen, answer.series, answer.points]).toEqual([['1', '2'], 2, 1]);
  });

  const refusals: readonly (readonly [number, string, string])[] = [
    [
      400,
      '{"status":"error","errorType":"bad_data","error":"1:5: parse error"}',
      'QUERY_FAILED HTTP 400: 1:5: parse',
    ],
    [
      422,
      '{"status":"error","error":"expanding series: no data"}',
      'QUERY_FAILED HTTP 422: expanding series',
    ],
    [
      422,
      '{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory"}',
      'QUERY_TOO_LARGE HTTP 422: query processing would load too many samples',
    ],
    [503, '{"status":"error","errorType":"timeout","error":"query timed out"}', 'QUERY_TOO_LARGE HTTP 503'],
    [503, '<html><title>Service Unavailable</title>', 'TARGET_STATUS HTTP 503: Service Unavailable'],
    [401, '{"error":"no org id"}', 'TARGET_STATUS HTTP 401'],
    [404, 'page not found', 'TARGET_STATUS HTTP 404: page not found'],
    [200, '{"status":"error","error":"odd"}', 'QUERY_FAILED odd'],
    [200, '<html>login</html>', 'ANSWER_INVALID no JSON'],
    [200, EMPTY.slice(0, -1), 'ANSWER_INVALID the JSON does not end'],
  ];
  it.each(refusals)('turns status %i with %j into an error', async (status, body, expected) => {
    const { url } = await serve((_, response) => response.writeHead(status).end(body));
    const error: unknown = await open({ url })
      .queryRange('up', RANGE, {})
      .catch((thrown: unknown) => thrown);
    const said = error instanceof PlimsollError ? `${error.code} ${error.fact}` : String(error);
    expect(said).toContain(expected);
  });

  it('never tells a secret: not of the address, not of the headers, not where the server repeats it', async () => {
    const { url } = await serve(({ headers }, response) =>
      response.writeHead(422).end(JSON.stringify({ error: `not you, ${String(headers.authorization)}` })),
    );
    const guarded = url.replace('//', '//me:s3same@');
    const api = open({ url: `${guarded}/?token=t0ken`, headers: { Authorization: 'Bearer abcdef' } });
    const error: unknown = await api.query('up', 1, {}).catch((thrown: unknown) => thrown);
    expect(api.where).toBe(url);
    expect(String(error)).toContain('not you, ...');
    for (const secret of ['s3same', 't0ken', 'abcdef']) expect(String(error)).not.toContain(secret);
  });

  it('ends a query that takes too long', async () => {
    const { url } = await serve(() => {});
    const api = open({ url, timeoutMillis: 50 });
    await expect(api.query('up', 1, {})).rejects.toMatchObject({ code: 'TARGET_TIMEOUT' });
  });

  it('refuses what is no address', () => {
    expect(() => createPrometheusApi({ url: 'ftp://x' })).toThrow(/only http/);
  });
});
