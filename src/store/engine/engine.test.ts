// The HTTP front with the real engine behind it, spoken to by @clickhouse/client and by hand.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipNote, whyNoChdb } from '../../testing/why-no-chdb.ts';
import type { Address } from '../clickhouse-link.ts';
import { Engine } from './engine.ts';

const reason = whyNoChdb();

describe.skipIf(reason)(`the engine behind its HTTP front${skipNote(reason)}`, () => {
  let dataDir = '';
  let engine: Engine;
  let address: Address;
  let client: ClickHouseClient;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'plimsoll-engine-'));
    engine = await Engine.start({ dataDir });
    address = await engine.address();
    client = createClient({
      url: address.url,
      username: address.username,
      password: address.password,
      compression: { request: true, response: true },
      log: { level: ClickHouseLogLevel.OFF },
    });
    await client.command({ query: 'CREATE TABLE t (a String, b Float64) ENGINE = MergeTree ORDER BY a' });
  });
  afterAll(async () => {
    await client.close();
    await engine.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function ask(
    search: string,
    init: RequestInit = {},
  ): Promise<{ status: number; text: string; code: string | null }> {
    const headers = { 'X-ClickHouse-User': 'x', 'X-ClickHouse-Key': address.password, ...init.headers };
    const response = await fetch(`${address.url}/${search}`, { method: 'POST', ...init, headers });
    return {
      status: response.status,
      text: await response.text(),
      code: response.headers.get('x-clickhouse-exception-code'),
    };
  }

  it('answers a ping without a password and nothing else', async () => {
    expect(await (await fetch(`${address.url}/ping`)).text()).toBe('Ok.\n');
    for (const key of ['', 'wrong', `${address.password}x`]) {
      const answer = await ask('?query=SELECT+1', { headers: { 'X-ClickHouse-Key': key } });
      expect(answer).toMatchObject({ status: 403, code: '516' });
    }
  });

  it('takes rows from the client, compressed, and gives them back', async () => {
    const values = [
      { a: 'x', b: 0.1 },
      { a: `it's "é" \\ \n`, b: 2 },
    ];
    const inserted = await client.insert({ table: 't', values, format: 'JSONEachRow' });
    expect(inserted.summary?.written_rows).toBe('2');
    const read = await client.query({ query: 'SELECT a, b FROM t ORDER BY b', format: 'JSONEachRow' });
    expect(await read.json()).toEqual(values);
  });

  it.each([
    ['a tab\tand a line\nbreak', 'String'],
    [`it's a \\ {b:String} "`, 'String'],
    [['a', `b'c\\d`, 'e\tf'], 'Array(String)'],
    [1.5, 'Float64'],
    [null, 'Nullable(String)'],
  ])('binds the parameter %j', async (value, type) => {
    const answer = await client.query({
      query: `SELECT {p:${type}} AS p`,
      query_params: { p: value },
      format: 'JSONEachRow',
    });
    expect(await answer.json()).toEqual([{ p: value }]);
  });

  it('keeps the settings of one request out of the next', async () => {
    const threads = "SELECT getSetting('max_threads') AS n, getSetting('max_result_rows') AS rows";
    const before = await ask('', { body: threads });
    const during = await ask('?max_threads=7&max_result_rows=9', { body: threads });
    expect(during.text).toBe('7\t9\n');
    expect((await ask('', { body: threads })).text).toBe(before.text);
    expect((await ask('?no_such_setting=1', { body: threads })).code).toBe('115');
    expect((await ask('', { body: threads })).text).toBe(before.text);
    expect((await ask('?database=system', { body: 'SELECT currentDatabase()' })).text).toBe('system\n');
    expect((await ask('', { body: 'SELECT currentDatabase()' })).text).toBe('default\n');
  });

  it('reports an error of the engine with its code, and works on', async () => {
    await expect(client.query({ query: 'SELECT * FROM nowhere' })).rejects.toMatchObject({
      code: '60',
      type: 'UNKNOWN_TABLE',
    });
    expect((await ask('', { body: 'SELECT 1' })).text).toBe('1\n');
  });

  it.each([
    ['an empty query', '', { body: '' }, '62'],
    [
      'a body that is no gzip',
      '?query=SELECT+1',
      { body: 'x', headers: { 'Content-Encoding': 'gzip' } },
      '354',
    ],
    [
      'an encoding it does not know',
      '?query=SELECT+1',
      { body: 'x', headers: { 'Content-Encoding': 'br' } },
      '48',
    ],
    [
      'a gzip bomb',
      '?query=SELECT+1',
      { body: gzipSync(Buffer.alloc(70e6)), headers: { 'Content-Encoding': 'gzip' } },
      '12',
    ],
    [
      'a multipart request',
      '',
      { body: 'x', headers: { 'Content-Type': 'multipart/form-data; boundary=x' } },
      '48',
    ],
    ['a setting that is no name', '?a%27b=1', { body: 'SELECT 1' }, '115'],
    ['a database that is no name', '?database=a;b', { body: 'SELECT 1' }, '81'],
  ] as [string, string, RequestInit, string][])('refuses %s', async (_, search, init, code) => {
    expect(await ask(search, init)).toMatchObject({ code });
  });

  it('does not run an insert whose sender went away in the middle', async () => {
    await client.command({ query: 'CREATE TABLE half (a UInt8) ENGINE = MergeTree ORDER BY a' });
    const torn = Readable.from(
      (async function* () {
        yield Buffer.from('[1]\n');
        await Promise.resolve();
        throw new Error('gone');
      })(),
    );
    const insert = client.exec({ query: 'INSERT INTO half (a) FORMAT JSONCompactEachRow', values: torn });
    await expect(insert).rejects.toThrow();
    expect((await ask('', { body: 'SELECT count() FROM half' })).text).toBe('0\n');
  });

  it('answers many at once in order', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, at) => ask(`?param_n=${at}`, { body: 'SELECT {n:UInt8}' })),
    );
    expect(answers.map((answer) => Number(answer.text))).toEqual(Array.from({ length: 60 }, (_, at) => at));
  });
});
