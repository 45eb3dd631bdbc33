// The hot loop of decoding: samples as encoders write them, straight into columns. It is one long function on purpose.
// Nearly all the time of decoding is spent here, and split into methods it takes half as long again, because the engine
// then neither keeps the cursors in registers nor inlines all of it. What a first process makes of it counts as much: compiling
// takes longer than reading 60,000 samples with the result, and code that comes to a place which had not run before it was
// compiled is thrown away. So there are few such places: what is rare is computed always, or tried on the first samples.
import type { LabelColumns } from './label-columns.ts';
import { hashLocation, type StackRows } from './stack-rows.ts';
import { READ_AHEAD, joinGroups } from './wire-reader.ts';

const TWO_28 = 0x10000000;

/** Samples whose values are read as if they were large, which the engine has then seen before it compiles. */
const TRIED_ROWS = 256;

/** Tags of a sample: field number * 8 + wire type. */
export const LOCATION_ID = 0x08;
export const PACKED_LOCATION_IDS = 0x0a;
export const VALUE = 0x10;
export const PACKED_VALUES = 0x12;
export const LABEL = 0x1a;

/** What a run of samples is read from and into. */
export interface SampleColumns {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Of the length of each sample. */
  readonly offsets: Int32Array;
  /** Location ids are 1 to so many; 0 = they do not count. */
  readonly locations: number;
  readonly stacks: StackRows;
  readonly labels: LabelColumns;
  readonly values: readonly Float64Array[];
  /** May be `offsets`: a sample is read before its row is written. */
  readonly stack: Int32Array;
  readonly labelStart: Int32Array;
}

/**
 * Reads samples from row `from` on.
 *
 * @returns the first row that was not read, because there are no more or because it is unusual: values below 0 or of
 *   2^49 and beyond, ids that do not count, of more than two bytes or unknown, a length of more than two bytes, fields
 *   that are not known, damage, or the end of the message close by.
 */
export function readSampleRun(columns: SampleColumns, from: number): number {
  const { bytes, view, offsets, stacks, labels, values, stack, labelStart } = columns;
  const count = offsets.length;
  const lastByte = bytes.length - READ_AHEAD;
  const lastLocation = columns.locations - 1;
  const types = values.length;
  let cells = stacks.room(0, 0);
  for (let row = from; row < count; row++) {
    let pos = offsets[row];
    if (pos > lastByte) return row;
    const isLongSize = bytes[pos] >> 7;
    const size = (bytes[pos] & 0x7f) | ((bytes[pos + 1] << 7) & -isLongSize);
    pos += 1 + isLongSize;
    const end = pos + size;
    if (size >= 0x4000 || end > lastByte) return row;
    let length = stacks.length;
    // One cell more than there can be ids: they are written in pairs.
    if (length + size >= cells.length) cells = stacks.room(size + 1, row / count);
    let hash = 0;
    let type = 0;
    while (pos < end) {
      const tag = bytes[pos++];
      // The length of a packed field, or a single number, which ends somewhere behind its first byte.
      const isPacked = (tag >> 1) & 1;
      const head = view.getInt32(pos, true);
      const isLongHead = (head >> 7) & 1;
      const content = pos + 1 + isLongHead;
      const packedStop = content + ((head & 0x7f) | ((head >> 1) & 0x3f80 & -isLongHead));
      let stop = pos + 1;
      if (isPacked === 1) {
        pos = content;
        stop = packedStop;
      }
      if (((head >> 15) & isLongHead & isPacked) === 1 || stop > end) return row;
      if (tag === PACKED_LOCATION_IDS || tag === LOCATION_ID) {
        // Ids of one and of two bytes are mixed at random in real stacks, so that a branch per id is mispredicted every
        // few ids. Four bytes are loaded instead, and two ids cut out of them without a branch.
        let outside = 0;
        let middle = pos;
        let firstHash = hash;
        while (pos < stop) {
          const word = view.getInt32(pos, true);
          const isLong = (word >> 7) & 1;
          const rest = word >> (8 + (isLong << 3));
          const isRestLong = (rest >> 7) & 1;
          if (((((word >> 8) & -isLong) | ((rest >> 8) & -isRestLong)) & 0x80) !== 0) return row;
          middle = pos + 1 + isLong;
          pos = middle + 1 + isRestLong;
          const first = ((word & 0x7f) | ((word >> 1) & 0x3f80 & -isLong)) - 1;
          const second = ((rest & 0x7f) | ((rest >> 1) & 0x3f80 & -isRestLong)) - 1;
          // What lies behind the end is no id.
          outside |=
            first | (lastLocation - first) | ((second | (lastLocation - second)) & ((middle - stop) >> 31));
          cells[length] = first;
          cells[length + 1] = second;
          length += 2;
          firstHash = hashLocation(hash, first);
          hash = hashLocation(firstHash, second);
        }
        if (isPacked === 0) stop = middle;
        if (pos !== stop) {
          if (middle !== stop) return row;
          length--;
          hash = firstHash;
        }
        if (outside < 0) return row;
      } else if (tag === PACKED_VALUES || tag === VALUE) {
        while (pos < stop) {
          const word = view.getInt32(pos, true);
          const ends = ~word & 0x80808080;
          const lowest = ends & -ends;
          // Without an end among four bytes `lowest` is 0, and this mask lets all bits through.
          const low = joinGroups(word & (lowest - 1));
          let value = low;
          let next = pos + ((39 - Math.clz32(lowest)) >> 3);
          if (lowest === 0 || row < TRIED_ROWS) {
            const isWide = lowest === 0 ? -1 : 0;
            const high = view.getInt32(pos + 4, true);
            const highEnds = ~high & 0x808080;
            const lowestHigh = highEnds & -highEnds;
            if ((lowestHigh | ~isWide) === 0) return row;
            // Half a unit more and less: never small integers, which is what code would be compiled for.
            const groups = joinGroups(high & (lowestHigh - 1) & isWide) + 0.5;
            value = groups * TWO_28 + (low - TWO_28 / 2);
            next += (4 + ((39 - Math.clz32(lowestHigh)) >> 3)) & isWide;
          }
          pos = next;
          if (type === types) return row;
          values[type++][row] = value;
        }
        if (isPacked === 0) stop = pos;
        if (pos !== stop) return row;
      } else if (tag !== LABEL || !labels.readFast(view, pos, stop)) return row;
      pos = stop;
    }
    if (type !== types || pos !== end) return row;
    stack[row] = stacks.closeWritten(length, hash);
    labelStart[row + 1] = labels.length;
  }
  return count;
}
