// What resident memory is made of, in the order of the design: from what the program holds to what the kernel does. Pure.
export interface LedgerPart {
  readonly key: string;
  readonly label: string;
  readonly meaning: string;
  /** null = not known; below zero: counted in other parts and not resident. */
  readonly bytes: number | null;
}

const PARTS: readonly (readonly [key: string, label: string, meaning: string])[] = [
  ['live', 'Live', 'reachable after the last collection'],
  ['garbage', 'Garbage', 'dead, waits for the next collection'],
  ['stack', 'Stacks', 'of goroutines'],
  ['runtime', 'Runtime', 'what Go needs for itself'],
  ['fragmentation', 'Fragmentation', 'holes in spans that are in use'],
  ['idle', 'Idle', 'free, not yet returned to the system'],
  ['untouched', 'less never written', 'counted above; Go took it and never wrote to it: no page behind it'],
  ['native', 'Native', 'not from Go: C libraries, cgo, mmap'],
  ['fileBacked', 'File-backed', 'the binary and mapped files'],
  ['swapped', 'less swapped out', 'counted above, not resident now'],
  ['lazyFree', 'Lazily freed', 'given back, resident until the kernel needs it'],
  ['residual', 'Unexplained', 'what the sum leaves over'],
];

/** In the report as a size; resident memory is less by it. */
const SUBTRACTED: ReadonlySet<string> = new Set(['untouched', 'swapped']);
/** Rare: no row for them while there is nothing in them. */
const ONLY_WHERE_SOME: ReadonlySet<string> = new Set(['untouched', 'swapped', 'lazyFree']);

/** `liveBytes` and `live` are the same part; parts that we do not know keep their name; totals and times go. */
export function ledgerParts(ledger: Readonly<Record<string, number | null>>): LedgerPart[] {
  const found = new Map(Object.entries(ledger).map(([key, bytes]) => [canonical(key), bytes]));
  const known = PARTS.filter(([key]) => found.has(key) && !(ONLY_WHERE_SOME.has(key) && !found.get(key))).map(
    ([key, label, meaning]) => {
      const bytes = found.get(key) ?? null;
      return { key, label, meaning, bytes: bytes !== null && SUBTRACTED.has(key) ? -bytes : bytes };
    },
  );
  const others = [...found].filter(([key]) => !PARTS.some(([k]) => k === key) && !NO_PARTS.has(key));
  return [...known, ...others.map(([key, bytes]) => ({ key, label: key, meaning: '', bytes }))];
}

const NO_PARTS: ReadonlySet<string> = new Set(['rss', 'at', 'atMillis', 'total']);

function canonical(key: string): string {
  const bare = key.replace(/Bytes$/, '');
  return bare === 'stacks' ? 'stack' : bare;
}
