// The built page, read once at start into memory: a request can then name nothing but these files.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PlimsollError } from '../base/errors.ts';

/** The page is four files; more than this is not our build. */
const WEB_FILES_LIMIT = 64;
const WEB_BYTES_LIMIT = 8 * 1024 * 1024;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

export interface WebFile {
  readonly bytes: Uint8Array;
  readonly gzip: Uint8Array;
  readonly contentType: string;
  readonly etag: string;
  /** Its name carries a hash of its content. */
  readonly isHashed: boolean;
}

export interface WebFiles {
  readonly index: WebFile;
  /** By path, with a leading slash. */
  readonly byPath: ReadonlyMap<string, WebFile>;
}

/** Reads the folder that scripts/build-web.mjs made; throws PlimsollError WEB_MISSING. */
export async function readWebFiles(folder: string): Promise<WebFiles> {
  let names: string[];
  try {
    names = (await readdir(folder, { withFileTypes: true })).filter((e) => e.isFile()).map((e) => e.name);
  } catch (error) {
    throw new PlimsollError(
      'WEB_MISSING',
      'server',
      'the built page cannot be read',
      { where: folder },
      error,
    );
  }
  const byPath = new Map<string, WebFile>();
  let total = 0;
  for (const name of names.sort()) {
    const contentType = CONTENT_TYPES[extname(name)];
    if (contentType === undefined) continue;
    const bytes = await readFile(join(folder, name));
    total += bytes.length;
    if (byPath.size >= WEB_FILES_LIMIT || total > WEB_BYTES_LIMIT) {
      throw new PlimsollError('WEB_MISSING', 'server', 'the folder holds more than a built page', {
        where: folder,
      });
    }
    byPath.set(`/${name}`, {
      bytes,
      gzip: gzipSync(bytes, { level: 9 }),
      contentType,
      etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 20)}"`,
      isHashed: /-[A-Z0-9]{8}\.(js|css)$/.test(name),
    });
  }
  const index = byPath.get('/index.html');
  if (!index) throw new PlimsollError('WEB_MISSING', 'server', 'no index.html', { where: folder });
  return { index, byPath };
}
