// Where everything lies that is read: counts, single fields, and lengths and places of columns.

/** Where src/pprof/proto-kernel.ts finds what was read, in words of 32 bits. */
export const STATE: usize = 28672;
/** How often each table occurs, by field number. */
export const COUNTS: usize = STATE;
/** 1 where a single field occurs, by field number. */
export const IS_THERE: usize = STATE + 32;
/** Bytes of the content of each table. */
export const BYTES_OF: usize = STATE + 96;
/** Lengths and places of columns. */
export const OUT: usize = STATE + 128;
/** Single fields, 64 bits each, by field number; 0 = absent. That of the period's type: type below, unit above. */
export const SCALARS: usize = STATE + 384;
export const PERIOD_TYPE: usize = SCALARS + 8 * 11;
export const STATE_BYTES: usize = 512;

// Numbers of the words in OUT: lengths, then columns.
export const STACK_COUNT: u32 = 1;
export const CELL_COUNT: u32 = 2;
export const LABEL_COUNT: u32 = 3;
export const LINE_COUNT: u32 = 4;
export const STRING_BYTES: u32 = 5;
export const STRING_SIZE: u32 = 6;
export const STRING_START: u32 = 8;
export const STRING_END: u32 = 9;
export const FUNCTION_NAME: u32 = 10;
export const FUNCTION_SYSTEM_NAME: u32 = 11;
export const FUNCTION_FILE: u32 = 12;
export const FUNCTION_START_LINE: u32 = 13;
export const LOCATION_MAPPING: u32 = 14;
export const LOCATION_ADDRESS: u32 = 15;
export const LOCATION_LINE_START: u32 = 16;
export const LOCATION_IS_FOLDED: u32 = 17;
export const LINE_FUNCTION: u32 = 18;
export const LINE_LINE: u32 = 19;
export const LINE_COLUMN: u32 = 20;
export const SAMPLE_STACK: u32 = 21;
export const SAMPLE_LABEL_START: u32 = 22;
export const SAMPLE_VALUES: u32 = 23;
export const LABEL_KEY: u32 = 24;
export const LABEL_TEXT: u32 = 25;
export const LABEL_UNIT: u32 = 26;
export const LABEL_NUMBER: u32 = 27;
export const STACK_START: u32 = 28;
export const STACK_LOCATION: u32 = 29;
export const TYPE_TYPE: u32 = 30;
export const TYPE_UNIT: u32 = 31;
export const SLOTS: u32 = 32;
export const STACK_BYTES: u32 = 33;
export const LOOSE_IDS: u32 = 34;
export const MAPPING_START: u32 = 35;
export const MAPPING_LIMIT: u32 = 36;
export const MAPPING_OFFSET: u32 = 37;
export const MAPPING_FILE: u32 = 38;
export const MAPPING_BUILD_ID: u32 = 39;
export const MAPPING_FLAGS: u32 = 40;
/** Which columns hold 64 bits a cell instead of doubles: bit 0 addresses of locations, 1 to 3 those of mappings. */
export const WIDE: u32 = 41;
// Of a part of a profile, see parts.ts: what is no sample, and its length.
export const REST: u32 = 42;
export const REST_SIZE: u32 = 43;
export const PLAIN_FROM: u32 = 44;
export const PLAIN_TO: u32 = 45;
/** Largest rows that the samples point to, whether any label has a unit. */
export const LARGEST_LOCATION: u32 = 46;
export const LARGEST_STRING: u32 = 47;
export const HAS_UNITS: u32 = 48;
export const STACK_HASH: u32 = 49;
/** Where more of the compressed bytes is put. */
export const INPUT_TO: u32 = 50;

/** Numbers up to here are doubles. */
export const MAX_SAFE: u64 = 0x1fffffffffffff;

export function column(index: u32): usize {
  return <usize>load<u32>(OUT + (index << 2));
}
export function put(index: u32, value: usize): void {
  store<u32>(OUT + (index << 2), <u32>value);
}
