import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkProfile } from '../profile/check-profile.ts';
import { drawDump } from '../testing/drawn-dump.ts';
import { readFixture } from '../testing/fixture-profiles.ts';
import { decodeReceivedProfile } from './decode-bytes.ts';
import { listBuffers, packTable, unpackTable } from './decode-messages.ts';

function decodeFixture() {
  const decoded = decodeReceivedProfile(readFixture('heap.pb.gz'));
  if (decoded.form !== 'proto') throw new Error(`expected proto, got ${decoded.form}`);
  return decoded.profile;
}

describe('a profile on its way out of the decoding thread', () => {
  it('arrives as it was, through structured cloning with transferred buffers', () => {
    const profile = decodeFixture();
    const name = profile.strings.get(profile.functions.name[0]);
    const rows = profile.samples.length;
    const packed = packTable(profile);
    const received = unpackTable(structuredClone(packed, { transfer: [...listBuffers(packed)] }));
    checkProfile(received);
    expect(received.strings.get(received.functions.name[0])).toBe(name);
    expect(received.samples.length).toBe(rows);
    expect(profile.strings.bytes.length).toBe(0); // moved, not copied
  });

  it('may be a dump of goroutines', () => {
    const decoded = decodeReceivedProfile(
      drawDump('2 | select, 4 minutes | lib.run@/lib/run.go:9 | main.Open@/a.go:4'),
    );
    if (decoded.form !== 'goroutine-dump') throw new Error(`expected a dump, got ${decoded.form}`);
    const packed = packTable(decoded.dump);
    const received = unpackTable(structuredClone(packed, { transfer: [...listBuffers(packed)] }));
    const { goroutines, frames, strings } = received;
    expect(strings.get(frames.function[goroutines.createdBy[1]])).toBe('main.Open');
    expect([...goroutines.waitMinutes]).toEqual([4, 4]);
  });

  it('holds no array of strings or objects per row', () => {
    const buffers = listBuffers(packTable(decodeFixture()));
    expect(buffers.size).toBeGreaterThan(5);
    expect(buffers.size).toBeLessThan(60);
  });
});

describe('decodeReceivedProfile', () => {
  it('stops a gzip bomb at its bound instead of filling memory', () => {
    const bomb = gzipSync(new Uint8Array(4 * 1024 * 1024));
    expect(() => decodeReceivedProfile(bomb, 1024 * 1024)).toThrow('decompresses to more than 1 MiB');
  });

  it('refuses a profile cut anywhere in its gzip data', () => {
    const whole = readFixture('goroutine.pb.gz');
    for (let length = 2; length < whole.length; length += 7) {
      expect(() => decodeReceivedProfile(whole.subarray(0, length))).toThrow(/^pprof: /);
    }
  });
});
