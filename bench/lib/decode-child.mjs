// Our side of bench:decode, in a process of its own: see bench/pprof-go for what it is told.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { importProduct } from './product.mjs';

const { decodeReceivedProfile } = await importProduct('pipeline/decode-bytes');
let bytes = new Uint8Array();

for await (const line of createInterface({ input: process.stdin })) {
  const space = line.indexOf(' ');
  const command = space === -1 ? line : line.slice(0, space);
  const argument = line.slice(space + 1);
  if (command === 'load') {
    bytes = readFileSync(argument);
    const decoded = decodeReceivedProfile(bytes);
    if (!('profile' in decoded))
      throw new Error(`${argument} is a goroutine dump, which pprof does not read`);
    console.log(`ok ${decoded.profile.samples.length}`);
  } else if (command === 'run') {
    const times = Array.from({ length: Number(argument) }, () => {
      const start = performance.now();
      decodeReceivedProfile(bytes);
      return Math.round((performance.now() - start) * 1e6);
    });
    console.log(times.join(' '));
  } else if (command === 'peak') {
    // What the kernel saw at most, KiB; in a process that has decoded once, and in one that has not.
    console.log(`${/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`);
  } else throw new Error(`unknown command ${command}`);
}
