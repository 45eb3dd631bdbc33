import { describe, expect, it } from 'vitest';
import { choose } from './init.ts';

const found = [
  { service: 'orders', url: 'http://127.0.0.1:8080', pprof: null, gives: ['metrics', 'pprof'] },
  { service: 'search', url: 'http://127.0.0.1:8081', pprof: null, gives: ['pprof'] },
];

/** Chooses with these answers, in turn; Enter afterwards. */
async function chooseWith(answers: string[]) {
  const asked: string[] = [];
  const warned: string[] = [];
  const ask = (question: string) => {
    asked.push(question);
    return Promise.resolve(answers.shift() ?? '');
  };
  const targets = await choose(found, ask, { warn: (text) => warned.push(text) });
  return { asked, warned, names: targets.map(({ service, url }) => `${service} ${url}`) };
}

describe('choose', () => {
  it('takes all that was found with Enter', async () => {
    const { names, asked } = await chooseWith([]);
    expect(names).toEqual(['orders http://127.0.0.1:8080', 'search http://127.0.0.1:8081']);
    expect(asked[0]).toBe('watch orders at http://127.0.0.1:8080 (metrics, pprof)? [Y/n] ');
  });

  it('leaves out what is not wanted, adds addresses, and asks again where one is none', async () => {
    const { names, warned } = await chooseWith(['n', 'y', 'ftp://x', 'http://10.0.0.7:6060']);
    expect(names).toEqual(['search http://127.0.0.1:8081', '10.0.0.7:6060 http://10.0.0.7:6060']);
    expect(warned).toHaveLength(1);
  });

  it('asks again what is neither yes nor no, and for an address that is a mere word', async () => {
    const { names, warned } = await chooseWith([
      'maybe',
      'No',
      'YES',
      'notaurl',
      '10.0.0.7:6060',
      'http://cart',
    ]);
    expect(names.map((name) => name.split(' ')[1])).toEqual([
      'http://127.0.0.1:8081',
      '10.0.0.7:6060',
      'http://cart',
    ]);
    expect(warned).toEqual(['answer y or n', 'notaurl has neither a port nor http:// in front']);
  });
});
