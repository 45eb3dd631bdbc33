import { stat } from 'node:fs/promises';
import { PlimsollError } from '../base/errors.ts';

/** @throws PlimsollError ARGUMENTS_INVALID for a folder of --source that is none: without it nothing would be explained, silently. */
export async function checkSourceFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const found = await stat(folder).catch(() => null);
    if (found?.isDirectory()) continue;
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'a folder with Go sources expected', {
      field: '--source',
      value: folder,
    });
  }
}
