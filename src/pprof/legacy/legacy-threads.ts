// threadz: the stack of every thread. Source: google/pprof profile/legacy_profile.go parseThread.
import type { Profile } from '../tables.ts';
import { LegacyBuilder, ontoCall } from './legacy-builder.ts';
import type { LegacyLines } from './legacy-lines.ts';
import { isMemoryMapStart } from './memory-map.ts';

const START = /--- threadz \d+ ---/;
const THREAD = /^--- Thread [0-9a-fA-F]+ \(name: .*\/\d+\) stack: ---/;
const TYPE = ['thread', 'count'] as const;

/** null = no threadz text. */
export function decodeLegacyThreads(lines: LegacyLines): Profile | null {
  if (START.test(lines.nextContent() ?? '')) {
    let line = lines.next();
    while (line !== null && !isMemoryMapStart(line) && !line.startsWith('-')) line = lines.next();
  } else if (!isThread(lines.current)) return null;
  const builder = new LegacyBuilder({ types: [TYPE], periodType: TYPE, period: 1 });
  while (!isMemoryMapStart(lines.current) && !lines.current.startsWith('---- no stack trace for')) {
    if (!isThread(lines.current)) {
      // Without the section that follows the threads some of them may be missing.
      if (builder.sampleCount === 0) return null;
      throw lines.error('a thread or the memory map is due here', 'threadz.thread');
    }
    const addresses = readStack(lines);
    if (addresses === 'same as before' || addresses.length === 0) {
      builder.repeatSample();
      continue;
    }
    // The leaf is no call, but may be there twice: from the registers and from unwinding.
    const calls = addresses.map((address, at) => (at === 0 ? address : ontoCall(address)));
    builder.addSample(withoutDoubleLeaf(calls), [1]);
  }
  return builder.finish(lines.readMap());
}

function isThread(line: string): boolean {
  const at = line.indexOf('--- Thread ');
  return at !== -1 && THREAD.test(line.slice(at));
}

/** Reads to the header of the next section. */
function readStack(lines: LegacyLines): bigint[] | 'same as before' {
  const addresses: bigint[] = [];
  let isSame = false;
  for (let line = lines.next(); line !== null; line = lines.next()) {
    if (line.trimStart().startsWith('---')) break;
    if (line.includes('same as previous thread')) isSame = true;
    else addresses.push(...lines.addresses(line, 'threadz.stack'));
  }
  return isSame ? 'same as before' : addresses;
}

export function withoutDoubleLeaf(addresses: readonly bigint[]): readonly bigint[] {
  const isDouble = addresses.length > 1 && addresses[0] === BigInt.asUintN(64, addresses[1] + 1n);
  return isDouble ? [addresses[0], ...addresses.slice(2)] : addresses;
}
