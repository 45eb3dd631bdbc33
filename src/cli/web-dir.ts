import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The built page: beside the compiled code, or in dist/ when this runs from sources; null = API only. */
export function findWebDir(): string | null {
  for (const relative of ['../web/', '../../dist/web/']) {
    const folder = fileURLToPath(new URL(relative, import.meta.url));
    if (existsSync(`${folder}index.html`)) return folder;
  }
  return null;
}
