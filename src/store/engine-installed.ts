import { createRequire } from 'node:module';

/** Whether chDB, an optional dependency, can be loaded here; it is not loaded to find out. */
export function isEngineInstalled(): boolean {
  const require = createRequire(import.meta.url);
  const libc = process.platform === 'linux' ? '-gnu' : '';
  try {
    require.resolve('chdb');
    require.resolve(`@chdb/lib-${process.platform}-${process.arch}${libc}`);
    return true;
  } catch {
    return false;
  }
}
