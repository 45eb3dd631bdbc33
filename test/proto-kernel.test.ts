// The WebAssembly decoder against the one in TypeScript and against zlib.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { constants, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { PlimsollError } from '../src/base/errors.ts';
import type * as UsualGzip from '../src/pipeline/decode-usual-gzip.ts';
import type * as KernelFile from '../src/pipeline/kernel-file.ts';
import { decodeProto } from '../src/pprof/decode-proto.ts';
import { encodeProfile } from '../src/pprof/encode-proto.ts';
import type { ProtoKernel } from '../src/pprof/proto-kernel.ts';
import type { Profile } from '../src/pprof/tables.ts';
import { fixtureNames, fixturePath } from '../src/testing/fixture-profiles.ts';
import { ROOT, requireBuild } from './built-cli.ts';
import { mutantOf, seededRandom } from './fuzz/mutate.mjs';

requireBuild();

const MUTANTS = 4000;
const SEED = 20_261_121;

let kernel: ProtoKernel;
let largeKernel: ProtoKernel;
let decodeSmallGzip: typeof UsualGzip.decodeSmallGzip;
let decodeUsualGzip: typeof UsualGzip.decodeUsualGzip;
beforeAll(async () => {
  const load = (path: string): Promise<unknown> => import(pathToFileURL(join(ROOT, 'dist', path)).href);
  const { kernelFor } = (await load('pipeline/kernel-file.js')) as typeof KernelFile;
  ({ decodeSmallGzip, decodeUsualGzip } = (await load('pipeline/decode-usual-gzip.js')) as typeof UsualGzip);
  const [small, large] = [kernelFor(1), kernelFor(2 ** 21)];
  if (small === null || large === null) throw new Error('the build has no kernel');
  [kernel, largeKernel] = [small, large];
});

function decode(plain: Uint8Array, using = kernel): Profile | null {
  const placed = using.place(plain);
  return placed === null ? null : using.decode(placed);
}

function inflate(compressed: Uint8Array, size: number): Buffer | null {
  const placed = kernel.inflate(compressed, size);
  return placed === null ? null : Buffer.from(kernel.view(placed));
}

/** The strings one by one: the bytes between them are nobody's. */
function contentOf(profile: Profile) {
  const { strings, ...rest } = profile;
  return { ...rest, strings: Array.from({ length: strings.length }, (_, row) => strings.get(row)) };
}

function fixtures(): Map<string, Uint8Array> {
  const names = fixtureNames('.pb.gz');
  return new Map(names.map((name) => [name, new Uint8Array(gunzipSync(readFileSync(fixturePath(name))))]));
}

/** What the other decoder says; null = it refuses. */
function wanted(plain: Uint8Array): ReturnType<typeof contentOf> | null {
  try {
    return contentOf(decodeProto(plain));
  } catch (error) {
    if (error instanceof PlimsollError) return null;
    throw error;
  }
}

