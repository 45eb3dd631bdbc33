// threadz: the stack of every thread. Source: google/pprof profile/legacy_profile.go parseThread.
import type { Profile } from '../tables.ts';
import { trimSpace } from './go-text.ts';
import { LegacyBuilder, ontoCall } from './legacy-builder.ts';
import type { LegacyLines } from './legacy-lines.ts';
import { isMemoryMapStart } from './memory-map.ts';

const START = /--- threadz \d+ ---/;
const THREAD_HEAD = /--- Thread [\da-fA-F]+ \(name: /;
const THREAD_TAIL = /\/\d+\) stack: ---/;
const TYPE = ['thread', 'count'] as const;

/** null = no threadz text. */
export function decodeLegacyThreads(lines: LegacyLines): Profile | null {
  if (START.test(lines.nextContent() ?? '')) {
    let line = lines.next();
    while (line !== null && !isMemoryMapStart(line) && !line.startsWith('-')) line = lines.next();
  } else if (!isThread(lines.current)) return null;
  const builder = new LegacyBuilder({ types: [TYPE], periodType: TYPE, period: 1 });
  while (!isMemoryMapStart(lines.current) && !isEndOfThreads(lines.current)) {
    // Without the section that follows the threads some of them may be missing.
    if (!isThread(lines.current))
      throw lines.error('a thread or the memory map is due here', 'threadz.thread');
    const addresses = readStack(lines);
    if (addresses === 'same as before' || addresses.length === 0) {
      builder.repeatSample();
      continue;
    }
    // The leaf is no call, but may be there twice: from the registers and from unwinding.
    const calls = addresses.map((address, at) => (at === 0 ? address : ontoCall(address)));
    builder.addSample(withoutDoubleLeaf(calls), [1], { alsoSeen: calls });
  }
  return builder.finish(lines.readMap());
}

function isEndOfThreads(line: string): boolean {
  return trimSpace(line).startsWith('---- no stack trace for');
}

function isThread(line: string): boolean {
  const head = THREAD_HEAD.exec(line);
  return head !== null && THREAD_TAIL.test(line.slice(head.index + head[0].length));
}

/** Reads to the header of the next section. */
function readStack(lines: LegacyLines): bigint[] | 'same as before' {
  const addresses: bigint[] = [];
  let isSame = false;
  for (let line = lines.next(); line !== null; line = lines.next()) {
    if (trimSpace(line).startsWith('---')) break;
    if (line.includes('same as previous thread')) isSame = true;
    else addresses.push(...lines.addresses(line, 'threadz.stack'));
  }
  return isSame ? 'same as before' : addresses;
}

export function withoutDoubleLeaf(addresses: readonly bigint[]): readonly bigint[] {
  const isDouble = addresses.length > 1 && addresses[0] === BigInt.asUintN(64, addresses[1] + 1n);
  return isDouble ? [addresses[0], ...addresses.slice(2)] : addresses;
}
