import { describe, expect, it } from 'vitest';
import { EMPTY_TARGET } from '../config/settings.ts';
import { checkNamesDiffer, listNamesakes } from './open-target.ts';

const targets = (...urls: string[]) => urls.map((url) => ({ ...EMPTY_TARGET, url }));

describe('targets of one name and address', () => {
  it('are found however the address is written', () => {
    expect(listNamesakes(targets(':6060', 'localhost:6060', '6060', ':6061'))).toEqual([
      { index: 1, other: 0 },
      { index: 2, other: 0 },
    ]);
    expect(listNamesakes(targets('http://orders', 'orders:80/metrics', 'https://orders'))).toEqual([
      { index: 1, other: 0 },
    ]);
  });

  it('are not those of different ports, processes or services', () => {
    expect(listNamesakes(targets(':6060', ':6061', 'pid:1', 'pid:2', 'name:orders'))).toEqual([]);
    const [one, two] = targets(':6060', ':6060');
    expect(
      listNamesakes([
        { ...EMPTY_TARGET, ...one, service: 'a' },
        { ...EMPTY_TARGET, ...two, service: 'b' },
      ]),
    ).toEqual([]);
  });

  it('are refused with both addresses, and what is no address for what it is', () => {
    expect(() => checkNamesDiffer(targets(':6060', '6060'))).toThrow(/two targets have one name and address/);
    expect(() => checkNamesDiffer(targets('http://:6060'))).toThrow(/an address such as/);
  });
});
