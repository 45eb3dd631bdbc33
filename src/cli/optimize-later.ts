// A report is made in the tenth of a second, most of which V8 would spend on optimizing code that is hardly used again.
import { statSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { KIB, type Bytes } from '../base/units.ts';

/**
 * How much bytecode, in bytes, a function runs before V8 thinks about optimizing it; its own is 132 KiB. With small profiles a
 * report costs a quarter less CPU, with 60,000 samples and 300,000 a tenth less, and with 1,000,000 more (bench/README.md).
 */
const INTERRUPT_BUDGETS = { small: 1_000_000, other: 300_000 } as const;
/** Compressed, all files together: a heap profile of some 10,000 samples. */
const SMALL_BYTES: Bytes = 192 * KIB;

/** For a process that makes one report of these and ends. V8 has had the flag since Node 8. */
export function optimizeLater(sources: readonly string[]): void {
  const bytes = sources.reduce((sum, source) => sum + sizeOf(source), 0);
  const size = bytes < SMALL_BYTES ? 'small' : 'other';
  setFlagsFromString(`--interrupt-budget=${INTERRUPT_BUDGETS[size]}`);
}

/** What is no file that can be looked at counts as large. */
function sizeOf(source: string): Bytes {
  try {
    return statSync(source).size;
  } catch {
    return SMALL_BYTES;
  }
}
