import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PlimsollError } from '../base/errors.ts';
import type { Millis } from '../base/units.ts';

const FILE = 'virtual-time.json';

/**
 * Virtual time of an accelerated watch must go on over a restart, or what it stored would lie in the future: the
 * origin of the first run stays with the data. In real time (scale 1) there is nothing to keep.
 * @returns the origin to use; null in real time.
 * @throws PlimsollError ARGUMENTS_INVALID when the folder was filled at another scale.
 */
export async function keepOrigin(dataDir: string, scale: number): Promise<Millis | null> {
  const path = join(dataDir, FILE);
  const saved = await readSaved(path);
  if (saved !== null && saved.scale !== scale) {
    throw new PlimsollError(
      'ARGUMENTS_INVALID',
      'arguments',
      `its data was taken at a time scale of ${saved.scale}`,
      {
        where: dataDir,
        field: '--time-scale',
        value: String(scale),
      },
    );
  }
  if (scale === 1) return null;
  if (saved !== null) return saved.originMillis;
  const originMillis = Date.now();
  await writeFile(path, `${JSON.stringify({ originMillis, scale })}\n`);
  return originMillis;
}

async function readSaved(path: string): Promise<{ originMillis: Millis; scale: number } | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return null; // A new folder, or one in real time.
  }
  try {
    const saved = JSON.parse(text) as { originMillis?: unknown; scale?: unknown };
    if (typeof saved.originMillis === 'number' && typeof saved.scale === 'number' && saved.scale > 0) {
      return { originMillis: saved.originMillis, scale: saved.scale };
    }
  } catch {
    // Falls through to the error below.
  }
  throw new PlimsollError('STORE_FAILED', 'store', 'not what it should hold', { where: path, value: text });
}
