import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decompressProfile } from './decompress-profile.ts';
import { xxh64 } from './xxh64.ts';

const PLAIN = Uint8Array.from({ length: 50_000 }, (_, i) => (i * i) % 251);
const ROOM = 1 << 20;

/** One frame of one block that is stored as it is. */
function zstdFrame(content: Uint8Array, checksum: bigint | null): Uint8Array {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(0xfd2fb528);
  // A single segment, its size in four bytes; with a checksum or without.
  header[4] = 0b1010_0000 | (checksum === null ? 0 : 4);
  header.writeUInt32LE(content.length, 5);
  const block = Buffer.alloc(3);
  block.writeUIntLE((content.length << 3) | 1, 0, 3);
  const tail = Buffer.alloc(checksum === null ? 0 : 4);
  if (checksum !== null) tail.writeUInt32LE(Number(BigInt.asUintN(32, checksum)));
  return Buffer.concat([header, block, content, tail]);
}

async function failure(bytes: Uint8Array): Promise<unknown> {
  return decompressProfile(bytes, ROOM).then(
    () => null,
    (error: unknown) => error,
  );
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] ^= 0xff;
  return copy;
}

describe('compressed profiles', () => {
  it('reads several gzip members as one stream', async () => {
    const members = Buffer.concat([gzipSync(PLAIN.subarray(0, 100)), gzipSync(PLAIN.subarray(100))]);
    expect(Buffer.from(await decompressProfile(members, ROOM)).equals(PLAIN)).toBe(true);
  });

  it('names the byte with which damage in gzip shows: in the header, in a block, in the checksum', async () => {
    const gzip = gzipSync(PLAIN);
    expect(await failure(flipped(gzip, 2))).toMatchObject({ place: { offset: 3 } });
    const inBlock = (await failure(flipped(gzip, 30))) as { place: { offset: number } };
    expect(inBlock.place.offset).toBeGreaterThanOrEqual(30);
    expect(inBlock.place.offset).toBeLessThan(gzip.length);
    const inChecksum = (await failure(flipped(gzip, gzip.length - 7))) as { place: { offset: number } };
    expect(inChecksum.place.offset).toBe(gzip.length - 5);
  });

  it('does not look for the place of damage that shows only after 32 MiB of output', async () => {
    const gzip = gzipSync(Buffer.alloc(33 * ROOM));
    const damaged = flipped(gzip, gzip.length - 7);
    const refusal = decompressProfile(damaged, 64 * ROOM);
    await expect(refusal).rejects.toMatchObject({ code: 'PROFILE_INVALID' });
    await expect(refusal).rejects.not.toHaveProperty('place.offset');
  });

  it('refuses every cut of gzip with the length of what is there', async () => {
    const gzip = gzipSync(PLAIN.subarray(0, 300));
    for (let length = 2; length < gzip.length; length++)
      expect(await failure(gzip.subarray(0, length))).toMatchObject({
        place: { offset: length, field: 'gzip', value: 'end of input' },
      });
  });

  it('reads zstd frames one after the other, with and without a checksum', async () => {
    const [first, rest] = [PLAIN.subarray(0, 100), PLAIN.subarray(100)];
    const frames = Buffer.concat([zstdFrame(first, null), zstdFrame(rest, xxh64(rest))]);
    expect(Buffer.from(await decompressProfile(frames, ROOM)).equals(PLAIN)).toBe(true);
  });

  it('refuses zstd whose content is not what its checksum says, and every cut of it', async () => {
    const frame = zstdFrame(PLAIN, xxh64(PLAIN));
    expect(await failure(flipped(frame, 4000))).toMatchObject({ place: { offset: frame.length - 4 } });
    for (const length of [5, 9, 11, 4000, frame.length - 1])
      expect(await failure(frame.subarray(0, length))).toMatchObject({
        place: { offset: length, field: 'zstd', value: 'end of input' },
      });
  });

  // Vectors of the reference implementation.
  it.each([
    ['', 0xef46db3751d8e999n],
    ['abc', 0x44bc2cf5ad770999n],
    ['Nobody inspects the spammish repetition', 0xfbcea83c8a378bf1n],
  ])('has the 64-bit hash of %j', (text, hash) => {
    expect(xxh64(new TextEncoder().encode(text))).toBe(hash);
  });
});
