// Command lines of the benchmarks: `--name value` pairs and files.
import { parseArgs } from 'node:util';
import { stop } from './product.mjs';

/**
 * Options by name over their defaults, and the positional arguments. A default that is a number takes numbers, one that is a
 * list takes a list with commas. A wrong option ends with status 3.
 * @template {Record<string, number | readonly (string | number)[]>} Options
 * @param {Options} defaults
 * @returns {{ options: Options, files: string[] }}
 */
export function readOptions(defaults) {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' }])),
    });
    const options = { ...defaults };
    for (const [name, text] of Object.entries(values))
      options[name] = readValue(name, String(text), defaults[name]);
    return { options, files: positionals };
  } catch (error) {
    const known = Object.entries(defaults).map(([name, value]) => `--${name} ${value}`);
    return stop(
      `${error instanceof Error ? error.message : error}; options and defaults: ${known.join(' ')}`,
    );
  }
}

/**
 * @param {string} name
 * @param {string} text
 * @param {any} like
 */
function readValue(name, text, like) {
  if (Array.isArray(like)) return text.split(',').map((part) => readValue(name, part, like[0]));
  if (typeof like === 'string') return text;
  const value = Number(text);
  if (text === '' || !Number.isFinite(value) || value < 0) {
    throw new Error(`--${name} needs a number, found "${text}"`);
  }
  return value;
}
