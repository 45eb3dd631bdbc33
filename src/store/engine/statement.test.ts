import { describe, expect, it } from 'vitest';
import { MAX_WAITING, QueryQueue } from './query-queue.ts';
import { parsePlainInsert, quoteLiteral, settingsChange } from './statement.ts';

describe('parsePlainInsert', () => {
  it.each([
    ['INSERT INTO db.t (a, b) FORMAT JSONEachRow', 'db.t a+b JSONEachRow'],
    ['insert into t format CSV', 't * CSV'],
    ['INSERT INTO t (a)\nFORMAT TSV;', 't a TSV'],
  ])('reads %j', (query, expected) => {
    const insert = parsePlainInsert(query);
    expect(insert && `${insert.table} ${insert.columns?.join('+') ?? '*'} ${insert.format}`).toBe(expected);
  });

  it.each([
    'INSERT INTO t SELECT 1',
    'INSERT INTO t VALUES (1)',
    'INSERT INTO t SETTINGS x=1 FORMAT CSV',
    'SELECT 1',
  ])('leaves %j to the engine', (query) => {
    expect(parsePlainInsert(query)).toBeNull();
  });
});

describe('settingsChange', () => {
  const map = (text: string) =>
    new Map(
      text
        .split(' ')
        .filter(Boolean)
        .map((pair) => pair.split('=') as [string, string]),
    );

  it.each([
    ['', '', null],
    ['a=1', 'a=1', null],
    ['a=1', 'a=2', "SET a = '2'"],
    ['a=1', '', 'SET a = DEFAULT'],
    ['a=1 b=2', 'b=2 c=3', "SET c = '3', a = DEFAULT"],
    ['param_x=1', '', null],
  ])('from "%s" to "%s" is %s', (current, wanted, expected) => {
    expect(settingsChange(map(current), map(wanted))).toBe(expected);
  });

  it('quotes what could end the literal', () => {
    expect(quoteLiteral(`a'b\\c`)).toBe(`'a\\'b\\\\c'`);
  });
});

describe('QueryQueue', () => {
  it('runs one at a time, goes on after a failure, and refuses beyond its bound', async () => {
    const queue = new QueryQueue();
    const order: string[] = [];
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const first = queue.run(async () => {
      await gate;
      order.push('first');
      throw new Error('broken');
    });
    const rest = Array.from({ length: MAX_WAITING - 1 }, (_, at) =>
      queue.run(async () => order.push(`${at}`)),
    );
    await expect(queue.run(async () => order.push('too many'))).rejects.toThrow('TOO_MANY');
    release();
    await expect(first).rejects.toThrow('broken');
    await Promise.all(rest);
    expect(order.slice(0, 3)).toEqual(['first', '0', '1']);
    await expect(queue.run(async () => 'again')).resolves.toBe('again');
  });
});
