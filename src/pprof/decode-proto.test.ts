import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { checkProfile } from '../profile/check-profile.ts';
import { drawProfile, renderSamples } from '../testing/drawn-profile.ts';
import { fixtureNames, readFixture } from '../testing/fixture-profiles.ts';
import { mutate } from '../testing/mutate.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { decodeProto } from './decode-proto.ts';
import { encodeProfile } from './encode-proto.ts';
import { WireWriter } from './wire-writer.ts';

/** Refusal of these bytes as `field: fact`, or what went wrong with refusing. */
function refusal(bytes: Uint8Array): string {
  try {
    decodeProto(bytes);
  } catch (error) {
    if (!(error instanceof PlimsollError)) throw error;
    expect(error.code).toBe('PROFILE_INVALID');
    expect(error.place.offset).toBeGreaterThanOrEqual(0);
    expect(error.place.value).toBeDefined();
    return `${error.place.field}: ${error.message.split(': ').at(-1)}`;
  }
  return 'accepted';
}

const STRINGS = ['', 'samples', 'count', 'main.run', 'main.go'];

interface Parts {
  readonly types?: number;
  readonly sample?: (writer: WireWriter) => void;
  readonly location?: (writer: WireWriter) => void;
  readonly function?: (writer: WireWriter) => void;
  readonly more?: (writer: WireWriter) => void;
  readonly strings?: readonly string[];
}

/** A small valid message, any part of which can be replaced. */
function message(parts: Parts): Uint8Array {
  const writer = new WireWriter();
  for (let i = 0; i < (parts.types ?? 1); i++)
    writer.message(1, () => {
      writer.integer(1, 1);
      writer.integer(2, 2);
    });
  const sample =
    parts.sample ??
    ((w: WireWriter): void => {
      w.integer(1, 1);
      w.integer(2, 7);
    });
  writer.message(2, () => sample(writer));
  writer.message(4, () => (parts.location ?? locationOne)(writer));
  writer.message(5, () => (parts.function ?? functionOne)(writer));
  for (const text of parts.strings ?? STRINGS) writer.bytes(6, new TextEncoder().encode(text));
  parts.more?.(writer);
  return writer.finish();
}

function locationOne(writer: WireWriter): void {
  writer.integer(1, 1);
  writer.message(4, () => {
    writer.integer(1, 1);
    writer.integer(2, 12);
  });
}

function functionOne(writer: WireWriter): void {
  writer.integer(1, 1);
  writer.integer(2, 3);
  writer.integer(4, 4);
}

