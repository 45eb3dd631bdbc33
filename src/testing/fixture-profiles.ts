// The committed profiles of test/fixtures/profiles, decompressed.
import { readFileSync, readdirSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const FOLDER = new URL('../../test/fixtures/profiles/', import.meta.url);

/** Path of a fixture, for programs that read files. */
export function fixturePath(name: string): string {
  return new URL(name, FOLDER).pathname;
}

/** Decompressed bytes of a fixture. */
export function readFixture(name: string): Uint8Array {
  const bytes = readFileSync(new URL(name, FOLDER));
  return new Uint8Array(name.endsWith('.gz') ? gunzipSync(bytes) : bytes);
}

/** Names of all fixtures that end with `.pb.gz` or `.txt`. */
export function fixtureNames(ending: '.pb.gz' | '.txt'): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(ending))
    .sort();
}
