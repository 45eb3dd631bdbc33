// Command lines of the benchmarks: `--name value` pairs and files.
import { parseArgs } from 'node:util';
import { stop } from './product.mjs';

/**
 * Numbers by name over their defaults, and the positional arguments. A wrong option ends with status 3.
 * @param {Record<string, number>} defaults
 * @returns {{ numbers: Record<string, number>, files: string[] }}
 */
export function readOptions(defaults) {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' }])),
    });
    const numbers = { ...defaults };
    for (const [name, text] of Object.entries(values)) {
      const value = Number(text);
      if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} needs a number, found "${text}"`);
      numbers[name] = value;
    }
    return { numbers, files: positionals };
  } catch (error) {
    const known = Object.entries(defaults).map(([name, value]) => `--${name} ${value}`);
    return stop(
      `${error instanceof Error ? error.message : error}; options and defaults: ${known.join(' ')}`,
    );
  }
}