describe('decodeProto', () => {
  it('reads repeated numbers packed and one by one alike', () => {
    const unpacked = message({});
    const packed = message({
      sample: (w) => {
        w.message(1, () => w.value(1));
        w.message(2, () => w.value(7));
      },
    });
    expect(renderSamples(decodeProto(unpacked))).toBe('main.run@main.go:12 = 7');
    expect(renderSamples(decodeProto(packed))).toBe('main.run@main.go:12 = 7');
  });

  it('passes over fields that it does not know, in every message', () => {
    const unknown = (w: WireWriter): void => {
      w.integer(90, 5);
      w.bytes(91, Uint8Array.of(1, 2, 3));
    };
    const bytes = message({
      more: unknown,
      location: (w) => (unknown(w), locationOne(w)),
      function: (w) => (functionOne(w), unknown(w)),
    });
    expect(renderSamples(decodeProto(bytes))).toBe('main.run@main.go:12 = 7');
  });

  it('keeps int64 values exact and widens only the column that needs it', () => {
    const drawn = drawProfile(`
      types a/count b/count c/count
      main.run = 9007199254740991 9007199254740992 -1
      main.run > main.go = 1 -9223372036854775808 -9007199254740991
    `);
    const again = decodeProto(encodeProfile(drawn));
    expect(renderSamples(again)).toBe(renderSamples(drawn));
    expect(again.samples.values.map((column) => column.constructor.name)).toEqual([
      'Float64Array',
      'BigInt64Array',
      'Float64Array',
    ]);
  });

  it('keeps addresses and ids beyond 2^63 as they are', () => {
    const kernel = 0xffffffff81000000n;
    const bytes = message({
      sample: (w) => {
        w.integer(1, 2n ** 64n - 1n);
        w.integer(2, 7);
      },
      location: (w) => {
        w.integer(1, 2n ** 64n - 1n);
        w.integer(3, kernel);
      },
    });
    const { locations } = decodeProto(bytes);
    expect([locations.address[0], locations.id?.[0]]).toEqual([kernel, 2n ** 64n - 1n]);
    expect(decodeProto(encodeProfile(decodeProto(bytes))).locations).toEqual(locations);
  });

  it('stores equal stacks once', () => {
    const { samples, stacks } = decodeProto(
      encodeProfile(
        drawProfile(`
          types n/count
          main.a > main.b = 1 bytes:64
          main.a > main.c = 2
          main.a > main.b = 3 bytes:128
        `),
      ),
    );
    expect([stacks.length, ...samples.stack]).toEqual([2, 0, 1, 0]);
  });

  it('drops a numeric label of 0 without unit, which cannot be told from nothing', () => {
    const drawn = drawProfile(`
      types n/count
      main.a = 1 zero:0 some:0bytes text="x"
    `);
    expect(renderSamples(decodeProto(encodeProfile(drawn)))).toBe('main.a = 1 some:0bytes text="x"');
  });

  it('takes a mapping id that does not exist for no mapping, as google/pprof does', () => {
    const bytes = message({
      location: (w) => {
        locationOne(w);
        w.integer(2, 99);
      },
    });
    expect([...decodeProto(bytes).locations.mapping]).toEqual([-1]);
  });

  it.each<[string, Uint8Array]>([
    ['profile.string_table: there is no string table: this is no profile', message({ strings: [] })],
    ['profile.string_table: the first string must be empty', message({ strings: ['x', ...STRINGS] })],
    ['sample.value: 1 values for 2 sample types', message({ types: 2 })],
    [
      'sample.value: 3 values for 1 sample types',
      message({ sample: (w) => [1, 2, 3].forEach((v) => w.integer(2, v)) }),
    ],
    ['profile.sample_type: samples without a sample type', message({ types: 0 })],
    [
      'sample.location_id: there is no location with id 5',
      message({ sample: (w) => (w.integer(1, 5), w.integer(2, 1)) }),
    ],
    ['location.id: the id is 0 or missing', message({ location: (w) => w.integer(3, 4096) })],
    ['location.id: id 1 occurs twice', message({ more: (w) => w.message(4, () => locationOne(w)) })],
    ['function.id: id 1 occurs twice', message({ more: (w) => w.message(5, () => functionOne(w)) })],
    ['mapping.id: the id is 0 or missing', message({ more: (w) => w.message(3, () => w.integer(2, 1)) })],
    [
      'line.function_id: there is no function with id 8',
      message({ location: (w) => (w.integer(1, 1), w.message(4, () => w.integer(1, 8))) }),
    ],
    [
      'line.function_id: a line without a function',
      message({ location: (w) => (w.integer(1, 1), w.message(4, () => w.integer(2, 8))) }),
    ],
    [
      'function.name: index 77 of a table with 5 entries',
      message({ function: (w) => (w.integer(1, 1), w.integer(2, 77)) }),
    ],
    [
      'function.name: index -1 of a table with 5 entries',
      message({ function: (w) => (w.integer(1, 1), w.integer(2, -1)) }),
    ],
    [
      'profile.time_nanos: several profiles were glued together',
      message({ more: (w) => (w.integer(9, 5), w.integer(9, 6)) }),
    ],
    ['sample.label: wire type 0 is wrong for this field', message({ sample: (w) => w.integer(3, 1) })],
    [
      'profile.period: wire type 2 is wrong for this field',
      message({ more: (w) => w.bytes(12, STRINGS_BYTES) }),
    ],
  ])('refuses %s', (expected, bytes) => {
    expect(refusal(bytes)).toContain(expected.split(': ').at(-1));
    expect(refusal(bytes)).toContain(expected.split(':')[0]);
  });

  it.each<[string, readonly number[]]>([
    ['a varint of more than 10 bytes', [0x48, ...Array<number>(10).fill(0xff), 0x01]],
    ['the varint is cut off', [0x48, 0xff]],
    ['a length of 100 bytes where 1 are left', [0x32, 100, 0]],
    [
      'a length of 18446744073709551615 bytes where 0 are left',
      [0x32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ],
    ['wire type 3 does not exist in profiles', [0xf3, 0x01]],
    ['the number is cut off', [0xf9, 0x01, 1, 2]],
  ])('refuses %s', (expected, bytes) => {
    expect(refusal(Uint8Array.from(bytes))).toContain(expected);
  });

  it('names the byte, the field and what it found', () => {
    const error = (() => {
      try {
        return decodeProto(Uint8Array.of(0x32, 0, 0x12, 5, 1));
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(String(error)).toBe(
      'PlimsollError: pprof: byte 3, field profile.sample, found "5": a length of 5 bytes where 1 are left',
    );
  });
});

const STRINGS_BYTES = new TextEncoder().encode('12');

describe.each(fixtureNames('.pb.gz'))('decodeProto of %s', (name) => {
  const bytes = readFixture(name);

  it('gives tables that hold their invariants, and the same ones after encoding', () => {
    const profile = decodeProto(bytes);
    checkProfile(profile);
    const again = decodeProto(encodeProfile(profile));
    expect(again.samples).toEqual(profile.samples);
    expect(again.labels).toEqual(profile.labels);
    expect(again.stacks).toEqual(profile.stacks);
    expect(again.locations).toEqual(profile.locations);
    expect(again.lines).toEqual(profile.lines);
    expect(again.functions).toEqual(profile.functions);
    expect(again.mappings).toEqual(profile.mappings);
    expect(again.header).toEqual(profile.header);
    expect(renderSamples(again)).toBe(renderSamples(profile));
  });

  it('is refused when cut at any byte, or is a valid shorter message', () => {
    let accepted = 0;
    for (let length = 0; length < bytes.length; length++) {
      const outcome = refusal(bytes.subarray(0, length));
      if (outcome !== 'accepted') continue;
      accepted++;
      checkProfile(decodeProto(bytes.subarray(0, length)));
    }
    // Cuts between the last, optional fields leave a smaller but whole profile; no protocol buffer can tell.
    expect(accepted).toBeLessThan(12);
  });

  it('never does anything but decode or refuse, whatever is changed in it', () => {
    const random = seededRandom(20_260_101);
    for (let round = 0; round < 3000; round++) {
      const mutant = mutate(bytes, random);
      const outcome = refusal(mutant);
      if (outcome === 'accepted') checkProfile(decodeProto(mutant));
    }
  });
});
