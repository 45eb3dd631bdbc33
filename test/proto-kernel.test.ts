// The WebAssembly decoder against the one in TypeScript and against zlib.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { constants, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { PlimsollError } from '../src/base/errors.ts';
import type * as UsualGzip from '../src/pipeline/decode-usual-gzip.ts';
import type * as KernelFile from '../src/pipeline/kernel-file.ts';
import type * as DecodeParts from '../src/pprof/decode-parts.ts';
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
let decodeReceivedGzip: typeof UsualGzip.decodeReceivedGzip;
let decodeUsualGzip: typeof UsualGzip.decodeUsualGzip;
let decodeInParts: typeof DecodeParts.decodeInParts;
beforeAll(async () => {
  const load = (path: string): Promise<unknown> => import(pathToFileURL(join(ROOT, 'dist', path)).href);
  const { kernelFor } = (await load('pipeline/kernel-file.js')) as typeof KernelFile;
  ({ decodeReceivedGzip, decodeUsualGzip } = (await load(
    'pipeline/decode-usual-gzip.js',
  )) as typeof UsualGzip);
  ({ decodeInParts } = (await load('pprof/decode-parts.js')) as typeof DecodeParts);
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
    const text = texts[6].subarray(0, 4000);
    const whole = [deflateRawSync(text), deflateRawSync(text, { strategy: constants.Z_FIXED })];
    for (let number = 0; number < 30_000; number++) {
      const damaged = Uint8Array.from(whole[number & 1]);
      damaged[Math.floor(random() * damaged.length)] ^= 1 << Math.floor(random() * 8);
      const found = inflate(damaged, 4000);
      if (found === null) continue;
      const gzip = gzipSync(found);
      // The same bytes come out of zlib, which was given the damaged ones.
      expect(Buffer.compare(inflatedByZlib(damaged, gzip), found), `case ${number}`).toBe(0);
    }
  });
});

/** Code words of the fixed code, as they are read bit by bit, behind the head of a last block. */
function fixedBlock(...words: string[]): Uint8Array {
  const bits = ['1', '10', ...words].join('');
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (let at = 0; at < bits.length; at++) bytes[at >> 3] |= Number(bits[at]) << (at & 7);
  return bytes;
}

describe('the fixed code', () => {
  const letter = '10010001';
  const end = '0000000';

  it('has two lengths and two distances that mean nothing, and are refused', () => {
    expect(inflate(fixedBlock(letter, '0000001', '00000', end), 4)).toEqual(Buffer.from('aaaa'));
    for (const unused of ['11000110', '11000111'])
      for (let size = 0; size < 8; size++)
        expect(inflate(fixedBlock(letter, unused, letter, end), size), unused).toBeNull();
    for (const unused of ['11110', '11111'])
      for (let size = 0; size < 8; size++)
        expect(inflate(fixedBlock(letter, '0000001', unused, letter, end), size), unused).toBeNull();
  });
});

describe('a small compressed profile', () => {
  it('is left to zlib when a bit is wrong that changes what comes out, or something follows', () => {
    const name = fixtureNames('.pb.gz').find((each) => each.includes('goroutine')) ?? '';
    const bytes = new Uint8Array(readFileSync(fixturePath(name)));
    expect(decodeReceivedGzip(bytes, 1 << 27)).not.toBeNull();
    expect(decodeReceivedGzip(bytes, 100)).toBeNull();
    for (let at = 10; at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] ^= 1 << (at & 7);
      // Some distances lead to the same bytes.
      if (decodeReceivedGzip(damaged, 1 << 27) !== null)
        expect(gunzipSync(damaged).equals(gunzipSync(bytes)), `byte ${at}`).toBe(true);
    }
    expect(decodeReceivedGzip(Buffer.concat([bytes, bytes]), 1 << 27)).toBeNull();
    expect(decodeReceivedGzip(Buffer.concat([bytes, Buffer.alloc(8)]), 1 << 27)).toBeNull();
  });
});

/** Samples of a fixture again and again, more than a megabyte of them. */
function largeProfile(): Profile {
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
  return { ...profile, samples: repeated };
}

