// Loaded into a measured process with --import, beside --expose-gc: on SIGUSR2 it collects garbage and writes what is
// left to the file named in PLIMSOLL_BENCH_HEAP. Costs the process next to nothing until it is asked.
import { renameSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.PLIMSOLL_BENCH_HEAP;

if (isMainThread && file !== undefined) {
  process.on('SIGUSR2', () => {
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    writeFileSync(`${file}.part`, JSON.stringify({ heapUsed, external, arrayBuffers }));
    renameSync(`${file}.part`, file);
  });
}
