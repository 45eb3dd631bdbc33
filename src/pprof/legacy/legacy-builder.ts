// From samples with bare addresses to a Profile. What the old forms have in common is here; each has its own reader.
import { Int32Builder, Int64Builder } from '../columns.ts';
import { ProfileBuilder, type LabelRow, type LineRow } from '../profile-builder.ts';
import { TableBudget } from '../table-budget.ts';
import { NO_ROW, type LocationIndex, type MappingIndex, type Profile } from '../tables.ts';
import type { Int64 } from './go-numbers.ts';
import { mapAddresses, massageMap, type MapEntry } from './memory-map.ts';
import { uninterestingFrames } from './uninteresting.ts';

/**
 * Less than for profile.proto: beside the tables there is the text as a string, as large as the input (128 MiB).
 */
const LEGACY_TABLE_BYTES = 128 * 1024 * 1024;
const SAMPLE_BYTES = 48;
const LOCATION_BYTES = 160;

export interface LegacyHeader {
  /** Type and unit, one pair a value. */
  readonly types: readonly (readonly [string, string])[];
  readonly periodType: readonly [string, string];
  readonly period: Int64;
  readonly durationNanos?: Int64;
}

interface LegacySymbol {
  readonly name: string;
  readonly file: string;
  readonly line: Int64;
}

export class LegacyBuilder {
  readonly #header: LegacyHeader;
  readonly #budget = new TableBudget(LEGACY_TABLE_BYTES);
  readonly #rowOf = new Map<bigint, number>();
  readonly #addresses: bigint[] = [];
  readonly #symbols = new Map<number, LegacySymbol>();
  /** A name is one function, in the file where it was first seen. */
  readonly #fileOf = new Map<string, string>();
  readonly #stackEnd = new Int32Builder();
  readonly #stackRows = new Int32Builder();
  readonly #values: readonly Int64Builder[];
  /** Bytes of one object; only heap profiles have them. */
  readonly #blockSize = new Int64Builder();

  constructor(header: LegacyHeader) {
    this.#header = header;
    this.#values = header.types.map(() => new Int64Builder());
  }

  get sampleCount(): number {
    return this.#stackEnd.length;
  }

  /**
   * @param addresses leaf first, already moved onto their calls.
   * @param more `blockSize`: bytes of one object. `alsoSeen`: addresses that were on the stack before it was cleaned;
   *   pprof keeps their locations.
   */
  addSample(
    addresses: readonly bigint[],
    values: readonly Int64[],
    { blockSize, alsoSeen = [] }: { blockSize?: Int64; alsoSeen?: readonly bigint[] } = {},
  ): void {
    this.#budget.take(SAMPLE_BYTES + 8 * addresses.length, 'sample');
    for (const address of alsoSeen) this.#locationOf(address);
    for (const address of addresses) this.#stackRows.push(this.#locationOf(address));
    this.#stackEnd.push(this.#stackRows.length);
    values.forEach((value, type) => this.#values[type].push(value));
    if (blockSize !== undefined) this.#blockSize.push(blockSize);
  }

  /** One more of the last sample. */
  repeatSample(): void {
    if (this.sampleCount > 0) this.#values[0].add(this.sampleCount - 1, 1);
  }

  /** Names an address; one that no sample has is passed over. Its number no longer counts then. */
  nameAddress(address: bigint, symbol: LegacySymbol): void {
    const row = this.#rowOf.get(address);
    if (row === undefined) return;
    if (!this.#symbols.has(row)) this.#budget.take(LOCATION_BYTES, 'location');
    if (!this.#fileOf.has(symbol.name)) this.#fileOf.set(symbol.name, symbol.file);
    this.#symbols.set(row, symbol);
    this.#addresses[row] = 0n;
  }

  /** @param keepsAddresses false where they are handles that mean nothing outside the process. */
  finish(map: readonly MapEntry[], keepsAddresses = true): Profile {
    const builder = new ProfileBuilder();
    const { types, periodType, period, durationNanos } = this.#header;
    for (const [type, unit] of types) builder.addSampleType(builder.string(type), builder.string(unit));
    const { drop, keep } = uninterestingFrames(types.map(([type]) => type));
    builder.setHeader({
      periodType: builder.string(periodType[0]),
      periodUnit: builder.string(periodType[1]),
      period: BigInt(period),
      durationNanos: BigInt(durationNanos ?? 0),
      dropFrames: builder.string(drop),
      keepFrames: builder.string(keep),
    });
    const locations = this.#addLocations(builder, map, keepsAddresses);
    this.#addSamples(builder, locations);
    return builder.finish();
  }

  #locationOf(address: bigint): number {
    const known = this.#rowOf.get(address);
    if (known !== undefined) return known;
    this.#budget.take(LOCATION_BYTES, 'location');
    const row = this.#addresses.push(address) - 1;
    this.#rowOf.set(address, row);
    return row;
  }

  #addLocations(
    builder: ProfileBuilder,
    map: readonly MapEntry[],
    keepsAddresses: boolean,
  ): readonly LocationIndex[] {
    const { entries, entryOf } = mapAddresses(massageMap(map), this.#addresses);
    const mappings = entries.map(({ file, buildId, ...range }) =>
      builder.addMapping({
        ...range,
        file: builder.string(file),
        buildId: builder.string(buildId),
        flags: 0,
      }),
    );
    return this.#addresses.map((address, row) => {
      const mapping: MappingIndex | typeof NO_ROW = entryOf[row] === -1 ? NO_ROW : mappings[entryOf[row]];
      const symbol = this.#symbols.get(row);
      const lines = symbol === undefined ? [] : [this.#addLine(builder, symbol)];
      const kept = keepsAddresses ? address : 0n;
      return builder.internLocation({ mapping, address: kept, lines, isFolded: false }, row);
    });
  }

  #addLine(builder: ProfileBuilder, { name, file, line }: LegacySymbol): LineRow {
    const text = builder.string(name);
    const row = {
      name: text,
      systemName: text,
      file: builder.string(this.#fileOf.get(name) ?? file),
      startLine: 0,
    };
    return { function: builder.internFunction(row), line, column: 0 };
  }

  #addSamples(builder: ProfileBuilder, locations: readonly LocationIndex[]): void {
    const ends = this.#stackEnd.finish();
    const rows = this.#stackRows.finish();
    const values = this.#values.map((column) => column.finish());
    const blockSize = this.#blockSize.finish();
    const [key, unit] = [builder.string('bytes'), builder.string('')];
    for (let sample = 0; sample < ends.length; sample++) {
      const own = rows.subarray(sample === 0 ? 0 : ends[sample - 1], ends[sample]);
      const stack = builder.internStack(Array.from(own, (row) => locations[row]));
      const labels: LabelRow[] = sample < blockSize.length ? [{ key, number: blockSize[sample], unit }] : [];
      builder.addSample(
        stack,
        values.map((column) => column[sample]),
        labels,
      );
    }
  }
}

/** Return addresses point behind their call; the leaf of some forms is no call. */
export function ontoCall(address: bigint): bigint {
  return BigInt.asUintN(64, address - 1n);
}