describe('the kernel', () => {
  it('makes the same tables of each profile that it takes, and takes those that Go writes of memory, goroutines and threads', () => {
    for (const [name, plain] of fixtures()) {
      const found = decode(plain);
      if (/heap|allocs|goroutine|threadcreate/.test(name)) expect(found, name).not.toBeNull();
      if (found === null) continue;
      expect(contentOf(found), name).toEqual(wanted(plain));
      expect(contentOf(decode(plain, largeKernel) as Profile), name).toEqual(wanted(plain));
    }
  });

  it('keeps addresses beyond 2^53 exact, of the column that has one, and takes negative times', () => {
    const [plain] = [...fixtures().values()];
    const profile = decodeProto(plain);
    const { locations, mappings, header } = profile;
    const limit = BigUint64Array.from(mappings.limit, BigInt).fill(2n ** 64n - 4096n, 0, 1);
    const wide: Profile = {
      ...profile,
      header: { ...header, timeNanos: -(2n ** 63n), durationNanos: 2n ** 63n - 1n },
      mappings: { ...mappings, limit },
      locations: {
        ...locations,
        address: BigUint64Array.from(locations.address, BigInt).fill(2n ** 64n - 1n, 1, 2),
      },
    };
    const message = encodeProfile(wide);
    const found = decode(message) as Profile;
    expect(contentOf(found)).toEqual(wanted(message));
    expect(found.locations.address[1]).toBe(2n ** 64n - 1n);
    expect(found.mappings.limit[0]).toBe(2n ** 64n - 4096n);
    expect(found.mappings.offset).toBeInstanceOf(Float64Array);
    expect(found.header.timeNanos).toBe(-(2n ** 63n));
  });

  it('takes no damaged profile that the other decoder refuses, and reads none differently', () => {
    const inputs = [...fixtures().values()];
    let taken = 0;
    for (let number = 0; number < MUTANTS; number++) {
      const plain = mutantOf(inputs, SEED, number);
      let found: Profile | null;
      try {
        found = decode(plain);
      } catch (error) {
        expect((error as Error).constructor.name, `case ${number}`).toBe('PlimsollError');
        expect(wanted(plain), `case ${number}`).toBeNull();
        found = null;
      }
      if (found === null) continue;
      taken++;
      expect(contentOf(found), `case ${number}`).toEqual(wanted(plain));
    }
    expect(taken).toBeGreaterThan(MUTANTS / 50);
  }, 120_000);

  it('keeps what it gave when it reads the next profile', () => {
    const [first, second] = [...fixtures().values()];
    const kept = decode(first) as Profile;
    decode(second);
    expect(contentOf(kept)).toEqual(wanted(first));
  });

  it('reads what our encoder writes, with more than 128 strings, functions and samples', () => {
    for (const plain of fixtures().values()) {
      const again = encodeProfile(decodeProto(plain));
      const found = decode(again);
      if (found !== null) expect(contentOf(found)).toEqual(wanted(again));
    }
  });

  it('leaves cut profiles to the decoder that says what is missing', () => {
    const [plain] = [...fixtures().values()];
    for (let length = 0; length < plain.length; length += 1 + (length >> 7)) {
      const cut = plain.subarray(0, length);
      const found = decode(cut);
      if (found !== null) expect(contentOf(found), `${length} bytes`).toEqual(wanted(cut));
    }
  });
});

describe('its decompression', () => {
  const random = seededRandom(SEED);
  const noise = Uint8Array.from({ length: 70_000 }, () => Math.floor(random() * 256));
  const few = Uint8Array.from({ length: 70_000 }, () => Math.floor(random() ** 8 * 256));
  const texts = [
    Buffer.alloc(0),
    Buffer.from('a'),
    Buffer.alloc(66_000, 'a'),
    Buffer.alloc(66_000, 'abcdefg'),
    noise,
    few,
    readFileSync(import.meta.filename),
  ];
  const strategies = [
    constants.Z_DEFAULT_STRATEGY,
    constants.Z_FIXED,
    constants.Z_HUFFMAN_ONLY,
    constants.Z_RLE,
  ];

  it('gives back what zlib compressed, at every level and with every kind of block', () => {
    for (const [number, text] of texts.entries())
      for (const strategy of strategies)
        for (let level = 0; level <= 9; level++) {
          const compressed = deflateRawSync(text, { level, strategy });
          const found = inflate(compressed, text.length);
          expect(found?.equals(text), `text ${number}, level ${level}, strategy ${strategy}`).toBe(true);
        }
  });

  it('refuses every cut and every other size', () => {
    for (const text of [few.subarray(0, 3000), texts[6].subarray(0, 3000)]) {
      const compressed = deflateRawSync(text);
      for (let length = 0; length < compressed.length; length++)
        expect(inflate(compressed.subarray(0, length), text.length), `${length} bytes`).toBeNull();
      for (const size of [0, 1, text.length - 1, text.length + 1, text.length + 300])
        expect(inflate(compressed, size), `size ${size}`).toBeNull();
    }
  });

  it('takes damaged data only as zlib does', () => {
    const compressed = deflateRawSync(texts[6].subarray(0, 4000));
    for (let number = 0; number < 20_000; number++) {
      const damaged = Uint8Array.from(compressed);
      damaged[Math.floor(random() * damaged.length)] ^= 1 << Math.floor(random() * 8);
      const found = inflate(damaged, 4000);
      if (found === null) continue;
      const gzip = gzipSync(found);
      // The same bytes come out of zlib, which was given the damaged ones.
      expect(Buffer.compare(inflatedByZlib(damaged, gzip), found), `case ${number}`).toBe(0);
    }
  });
});

