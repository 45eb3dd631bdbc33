import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Repositories } from './repositories.ts';

let folder = '';
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'plimsoll-repositories-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

const SHOP = {
  'shop/.git/HEAD': '',
  'shop/CODEOWNERS': '* @shop/all\n/orders/ @shop/orders\n/orders/sub/ @shop/hub @ana\n/cart/old/\n',
  'shop/orders/go.mod': 'module example.com/shop/orders\n',
  'shop/orders/main.go': '',
  'shop/cart/go.mod': 'module example.com/shop/cart\n',
};
const ask = async (importPath: string | null, file: string | null, named = 'shop') =>
  (await Repositories.open([join(folder, named)])).ownerOf({ importPath, file });

describe('owners of code', () => {
  it('are told by the package, from the root of the repository, whatever path the profile spells', async () => {
    await write(SHOP);
    expect(await ask('example.com/shop/orders/sub', 'sub/hub.go')).toBe('@shop/hub @ana');
    expect(await ask('example.com/shop/orders/sub', '/home/ci/x/hub.go')).toBe('@shop/hub @ana');
    expect(await ask('example.com/shop/orders', 'put.go')).toBe('@shop/orders');
    expect(await ask('example.com/shop/cart', 'put.go')).toBe('@shop/all');
    expect(await ask('example.com/shop/cart/old', 'put.go')).toBeNull();
    expect(await ask('example.com/shop/ordersX', 'put.go')).toBeNull();
  });

  it('are found when the module alone is given, not the repository around it', async () => {
    await write(SHOP);
    expect(await ask('example.com/shop/orders', 'put.go', 'shop/orders')).toBe('@shop/orders');
  });

  it('are those of the first of the three places', async () => {
    await write({ ...SHOP, 'shop/docs/CODEOWNERS': '* @docs' });
    expect(await ask('example.com/shop/cart', 'put.go')).toBe('@shop/all');
    await write({ 'shop/.github/CODEOWNERS': '* @github' });
    expect(await ask('example.com/shop/cart', 'put.go')).toBe('@github');
  });

  it('are told of package main where one repository alone has the file', async () => {
    await write(SHOP);
    expect(await ask('main', 'main.go')).toBe('@shop/orders');
    await write({ 'shop/cart/main.go': '' });
    expect(await ask('main', 'main.go')).toBeNull();
    expect(await ask('main', '../shop/orders/main.go')).toBeNull();
    expect(await ask('main', join(folder, 'shop/orders/main.go'))).toBeNull();
  });

  it('need no .git: the nearest file above the module counts, never one above the folder', async () => {
    await write({
      CODEOWNERS: '* @above',
      'plain/go.mod': 'module example.com/plain\n',
      'shop/CODEOWNERS': '* @shop',
      'shop/orders/go.mod': 'module example.com/orders\n',
    });
    expect(await ask('example.com/orders', 'put.go')).toBe('@shop');
    expect(await ask('example.com/plain', 'put.go', 'plain')).toBeNull();
  });

  it('are nobody where there is nothing to read', async () => {
    expect(await ask('example.com/orders', 'put.go', 'nowhere')).toBeNull();
    await write(SHOP);
    expect(await ask('example.com/shop/orders', null)).toBeNull();
    expect(await ask('example.com/shop/orders/../cart', 'put.go')).toBeNull();
  });
});
