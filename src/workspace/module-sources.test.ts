import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findModuleRoot, findModuleSources } from './module-sources.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'plimsoll-module-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

describe('findModuleSources', () => {
  it('names files by import path, without tests, vendored code and other modules inside', async () => {
    await write({
      'go.mod': '// shop\nmodule example.com/shop\n\ngo 1.24\n',
      'main.go': 'package main\n',
      'cart/cart.go': 'package cart\n',
      'cart/cart_test.go': 'package cart\n',
      'vendor/x/x.go': 'package x\n',
      '.git/y.go': 'package y\n',
      'tools/go.mod': 'module example.com/tools\n',
      'tools/z.go': 'package z\n',
    });
    const { files, read } = await findModuleSources([root], null);
    expect(files).toEqual(['example.com/shop/cart/cart.go', 'example.com/shop/main.go']);
    expect(new TextDecoder().decode((await read('example.com/shop/cart/cart.go')) ?? undefined)).toBe(
      'package cart\n',
    );
    expect(await read('example.com/shop/../../etc/passwd')).toBeNull();
  });

  it('takes the module of the service out of a folder with several', async () => {
    await write({
      'a/go.mod': 'module example.com/a\n',
      'a/a.go': 'package a\n',
      'b/go.mod': 'module example.com/b\n',
      'b/b.go': 'package b\n',
    });
    expect((await findModuleSources([root], 'example.com/b')).files).toEqual(['example.com/b/b.go']);
    expect((await findModuleSources([root], 'example.com/c')).files).toEqual([
      'example.com/a/a.go',
      'example.com/b/b.go',
    ]);
  });

  it('takes a folder without go.mod for the root of the module, and one that is not there for empty', async () => {
    await write({ 'x/x.go': 'package x\n' });
    expect((await findModuleSources([root], 'm')).files).toEqual(['m/x/x.go']);
    expect((await findModuleSources([join(root, 'none')], 'm')).files).toEqual([]);
  });

  it('follows no links', async () => {
    await write({ 'go.mod': 'module m\n', 'a.go': 'package m\n' });
    await symlink(root, join(root, 'again'));
    expect((await findModuleSources([root], null)).files).toEqual(['m/a.go']);
  });
});

describe('findModuleRoot', () => {
  it('finds the folder with the go.mod of this module, and no other', async () => {
    await write({ 'go.mod': 'module m\n', 'a/b/c.go': 'package b\n' });
    expect(await findModuleRoot(join(root, 'a/b/c.go'), 'm')).toBe(root);
    expect(await findModuleRoot(join(root, 'a/b/c.go'), 'other')).toBeNull();
    expect(await findModuleRoot('m/a/b/c.go', 'm')).toBeNull();
  });
});
