// The memory of this machine and of every process on it, at one time.
import { join } from 'node:path';
import type { Millis } from '../base/units.ts';
import {
  parseMeminfo,
  parseProcessMemory,
  parseStartTicks,
  type HostProcess,
  type HostReading,
} from '../parse/host-memory.ts';
import { listPids } from './find-process.ts';
import { readSystemText, type ProcOptions } from './system-file.ts';

/** Processes of one reading, in order of their numbers; a machine with more has other problems. */
export const MAX_PROCESSES = 8192;
/** Files that are read at once. */
const READS_AT_ONCE = 16;

/** Costs two small reads for each process, some 10 ms of CPU for 200. @returns null without /proc. */
export async function readHost(atMillis: Millis, options: ProcOptions = {}): Promise<HostReading | null> {
  const proc = join(options.fsRoot ?? '/', 'proc');
  const [text, pids] = await Promise.all([readSystemText(join(proc, 'meminfo'), options), listPids(options)]);
  const memory = parseMeminfo(text ?? '');
  if (memory === null || pids === null) return null;
  const processes: HostProcess[] = [];
  let next = 0;
  const known = pids.slice(0, MAX_PROCESSES);
  const worker = async () => {
    for (let pid = known[next++]; pid !== undefined; pid = known[next++]) {
      const status = parseProcessMemory((await readSystemText(join(proc, `${pid}/status`), options)) ?? '');
      if (status === null) continue;
      const startTicks = parseStartTicks((await readSystemText(join(proc, `${pid}/stat`), options)) ?? '');
      if (startTicks !== null) processes.push({ ...status, pid, startTicks });
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, worker));
  processes.sort((a, b) => a.pid - b.pid);
  return { atMillis, memory, processes };
}
