// The invariants of a Profile as one readable list.
import { assert } from '../base/assert.ts';
import { NO_ROW, type Profile } from '../pprof/tables.ts';

/**
 * Holds the invariants of tables.ts against a profile that our own code built. Decoders make sure of them while they
 * read, so this is for tests and for tables that crossed a boundary.
 *
 * @throws Error naming the first invariant that is broken.
 */
export function checkProfile(profile: Profile): void {
  const { strings, sampleTypes, samples, labels, stacks, locations, lines, functions, mappings } = profile;

  assert(strings.length > 0 && strings.get(0) === '', 'string row 0 is empty');
  checkIndex(sampleTypes.type, strings.length, 'sampleTypes.type');
  checkIndex(sampleTypes.unit, strings.length, 'sampleTypes.unit');

  assert(samples.values.length === sampleTypes.length, 'one value column per sample type');
  for (const column of samples.values) assert(column.length === samples.length, 'values have length cells');
  assert(samples.stack.length === samples.length, 'samples.stack has length cells');
  checkIndex(samples.stack, stacks.length, 'samples.stack');
  checkRanges(samples.labelStart, samples.length, labels.length, 'samples.labelStart');

  checkIndex(labels.key, strings.length, 'labels.key');
  checkIndex(labels.text, strings.length, 'labels.text', NO_ROW);
  checkIndex(labels.unit, strings.length, 'labels.unit');
  assert(labels.number.length === labels.length, 'labels.number has length cells');

  checkRanges(stacks.locationStart, stacks.length, stacks.location.length, 'stacks.locationStart');
  checkIndex(stacks.location, locations.length, 'stacks.location');

  checkIndex(locations.mapping, mappings.length, 'locations.mapping', NO_ROW);
  assert(locations.address.length === locations.length, 'locations.address has length cells');
  checkRanges(locations.lineStart, locations.length, lines.length, 'locations.lineStart');
  checkIndex(lines.function, functions.length, 'lines.function');
  assert(lines.line.length === lines.length, 'lines.line has length cells');

  for (const column of [functions.name, functions.systemName, functions.file]) {
    assert(column.length === functions.length, 'function columns have length cells');
    checkIndex(column, strings.length, 'functions');
  }
  for (const column of [mappings.file, mappings.buildId]) checkIndex(column, strings.length, 'mappings');
}

function checkIndex(column: Int32Array | Uint16Array, rows: number, name: string, none = 0): void {
  for (const cell of column) assert(cell >= none && cell < rows, `${name}: row ${cell} of ${rows}`);
}

function checkRanges(start: Int32Array, rows: number, cells: number, name: string): void {
  assert(start.length === rows + 1, `${name} has one cell more than rows`);
  assert(start[0] === 0 && start[rows] === cells, `${name} spans all cells`);
  for (let row = 0; row < rows; row++) assert(start[row] <= start[row + 1], `${name} ascends`);
}
