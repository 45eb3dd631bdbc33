// Start-up time of the command line: `plimsoll --help` and `--version` as new processes, against a Node that does
// nothing. Usage: npm run -s bench:startup -- [--rounds 20]
import { CLI, needProduct, stop } from './lib/product.mjs';
import { readOptions } from './lib/options.mjs';
import { runOnce } from './lib/processes.mjs';
import { describeMachine, interleave, median, printResult, round, spread } from './lib/results.mjs';

const { options } = readOptions({ rounds: 20 });
needProduct();
describeMachine();

const SIDES = {
  'node -e 0': ['-e', '0'],
  'plimsoll --version': [CLI, '--version'],
  'plimsoll --help': [CLI, '--help'],
};
/** @type {Record<string, number[]>} */
const cpu = Object.fromEntries(Object.keys(SIDES).map((name) => [name, []]));

/**
 * @param {string} name
 * @param {readonly string[]} args
 */
async function once(name, args) {
  const { status, millis, cpuMillis, stderr } = await runOnce(process.execPath, args);
  if (status !== 0) stop(`${name} ended with ${status}: ${stderr.trim()}`);
  cpu[name].push(cpuMillis);
  return millis;
}

const sides = Object.fromEntries(Object.entries(SIDES).map(([name, args]) => [name, () => once(name, args)]));
for (const run of Object.values(sides)) await run(); // files into the page cache
for (const values of Object.values(cpu)) values.length = 0;
const millis = await interleave(options.rounds, sides);

const bare = millis['node -e 0'];
for (const [name, values] of Object.entries(millis)) {
  printResult({
    bench: 'startup',
    command: name,
    rounds: values.length,
    ...spread('ms', values),
    cpu_ms_mean: round(cpu[name].reduce((a, b) => a + b, 0) / cpu[name].length),
    ratio: round(median(values) / median(bare), 2),
    ratio_min: round(Math.min(...values) / Math.min(...bare), 2),
  });
}
