// Notices that files have changed by looking at them: what editors, symlink swaps of Kubernetes, bind mounts and network
// folders do has nothing in common but that the file at the path is another one afterwards.
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Millis } from '../base/units.ts';

/** Real time between two looks. A change is told when two looks in a row agree: whoever writes is done then. */
export const LOOK_INTERVAL_MILLIS: Millis = 1000;

export interface FollowFiles {
  /** Asked with each look: a configuration may name other files after a change. */
  readonly files: () => readonly string[];
  /** The next look waits for it. Must not throw. */
  readonly onChange: () => Promise<void>;
  readonly signal: AbortSignal;
  /** What `lookAt` said when the files were read; without it, what they are now. */
  readonly since?: string;
  readonly intervalMillis?: Millis;
}

/** Resolves when `signal` aborts. Files may come and go. */
export async function followFiles(follow: FollowFiles): Promise<void> {
  const { files, onChange, signal, intervalMillis = LOOK_INTERVAL_MILLIS } = follow;
  let names = files().join('\n');
  let told = follow.since ?? (await lookAt(files()));
  let seen = told;
  while (!signal.aborted) {
    await sleep(intervalMillis, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    const now = await lookAt(files());
    if (now !== seen || now === told) {
      seen = now;
      continue;
    }
    await onChange();
    // Other files may belong to it now; they have just been read. What changed meanwhile differs from `now`.
    const isSame = files().join('\n') === names;
    names = files().join('\n');
    told = seen = isSame ? now : await lookAt(files());
  }
}

/** One line a file that is different when the file is; symlinks are followed. */
export async function lookAt(files: readonly string[]): Promise<string> {
  const lines = await Promise.all(
    files.map(async (file) => {
      const found = await stat(file, { bigint: true }).catch(() => null);
      return found === null
        ? `${file} -`
        : `${file} ${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`;
    }),
  );
  return lines.join('\n');
}
