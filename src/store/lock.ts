// One process per data folder, without a native lock. Every candidate puts down a file of its own and then looks
// for others: of two at the same time at least one sees the other, because each writes before it looks. Names are
// unique, so a dead one's file can be removed by anybody without a race.
//
//     lock/4711-8f3a.json   { pid, startTicks, machine, host, takenAt }     touched every LOCK_BEAT_MILLIS
//
// A holder is dead when its pid is gone or belongs to a later process (start time differs). Across machines or
// containers that share the folder pids say nothing: there the age of the last touch decides. It decides everywhere
// for who asks so: of work that another may take up a process that hangs is as good as dead, of a database it is not.
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, readlink, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PlimsollError } from '../base/errors.ts';
import { SECOND_MILLIS, formatDuration, type Millis } from '../base/units.ts';

/** How often a holder says that it lives. */
export const LOCK_BEAT_MILLIS = 5 * SECOND_MILLIS;
/** Six beats missed: dead, where no pid can be asked or is to be. */
export const LOCK_STALE_MILLIS = 30 * SECOND_MILLIS;
/** Two that start in the same instant both step back; a random pause lets one of them be first. */
const ATTEMPTS = 6;
const STEP_BACK_MILLIS = 80;

interface Holder {
  readonly pid: number;
  /** Start time of the process in clock ticks since boot; null where there is no /proc. */
  readonly startTicks: string | null;
  /** See describeMachine. */
  readonly machine: string;
  readonly host: string;
}

export interface DataLock {
  /** False once somebody else took it from a process that was stopped for too long. */
  isHeld(): Promise<boolean>;
  /** Removes the lock. Safe to call twice. */
  release(): Promise<void>;
}

/** `gone`: while its process lives, what it holds is its own. `silent`: whoever gives no sign of life has lost it, and asks `isHeld`. */
export type DeadWhen = 'gone' | 'silent';

/**
 * Takes the data folder for this process (creating it when needed).
 *
 * @param deadWhen what takes a lock from its holder.
 * @throws PlimsollError STORE_LOCKED with the holder's pid; STORE_FAILED when the folder cannot be written.
 */
export async function lockDataFolder(dataDir: string, deadWhen: DeadWhen = 'gone'): Promise<DataLock> {
  const dir = join(dataDir, 'lock');
  const me = await describeSelf();
  const name = `${me.pid}-${randomBytes(4).toString('hex')}.json`;
  let rival: { readonly holder: Holder; readonly age: Millis } | null = null;
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await putDown(dir, name, me);
      rival = await findRival(dir, name, me, deadWhen);
      if (rival === null) return holdLock(join(dir, name));
      await rm(join(dir, name), { force: true });
      await delay(STEP_BACK_MILLIS * (0.5 + Math.random()));
    }
  } catch (error) {
    throw new PlimsollError('STORE_FAILED', 'store', 'cannot lock the folder', { where: dataDir }, error);
  }
  throw new PlimsollError('STORE_LOCKED', 'store', describeRival(rival, me), { where: dataDir });
}

function describeRival(rival: { readonly holder: Holder; readonly age: Millis } | null, me: Holder): string {
  if (rival === null) return 'in use by another process';
  const { holder, age } = rival;
  const elsewhere = holder.machine === me.machine ? '' : ` on ${holder.host}`;
  return `in use by process ${holder.pid}${elsewhere} (last sign of life ${formatDuration(age)} ago)`;
}

async function putDown(dir: string, name: string, me: Holder): Promise<void> {
  // Complete before it can be seen: a half-written file would look like nobody's.
  const draft = join(dir, `${name}.draft`);
  await writeFile(draft, JSON.stringify(me), { mode: 0o600 });
  await rename(draft, join(dir, name));
}

async function findRival(dir: string, ownName: string, me: Holder, deadWhen: DeadWhen) {
  for (const name of await readdir(dir)) {
    if (name === ownName || name === `${ownName}.draft`) continue;
    const path = join(dir, name);
    const seen = await readHolder(path);
    if (seen === null) {
      await removeTornDraft(path);
      continue;
    }
    const isSilent = deadWhen === 'silent' && seen.age >= LOCK_STALE_MILLIS;
    if (!isSilent && (await isAlive(seen.holder, seen.age, me))) return seen;
    await rm(path, { force: true });
  }
  return null;
}

/** null when the file went away, or is one that nobody wrote. */
async function readHolder(path: string): Promise<{ holder: Holder; age: Millis } | null> {
  try {
    const [text, info] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const holder = JSON.parse(text) as Partial<Holder>;
    const age = Math.max(0, Date.now() - info.mtimeMs);
    if (typeof holder.pid !== 'number') return null;
    return {
      holder: {
        pid: holder.pid,
        startTicks: holder.startTicks ?? null,
        machine: holder.machine ?? '',
        host: holder.host ?? '',
      },
      age,
    };
  } catch {
    return null;
  }
}

/** A draft whose writer died in the middle. Younger ones may be in the making. */
async function removeTornDraft(path: string): Promise<void> {
  const info = await stat(path).catch(() => null);
  if (info !== null && Date.now() - info.mtimeMs > LOCK_STALE_MILLIS) await rm(path, { force: true });
}

async function isAlive(holder: Holder, age: Millis, me: Holder): Promise<boolean> {
  if (holder.machine !== me.machine) return age < LOCK_STALE_MILLIS;
  return isProcessAlive(holder.pid, holder.startTicks, age);
}

/**
 * Does that very process still run? With its start time the answer is exact; without (no /proc) a pid that was
 * given to somebody else is told apart by the age of the last sign of life.
 */
export async function isProcessAlive(
  pid: number,
  startTicks: string | null,
  lastSignAge: Millis,
): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = await readStartTicks(pid);
  if (startTicks !== null && now !== null) return startTicks === now;
  return lastSignAge < LOCK_STALE_MILLIS;
}

/** Field 22 of /proc/PID/stat; null without /proc. A zombie counts as gone: it holds nothing any more. */
export async function readStartTicks(pid: number): Promise<string | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The command name may hold spaces and brackets; fields are counted from the last bracket.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'zombie' : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** Boot and pid namespace: two pids can be compared only where this is equal. */
export async function describeMachine(): Promise<string> {
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return bootId ? `${bootId.trim()} ${namespace}` : hostname();
}

async function describeSelf(): Promise<Holder> {
  const [startTicks, machine] = await Promise.all([readStartTicks(process.pid), describeMachine()]);
  return { pid: process.pid, startTicks, machine, host: hostname() };
}

function holdLock(path: string): DataLock {
  const beat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, LOCK_BEAT_MILLIS);
  beat.unref();
  // A process that ends without release() leaves nothing to wait for on another machine.
  const onExit = () => rmSync(path, { force: true });
  process.once('exit', onExit);
  return {
    isHeld: () =>
      stat(path).then(
        () => true,
        () => false,
      ),
    async release() {
      clearInterval(beat);
      process.removeListener('exit', onExit);
      await rm(path, { force: true });
    },
  };
}
