import { createRequire } from 'node:module';

/** null when chDB can be loaded here, else why tests of the engine have to be skipped. */
export function whyNoChdb(): string | null {
  const require = createRequire(import.meta.url);
  const libc = process.platform === 'linux' ? '-gnu' : '';
  try {
    require.resolve('chdb');
    require.resolve(`@chdb/lib-${process.platform}-${process.arch}${libc}`);
    return null;
  } catch {
    return 'chdb is not installed: npm install chdb';
  }
}

/** ` [skipped: reason]`, to put behind a test's name; nothing when there is no reason. */
export function skipNote(reason: string | null): string {
  return reason === null ? '' : ` [skipped: ${reason}]`;
}
