import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.ts';
import { shortenFunctionName } from './short-names.ts';

describe('names in a picture', () => {
  it.each([
    ['github.com/acme/shop/cart.(*Cart).Add', 'cart.(*Cart).Add'],
    ['github.com/acme/shop/v2/cart.Add', 'cart.Add'],
    ['github.com/acme/shop/v2.Add', 'shop.Add'],
    ['a.b/c', 'a.b/c'],
    [
      'java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1149)',
      'ThreadPoolExecutor.runWorker',
    ],
    ['(anonymous namespace)::Tree::insert', 'Tree::insert'],
    ['main.main', 'main.main'],
  ])('%s is %s', (name, short) => {
    expect(shortenFunctionName(name)).toBe(short);
  });

  it('lose the folders of Go that the expression of pprof takes away, whatever they are made of', () => {
    const random = seededRandom(20_261_122);
    const parts = ['a', 'b.', '.', '/', '//', '-', '(', '\n', 'c/', 'd.e/'];
    for (let number = 0; number < 20_000; number++) {
      const length = 1 + Math.floor(random() * 9);
      const name = Array.from({ length }, () => parts[Math.floor(random() * parts.length)]).join('');
      const wanted = /^(?:[\w\-.]+\/)+([^.]+\.[^\n]+)/.exec(name)?.[1] ?? name;
      expect(shortenFunctionName(name), JSON.stringify(name)).toBe(wanted);
    }
  });
});
