// gperftools' binary CPU profile: machine words of 4 or 8 bytes in either order. Source: google/pprof
// profile/legacy_profile.go parseCPU, parseCPUSamples.
import { PlimsollError } from '../../base/errors.ts';
import { TableBudget } from '../table-budget.ts';
import type { Profile } from '../tables.ts';
import { multiply, narrow, type Int64 } from './go-numbers.ts';
import { LegacyBuilder, ontoCall } from './legacy-builder.ts';
import { nameJavaAddresses } from './legacy-java.ts';
import { LegacyLines } from './legacy-lines.ts';
import { withoutDoubleLeaf } from './legacy-threads.ts';
import { parseMemoryMap } from './memory-map.ts';

interface WordKind {
  readonly size: 4 | 8;
  readonly isLittle: boolean;
}

const WORD_KINDS: readonly WordKind[] = [
  { size: 4, isLittle: true },
  { size: 4, isLittle: false },
  { size: 8, isLittle: true },
  { size: 8, isLittle: false },
];
const HEADER_WORDS = 5;

class Words {
  readonly #view: DataView;
  readonly #kind: WordKind;
  /** Byte offset of the next word. */
  at = 0;

  constructor(bytes: Uint8Array, kind: WordKind) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#kind = kind;
  }

  get left(): number {
    return Math.floor((this.#view.byteLength - this.at) / this.#kind.size);
  }

  next(): bigint {
    const { size, isLittle } = this.#kind;
    const at = this.at;
    this.at += size;
    return size === 4 ? BigInt(this.#view.getUint32(at, isLittle)) : this.#view.getBigUint64(at, isLittle);
  }
}

interface CpuHeader {
  readonly words: Words;
  readonly periodNanos: Int64;
  readonly isJava: boolean;
}

/** Whether the bytes begin as such a profile does. */
export function isLegacyCpu(bytes: Uint8Array): boolean {
  return findHeader(bytes) !== null;
}

/** Words 0, 3, language, period in microseconds, 0. */
function findHeader(bytes: Uint8Array): CpuHeader | null {
  for (const kind of WORD_KINDS) {
    const words = new Words(bytes, kind);
    if (words.left < HEADER_WORDS) continue;
    const [zero, version, language, period, padding] = Array.from({ length: HEADER_WORDS }, () =>
      words.next(),
    );
    if (zero !== 0n || version !== 3n || language > 1n || period === 0n || padding !== 0n) continue;
    const periodNanos = multiply(narrow(BigInt.asIntN(64, period)), 1000);
    return { words, periodNanos, isJava: language === 1n };
  }
  return null;
}

/** @throws PlimsollError PROFILE_INVALID when it is damaged or has no end marker. */
export function decodeLegacyCpu(bytes: Uint8Array): Profile {
  const header = findHeader(bytes);
  if (header === null) throw invalid('this is no binary CPU profile', 0);
  const { words, periodNanos, isJava } = header;
  const builder = new LegacyBuilder({
    types: [
      ['samples', 'count'],
      ['cpu', 'nanoseconds'],
    ],
    periodType: ['cpu', 'nanoseconds'],
    period: periodNanos,
  });
  const samples = readSamples(words, !isJava);
  if (!isJava) stripHandlerFrames(samples);
  for (const { addresses, count } of samples)
    builder.addSample(
      isJava ? addresses : withoutDoubleLeaf(addresses),
      [count, multiply(count, periodNanos)],
      { alsoSeen: addresses },
    );
  const rest = new LegacyLines(bytes.subarray(words.at));
  if (!isJava) return builder.finish(parseMemoryMap(() => rest.next()));
  nameJavaAddresses(builder, rest);
  return builder.finish([], false);
}

interface CpuSample {
  addresses: bigint[];
  readonly count: Int64;
}

/** What a sample takes in memory until it is in a table, beside its addresses. */
const CPU_SAMPLE_BYTES = 160;
const ADDRESS_BYTES = 32;
/** A sample takes two words and ten times as much here: no more than this at once. */
const MAX_SAMPLE_BYTES = 256 * 1024 * 1024;

function readSamples(words: Words, isAdjusted: boolean): CpuSample[] {
  const samples: CpuSample[] = [];
  const budget = new TableBudget(MAX_SAMPLE_BYTES);
  for (;;) {
    const at = words.at;
    if (words.left < 2) throw invalid('the samples end without their end marker', at);
    const count = narrow(BigInt.asIntN(64, words.next()));
    const depth = words.next();
    if (depth > BigInt(words.left))
      throw new PlimsollError(
        'PROFILE_INVALID',
        'pprof',
        `a stack of ${depth} words where ${words.left} are left`,
        {
          offset: at,
          field: 'cpu.sample',
        },
      );
    budget.take(CPU_SAMPLE_BYTES + ADDRESS_BYTES * Number(depth), 'cpu.sample');
    const addresses = Array.from({ length: Number(depth) }, (_, frame) => {
      const address = words.next();
      return isAdjusted && frame > 0 ? ontoCall(address) : address;
    });
    if (count === 0 && depth === 1n && addresses[0] === 0n) return samples;
    samples.push({ addresses, count });
  }
}

/** Frames to strip, and one sample that may differ for so many that agree. */
const HANDLER_FRAMES = 2;
const SIMILAR_SAMPLES = 32;

/** A second frame that nearly all samples share is the signal handler's. */
function stripHandlerFrames(samples: readonly CpuSample[]): void {
  const needed = samples.length - Math.floor(samples.length / SIMILAR_SAMPLES);
  for (let round = 0; round < HANDLER_FRAMES; round++) {
    const counts = new Map<bigint, number>();
    for (const { addresses } of samples)
      if (addresses.length > 1) counts.set(addresses[1], (counts.get(addresses[1]) ?? 0) + 1);
    const shared = [...counts].find(([, count]) => count >= needed);
    if (shared === undefined) return;
    for (const { addresses } of samples)
      if (addresses.length > 1 && addresses[1] === shared[0]) addresses.splice(1, 1);
  }
}

function invalid(fact: string, offset: number): PlimsollError {
  return new PlimsollError('PROFILE_INVALID', 'pprof', fact, { offset, field: 'cpu' });
}
