import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { gunzipSync, gzipSync } from 'node:zlib';
import { fixtureNames, fixturePath } from '../../src/testing/fixture-profiles.ts';
import { LEGACY_PROFILES } from '../../src/testing/legacy-profiles.ts';
import { ROOT, requireBuild } from '../built-cli.ts';
import { loadExercise, type Exercise } from './exercise.mjs';
import { mutantOf, repeatSamples } from './mutate.mjs';

requireBuild();

const CRASHERS = join(ROOT, 'test', 'fuzz', 'crashers');
const CASES = 600;
const SEED = 20_261_121;

/** Of profiles that are decoded in three parts. */
const LARGE_CASES = 200;
const LARGE_BYTES = 320 * 1024;

/** Damaged profiles that are read nevertheless, of which a picture is made. */
const PICTURES = 16;

let exercise: Exercise;
beforeAll(async () => {
  exercise = await loadExercise(join(ROOT, 'dist'));
});

function readInputs(): Uint8Array[] {
  const names = [...fixtureNames('.pb.gz'), ...fixtureNames('.txt')];
  const files = names.map((name) => new Uint8Array(readFileSync(fixturePath(name))));
  const plain = files.filter((bytes) => bytes[0] === 0x1f).map((bytes) => new Uint8Array(gunzipSync(bytes)));
  return [...files, ...plain, ...LEGACY_PROFILES.values()];
}

describe('plimsoll profile', () => {
  it('reads every input of the fuzzer while it is whole', async () => {
    for (const bytes of readInputs()) await expect(exercise(bytes)).resolves.toBe('read');
  });

  it('answers or refuses damaged profiles, in every report', async () => {
    const inputs = readInputs();
    const answers = { read: 0, refused: 0 };
    for (let number = 0; number < CASES; number++) answers[await exercise(mutantOf(inputs, SEED, number))]++;
    expect(answers.read).toBeGreaterThan(CASES / 20);
    expect(answers.refused).toBeGreaterThan(CASES / 20);
  }, 120_000);

  it('reads large ones part by part as it reads them at once, or not at all', async () => {
    const plain = repeatSamples(gunzipSync(readFileSync(fixturePath('heap.pb.gz'))), LARGE_BYTES);
    await expect(exercise(plain, { onlyDecoding: true })).resolves.toBe('read');
    const before = exercise.partsRead();
    expect(before).toBeGreaterThan(0);
    for (let number = 0; number < LARGE_CASES; number++)
      await exercise(mutantOf([plain, gzipSync(plain)], SEED + 2, number), { onlyDecoding: true });
    expect(exercise.partsRead() - before).toBeGreaterThan(0);
  }, 120_000);

  it('draws what is left of damaged profiles', async () => {
    const inputs = readInputs();
    let pictures = 0;
    for (let number = 0; number < CASES && pictures < PICTURES; number++) {
      const bytes = mutantOf(inputs, SEED + 1, number);
      if ((await exercise(bytes)) === 'refused') continue;
      await expect(exercise(bytes, { withPicture: true }), `case ${number}`).resolves.toBe('read');
      pictures++;
    }
    expect(pictures).toBe(PICTURES);
  }, 120_000);

  const crashers = existsSync(CRASHERS) ? readdirSync(CRASHERS).filter((name) => name.endsWith('.bin')) : [];
  it('answers or refuses what once brought it down', async () => {
    for (const name of crashers)
      await expect(
        exercise(readFileSync(join(CRASHERS, name)), { withPicture: true }),
        name,
      ).resolves.toMatch(/^(?:read|refused)$/);
  }, 120_000);
});
