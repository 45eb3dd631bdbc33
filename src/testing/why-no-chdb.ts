import { isEngineInstalled } from '../store/engine-installed.ts';

/** null when chDB can be loaded here, else why tests of the engine have to be skipped. */
export function whyNoChdb(): string | null {
  return isEngineInstalled() ? null : 'chdb is not installed: npm install chdb';
}

/** ` [skipped: reason]`, to put behind a test's name; nothing when there is no reason. */
export function skipNote(reason: string | null): string {
  return reason === null ? '' : ` [skipped: ${reason}]`;
}
