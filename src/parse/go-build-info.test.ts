import { describe, expect, it } from 'vitest';
import { mutate } from '../testing/mutate.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { readGoBuildInfo, type GoBuildInfo } from './go-build-info.ts';

const MODULES = 'path\texample.com/orders/cmd/orders\nmod\texample.com/orders\tv1.4.2\th1:abc=\ndep\tx\tv1\n';
const FRAME = 'S'.repeat(16);
const DATA_OFFSET = 0x200;
const DATA_ADDRESS = 0x500000;

/** A 64-bit little-endian ELF file of one data segment, with or without the section that names the build info. */
function drawElf(data: Uint8Array, hasSection: boolean): Uint8Array {
  const names = new TextEncoder().encode('\0.go.buildinfo\0.shstrtab\0');
  const namesAt = DATA_OFFSET + data.length;
  const sectionsAt = namesAt + names.length;
  const file = new Uint8Array(sectionsAt + (hasSection ? 3 * 64 : 0));
  const view = new DataView(file.buffer);
  const word = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  word(32, 64); // program headers
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 1, true); // PT_LOAD
  view.setUint32(68, 6, true); // read, write
  word(72, DATA_OFFSET);
  word(80, DATA_ADDRESS);
  word(96, data.length);
  file.set(data, DATA_OFFSET);
  file.set(names, namesAt);
  if (!hasSection) return file;
  word(40, sectionsAt);
  view.setUint16(58, 64, true);
  view.setUint16(60, 3, true);
  view.setUint16(62, 2, true);
  const section = (row: number, name: number, offset: number, size: number) => {
    view.setUint32(sectionsAt + row * 64, name, true);
    word(sectionsAt + row * 64 + 24, offset);
    word(sectionsAt + row * 64 + 32, size);
  };
  section(1, 1, DATA_OFFSET, data.length);
  section(2, 15, namesAt, names.length);
  return file;
}

function header(flags: number): Uint8Array {
  const bytes = new Uint8Array(32);
  bytes.set([0xff, ...new TextEncoder().encode(' Go buildinf:'), 8, flags]);
  return bytes;
}

function counted(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>= 7) {
    length.push(rest < 128 ? rest : (rest & 127) | 128);
    if (rest < 128) return [...length, ...bytes];
  }
}

/** Go 1.18 and later. */
function inline(version: string, modules: string): Uint8Array {
  return Uint8Array.from([...header(2), ...counted(version), ...counted(modules)]);
}

/** Go 1.13 to 1.17: pointers to string headers. */
function pointed(version: string, modules: string): Uint8Array {
  const bytes = new Uint8Array(32 + 32 + version.length + modules.length);
  const view = new DataView(bytes.buffer);
  bytes.set(header(0));
  const put = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  put(16, DATA_ADDRESS + 32);
  put(24, DATA_ADDRESS + 48);
  put(32, DATA_ADDRESS + 64);
  put(40, version.length);
  put(48, DATA_ADDRESS + 64 + version.length);
  put(56, modules.length);
  bytes.set(new TextEncoder().encode(version + modules), 64);
  return bytes;
}

function read(file: Uint8Array): Promise<GoBuildInfo | null> {
  return readGoBuildInfo((offset, length) => Promise.resolve(file.subarray(offset, offset + length)));
}

const ORDERS: GoBuildInfo = {
  goVersion: 'go1.26.8',
  packagePath: 'example.com/orders/cmd/orders',
  module: 'example.com/orders',
  moduleVersion: 'v1.4.2',
};

describe('readGoBuildInfo', () => {
  const now = inline('go1.26.8', FRAME + MODULES + FRAME);
  const old = pointed('go1.15.15', FRAME + MODULES + FRAME);

  it('reads what Go 1.18 and later write, by section and by segment', async () => {
    expect(await read(drawElf(now, true))).toEqual(ORDERS);
    expect(await read(drawElf(now, false))).toEqual(ORDERS);
  });

  it('follows the pointers of Go 1.13 to 1.17', async () => {
    expect(await read(drawElf(old, true))).toEqual({ ...ORDERS, goVersion: 'go1.15.15' });
  });

  it('finds it on any boundary of 16 bytes of the data segment', async () => {
    const later = Uint8Array.from([...new Uint8Array(48), ...now]);
    expect(await read(drawElf(later, false))).toEqual(ORDERS);
    const astray = Uint8Array.from([...new Uint8Array(8), ...now]);
    expect(await read(drawElf(astray, false))).toBeNull();
  });

  it('gives the version alone where the build has no modules, and leaves experiments out of it', async () => {
    expect(await read(drawElf(inline('go1.26.8 X:synctest', ''), true))).toEqual({
      goVersion: 'go1.26.8',
      packagePath: null,
      module: null,
      moduleVersion: null,
    });
  });

  it('takes no other file for a Go program', async () => {
    expect(await read(drawElf(new Uint8Array(64), true))).toBeNull();
    expect(await read(new TextEncoder().encode('#!/bin/sh\nexit 0\n'.repeat(9)))).toBeNull();
    expect(await read(drawElf(inline('1.0', ''), true))).toBeNull();
  });

  it('names no other module or version where a file is cut short', async () => {
    for (const whole of [drawElf(now, true), drawElf(old, false)]) {
      for (let end = 0; end < whole.length; end++) {
        const found = await read(whole.slice(0, end));
        expect([ORDERS.module, null, undefined]).toContain(found?.module);
        expect(['go1.26.8', 'go1.15.15', undefined]).toContain(found?.goVersion);
      }
    }
  });

  it('never throws, and asks for no more than megabytes, whatever is damaged', async () => {
    const random = seededRandom(7);
    for (let round = 0; round < 2000; round++) {
      const file = mutate(drawElf(round % 2 ? now : old, round % 3 > 0), random);
      await readGoBuildInfo((offset, length) => {
        expect(length).toBeLessThanOrEqual(1 << 20);
        return Promise.resolve(file.subarray(offset, offset + length));
      });
    }
  });
});