describe('a profile that is decoded in parts', () => {
  const all = (): boolean => true;
  const inParts = (plain: Uint8Array, level = 6, strategy: number = constants.Z_DEFAULT_STRATEGY) =>
    decodeInParts(kernel, deflateRawSync(plain, { level, strategy }), plain.length, all);

  it('has the tables that the other decoder makes, wherever its parts end', () => {
    const profile = largeProfile();
    const { samples } = profile;
    for (let dropped = 0; dropped < 12; dropped++) {
      const length = samples.length - dropped * 7;
      const fewer = {
        length,
        stack: samples.stack.subarray(dropped * 7),
        values: samples.values.map((column) => column.subarray(dropped * 7)),
        labelStart: new Int32Array(length + 1),
      } as unknown as Profile['samples'];
      const plain = encodeProfile({ ...profile, samples: fewer });
      const found = inParts(plain, dropped % 10) as Profile;
      expect(found, `${dropped} dropped`).not.toBeNull();
      expect(isDeepStrictEqual(contentOf(found), wanted(plain)), `${dropped} dropped`).toBe(true);
    }
  });

  it('is read as every kind of block, with thousands of different stacks and labels', () => {
    const profile = largeProfile();
    const random = seededRandom(SEED);
    const { length } = profile.samples;
    const stacks = 9000;
    const locationStart = Int32Array.from({ length: stacks + 1 }, (_, row) => row * 7);
    const rows = profile.locations.length;
    const varied: Profile = {
      ...profile,
      stacks: {
        length: stacks,
        locationStart,
        location: Uint16Array.from({ length: stacks * 7 }, () => Math.floor(random() * rows)),
      } as unknown as Profile['stacks'],
      samples: {
        ...profile.samples,
        stack: Int32Array.from({ length }, (_, row) => row % stacks),
        labelStart: Int32Array.from({ length: length + 1 }, (_, row) => row),
      } as unknown as Profile['samples'],
      labels: {
        length,
        key: new Int32Array(length).fill(1),
        text: Int32Array.from({ length }, (_, row) => (row % 3 === 0 ? 2 : -1)),
        number: Float64Array.from({ length }, (_, row) => (row % 3 === 0 ? 0 : row + 1)),
        unit: Int32Array.from({ length }, (_, row) => (row % 3 === 1 && row > length / 2 ? 3 : 0)),
      } as unknown as Profile['labels'],
    };
    const plain = encodeProfile(varied);
    const expected = wanted(plain);
    for (const strategy of [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY])
      for (const level of [0, 1, 9])
        expect(
          isDeepStrictEqual(contentOf(inParts(plain, level, strategy) as Profile), expected),
          `strategy ${strategy}, level ${level}`,
        ).toBe(true);
  });

  it('is refused when it is damaged, unusual or points to nothing, and never read differently', () => {
    const inputs = [...fixtures().values()];
    let taken = 0;
    for (let number = 0; number < MUTANTS; number++) {
      const plain = mutantOf(inputs, SEED + 1, number);
      const found = inParts(plain, 1);
      if (found === null) continue;
      taken++;
      expect(contentOf(found), `case ${number}`).toEqual(wanted(plain));
    }
    expect(taken).toBeGreaterThan(MUTANTS / 50);
  }, 120_000);

  it('is refused when its compressed bytes are cut, go on, or hold more or less than was announced', () => {
    const plain = encodeProfile(largeProfile());
    for (const level of [0, 6]) {
      const compressed = deflateRawSync(plain, { level });
      for (let length = 0; length < compressed.length; length += 1 + (compressed.length >> 6))
        expect(
          decodeInParts(kernel, compressed.subarray(0, length), plain.length, all),
          `${length} bytes`,
        ).toBeNull();
      expect(decodeInParts(kernel, compressed.subarray(0, -1), plain.length, all)).toBeNull();
      expect(
        decodeInParts(kernel, Buffer.concat([compressed, Buffer.alloc(1)]), plain.length, all),
      ).toBeNull();
      for (const size of [plain.length - 1, plain.length + 1])
        expect(decodeInParts(kernel, compressed, size, all)).toBeNull();
    }
  });

  it('is left to the other decoder when a message is larger than a part, or a value below 0', () => {
    const profile = largeProfile();
    const { samples } = profile;
    const negative = samples.values.map((column, type) =>
      Float64Array.from(column, Number).fill(-1, 50_000, 50_000 + type),
    );
    const plain = encodeProfile({ ...profile, samples: { ...samples, values: negative } });
    expect(inParts(plain)).toBeNull();
    // A string of 200,000 bytes at the end.
    const long = Buffer.concat([
      encodeProfile(profile),
      Uint8Array.of(0x32, 0xc0, 0x9a, 0x0c),
      Buffer.alloc(200_000, 'x'),
    ]);
    expect(wanted(long)?.strings.at(-1)).toHaveLength(200_000);
    expect(inParts(long)).toBeNull();
    const sound = encodeProfile(profile);
    expect(isDeepStrictEqual(contentOf(inParts(sound) as Profile), wanted(sound))).toBe(true);
  });
});

describe('a large compressed profile', () => {
  const TABLE_BYTES = 2 ** 28;
  const largePlain = (): Uint8Array => encodeProfile(largeProfile());

  it('is read without zlib as it is with it, and refused when a bit is wrong that changes what comes out', () => {
    const plain = largePlain();
    expect(plain.length).toBeGreaterThan(2 ** 20);
    const bytes = new Uint8Array(gzipSync(plain));
    const received = contentOf(decodeReceivedGzip(bytes, 2 ** 27) as Profile);
    expect(isDeepStrictEqual(received, wanted(plain))).toBe(true);
    const found = decodeUsualGzip(bytes, 2 ** 27, TABLE_BYTES) as Profile;
    expect(contentOf(found)).toEqual(wanted(plain));
    for (let at = 10; at < bytes.length; at += 1 + (bytes.length >> 5)) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] ^= 1 << (at & 7);
      const others = [decodeUsualGzip(damaged, 2 ** 27, TABLE_BYTES), decodeReceivedGzip(damaged, 2 ** 27)];
      if (others.some((other) => other !== null))
        expect(gunzipSync(damaged).equals(plain), `byte ${at}`).toBe(true);
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
