// The data dictionary of decoded profiles. Read this before anything else in the room.
//
// Example: two samples on one stack (two object sizes); the leaf location holds an inlined line.
//
//     sampleTypes  type  [ "inuse_objects", "inuse_space" ]      unit [ "count", "bytes" ]
//     samples      stack [ 0, 0 ]   values [ [ 4, 2 ], [ 256, 2048 ] ]   labelStart [ 0, 1, 2 ]
//     labels       key   [ "bytes", "bytes" ]   number [ 64, 1024 ]   text [ NO_ROW, NO_ROW ]
//     stacks       locationStart [ 0, 2 ]       location [ 0, 1 ]              leaf first
//     locations    lineStart     [ 0, 2, 3 ]    address  [ 0x401, 0x502 ]
//     lines        function      [ 0, 1, 2 ]    line     [ 11, 20, 30 ]        innermost first
//     functions    name          [ "main.alloc", "main.grow", "main.main" ]
//
//     drawn:  main.main:30 > main.grow:20 > main.alloc:11 (inlined into grow)
import type { StringIndex, StringTable } from '../base/string-table.ts';

/** Row numbers are branded: a stack row must never be used as a location row. No run-time cost. */
export type { StringIndex } from '../base/string-table.ts';
export type FunctionIndex = number & { readonly __rowOf: 'FunctionTable' };
export type MappingIndex = number & { readonly __rowOf: 'MappingTable' };
export type LocationIndex = number & { readonly __rowOf: 'LocationTable' };
export type StackIndex = number & { readonly __rowOf: 'StackTable' };
export type SampleIndex = number & { readonly __rowOf: 'SampleTable' };
export type FrameIndex = number & { readonly __rowOf: 'FrameTable' };

/** An Int32Array whose cells are row numbers of another table; NO_ROW where there is none. */
export type IndexColumn<Row extends number> = Int32Array & { [row: number]: Row };
/** The same in half the memory, for tables of up to 65,536 rows, where there is always a row. */
export type ShortIndexColumn<Row extends number> = Uint16Array & { [row: number]: Row };
export const NO_ROW = -1;

/**
 * int64 values. A Float64Array while every |value| <= 2^53 - 1; one value beyond makes the whole column a
 * BigInt64Array. The kind is chosen per column when it is built, never per value.
 */
export type Int64Column = Float64Array | BigInt64Array;
/** uint64 values (addresses, ids), likewise. */
export type Uint64Column = Float64Array | BigUint64Array;

/** One row: what one value of every sample means. */
export interface ValueTypeTable {
  readonly length: number;
  readonly type: IndexColumn<StringIndex>;
  readonly unit: IndexColumn<StringIndex>;
}

/** One row: one measurement on one stack. Labels of row r are labels[labelStart[r] .. labelStart[r + 1]). */
export interface SampleTable {
  readonly length: number;
  readonly stack: IndexColumn<StackIndex>;
  /** One column per sample type, each of `length` cells. */
  readonly values: readonly Int64Column[];
  /** length + 1 cells, ascending. */
  readonly labelStart: Int32Array;
}

/** One row: one label of one sample, in the order of the input. Text and number exclude each other. */
export interface LabelTable {
  readonly length: number;
  readonly key: IndexColumn<StringIndex>;
  /** NO_ROW = a numeric label. */
  readonly text: IndexColumn<StringIndex>;
  readonly number: Int64Column;
  /** Row of '' where no unit was given. */
  readonly unit: IndexColumn<StringIndex>;
}

/** One row: one call stack, leaf first: location[locationStart[r] .. locationStart[r + 1]). May be empty. */
export interface StackTable {
  readonly length: number;
  readonly locationStart: Int32Array;
  /** 16 bits a cell where all rows fit: it is the largest column of all. */
  readonly location: IndexColumn<LocationIndex> | ShortIndexColumn<LocationIndex>;
}

/** One row: one code address; its lines are lines[lineStart[r] .. lineStart[r + 1]), none when unsymbolized. */
export interface LocationTable {
  readonly length: number;
  /** Ids as the input spelled them; null = row + 1. */
  readonly id: Uint64Column | null;
  readonly mapping: IndexColumn<MappingIndex>;
  readonly address: Uint64Column;
  readonly lineStart: Int32Array;
  /** 1 where several symbols were folded into one by the linker. */
  readonly isFolded: Uint8Array;
}

/** One row: one source line of a location, innermost inlined call first; the last one is the real function. */
export interface LineTable {
  readonly length: number;
  readonly function: IndexColumn<FunctionIndex>;
  readonly line: Int64Column;
  readonly column: Int64Column;
}

/** One row: one function as the input spells it. Several rows may have one name. */
export interface FunctionTable {
  readonly length: number;
  readonly name: IndexColumn<StringIndex>;
  readonly systemName: IndexColumn<StringIndex>;
  readonly file: IndexColumn<StringIndex>;
  readonly startLine: Int64Column;
}

export const MAPPING_HAS_FUNCTIONS = 1;
export const MAPPING_HAS_FILENAMES = 2;
export const MAPPING_HAS_LINE_NUMBERS = 4;
export const MAPPING_HAS_INLINE_FRAMES = 8;

/** One row: one object file in memory. */
export interface MappingTable {
  readonly length: number;
  /** Ids as the input spelled them; null = row + 1. */
  readonly id: Uint64Column | null;
  readonly start: Uint64Column;
  readonly limit: Uint64Column;
  readonly offset: Uint64Column;
  readonly file: IndexColumn<StringIndex>;
  readonly buildId: IndexColumn<StringIndex>;
  /** Bits MAPPING_HAS_*. */
  readonly flags: Uint8Array;
}

/** What profile.proto says once per profile. String rows point to '' where nothing was said. */
export interface ProfileHeader {
  readonly periodType: StringIndex;
  readonly periodUnit: StringIndex;
  readonly period: bigint;
  /** Nanoseconds since the Unix epoch by the clock of the process; 0 = not known. */
  readonly timeNanos: bigint;
  readonly durationNanos: bigint;
  readonly defaultSampleType: StringIndex;
  readonly dropFrames: StringIndex;
  readonly keepFrames: StringIndex;
  readonly docUrl: StringIndex;
  readonly comment: IndexColumn<StringIndex>;
}

/** A whole profile: tables that point to each other by row number. `checkProfile` lists the invariants. */
export interface Profile {
  readonly header: ProfileHeader;
  readonly strings: StringTable;
  readonly sampleTypes: ValueTypeTable;
  readonly samples: SampleTable;
  readonly labels: LabelTable;
  readonly stacks: StackTable;
  readonly locations: LocationTable;
  readonly lines: LineTable;
  readonly functions: FunctionTable;
  readonly mappings: MappingTable;
}