describe('a small compressed profile', () => {
  it('is left to zlib when a bit is wrong that changes what comes out, or something follows', () => {
    const name = fixtureNames('.pb.gz').find((each) => each.includes('goroutine')) ?? '';
    const bytes = new Uint8Array(readFileSync(fixturePath(name)));
    expect(decodeSmallGzip(bytes, 1 << 27)).not.toBeNull();
    expect(decodeSmallGzip(bytes, 100)).toBeNull();
    for (let at = 10; at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] ^= 1 << (at & 7);
      // Some distances lead to the same bytes.
      if (decodeSmallGzip(damaged, 1 << 27) !== null)
        expect(gunzipSync(damaged).equals(gunzipSync(bytes)), `byte ${at}`).toBe(true);
    }
    expect(decodeSmallGzip(Buffer.concat([bytes, bytes]), 1 << 27)).toBeNull();
    expect(decodeSmallGzip(Buffer.concat([bytes, Buffer.alloc(8)]), 1 << 27)).toBeNull();
  });
});

describe('a large compressed profile', () => {
  const TABLE_BYTES = 2 ** 28;

  /** Samples of a fixture again and again, more than a megabyte of them. */
  function largePlain(): Uint8Array {
    const profile = decodeProto(fixtures().values().next().value as Uint8Array);
    const { samples } = profile;
    const times = Math.ceil(60_000 / samples.length);
    const length = samples.length * times;
    const repeated = {
      length,
      stack: Int32Array.from({ length }, (_, row) => samples.stack[row % samples.length]),
      values: samples.values.map((column) =>
        Float64Array.from({ length }, (_, row) => Number(column[row % samples.length]) + row),
      ),
      labelStart: new Int32Array(length + 1),
    } as unknown as Profile['samples'];
    return encodeProfile({ ...profile, samples: repeated });
  }

  it('is read without zlib as it is with it, and refused when a bit is wrong that changes what comes out', () => {
    const plain = largePlain();
    expect(plain.length).toBeGreaterThan(2 ** 20);
    const bytes = new Uint8Array(gzipSync(plain));
    expect(decodeSmallGzip(bytes, 2 ** 27)).toBeNull();
    const found = decodeUsualGzip(bytes, 2 ** 27, TABLE_BYTES) as Profile;
    expect(contentOf(found)).toEqual(wanted(plain));
    for (let at = 10; at < bytes.length; at += 1 + (bytes.length >> 5)) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] ^= 1 << (at & 7);
      const other = decodeUsualGzip(damaged, 2 ** 27, TABLE_BYTES);
      if (other !== null) expect(gunzipSync(damaged).equals(plain), `byte ${at}`).toBe(true);
    }
  });

  it('is left to those who tell why, when it or its tables are larger than they may be', () => {
    const plain = largePlain();
    const bytes = new Uint8Array(gzipSync(plain));
    expect(decodeUsualGzip(bytes, plain.length - 1, TABLE_BYTES)).toBeNull();
    expect(decodeUsualGzip(bytes, plain.length, 1000)).toBeNull();
    expect(decodeUsualGzip(bytes, plain.length, TABLE_BYTES)).not.toBeNull();
  });

  it('is none that is not compressed, nor a cut one', () => {
    const plain = largePlain();
    expect(decodeUsualGzip(plain, 2 ** 27, TABLE_BYTES)).toBeNull();
    const bytes = new Uint8Array(gzipSync(plain));
    for (const length of [0, 1, 17, 20, bytes.length >> 1, bytes.length - 1])
      expect(decodeUsualGzip(bytes.subarray(0, length), 2 ** 27, TABLE_BYTES), `${length} bytes`).toBeNull();
  });
});

/** A gzip frame of `sound` around other DEFLATE data. */
function inflatedByZlib(compressed: Uint8Array, sound: Buffer): Buffer {
  return gunzipSync(Buffer.concat([sound.subarray(0, 10), compressed, sound.subarray(-8)]));
}
