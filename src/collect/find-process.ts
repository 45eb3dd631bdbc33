// From `pid:`, `name:` and `port:` to one process, and from a process to the addresses that it listens on.
import { readdir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hostOf, parseListeningSockets } from '../parse/listening-sockets.ts';
import { findOwnerOfPort, type FoundPid } from './find-pid.ts';
import { readProcessIdentity } from './proc.ts';
import type { ProcessAddress } from './process-address.ts';
import { readSystemText, type ProcOptions } from './system-file.ts';

/** Ports of one process that are asked for pprof; a service has two or three. */
const MAX_PORTS = 8;
/** Descriptors that are looked at for its sockets. */
const MAX_FDS = 20_000;
/** The kernel keeps so much of a command's name. */
const COMMAND_LENGTH = 15;

/** `pid`, or why there is no such process, or not just one. Costs a look at every process for a name or a port. */
export async function findProcess(address: ProcessAddress, options: ProcOptions = {}): Promise<FoundPid> {
  switch (address.kind) {
    case 'pid': {
      const identity = await readProcessIdentity(address.pid, options);
      return identity ?? { pid: null, reason: 'there is no such process, or it is hidden from this user' };
    }
    case 'port':
      return findOwnerOfPort(null, address.port, options);
    case 'name':
      return findByName(address.name, options);
  }
}

/** Numbers of all processes that this user is shown, ascending; null without /proc. */
export async function listPids(options: ProcOptions = {}): Promise<number[] | null> {
  const names = await readdir(join(options.fsRoot ?? '/', 'proc')).catch(() => null);
  return (
    names
      ?.filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b) ?? null
  );
}

async function findByName(name: string, options: ProcOptions): Promise<FoundPid> {
  const pids = await listPids(options);
  if (pids === null) return { pid: null, reason: 'there is no /proc on this system' };
  const found: { pid: number; command: string }[] = [];
  for (const pid of pids) {
    if (pid === process.pid && options.fsRoot === undefined) continue;
    const identity = await readProcessIdentity(pid, options);
    if (identity === null) continue;
    const isCommand = identity.command === name.slice(0, COMMAND_LENGTH);
    // A thread may rename the command; a name beyond 15 characters is told apart by the file alone.
    const isNamed =
      isCommand && name.length <= COMMAND_LENGTH ? true : (await readFileName(pid, options)) === name;
    if (isNamed) found.push({ pid, command: identity.command });
  }
  const [first] = found;
  if (first === undefined) return { pid: null, reason: 'no process has this name' };
  if (found.length === 1) return first;
  const pids5 = found.slice(0, 5).map(({ pid }) => `pid:${pid}`);
  return {
    pid: null,
    isUnclear: true,
    reason: `${found.length} processes have this name: give one of ${pids5.join(', ')}`,
  };
}

async function readFileName(pid: number, options: ProcOptions): Promise<string | null> {
  const link = await readlink(join(options.fsRoot ?? '/', 'proc', String(pid), 'exe')).catch(() => null);
  return link === null ? null : basename(link.replace(/ \(deleted\)$/, ''));
}

/** Where a process listens; `reason` says why none of it can be reached from here. */
export interface Listening {
  /** `127.0.0.1:8080`, at most MAX_PORTS, the lowest port first. */
  readonly hosts: readonly string[];
  readonly reason: string | null;
}

/** Costs one read of the process's tables of sockets and a look at each of its descriptors. */
export async function listListening(pid: number, options: ProcOptions = {}): Promise<Listening> {
  const proc = join(options.fsRoot ?? '/', 'proc');
  const [own, theirs] = await Promise.all([
    readlink(join(proc, 'self', 'ns', 'net')).catch(() => null),
    readlink(join(proc, String(pid), 'ns', 'net')).catch(() => null),
  ]);
  const inodes = await socketsOf(join(proc, String(pid), 'fd'));
  if (inodes === null) return { hosts: [], reason: 'its descriptors may not be looked at by this user' };
  const hosts = new Map<number, string>();
  for (const file of ['tcp', 'tcp6']) {
    const text = await readSystemText(join(proc, String(pid), 'net', file));
    for (const socket of parseListeningSockets(text ?? '')) {
      if (inodes.has(socket.inode) && !hosts.has(socket.port)) hosts.set(socket.port, hostOf(socket));
    }
  }
  const ports = [...hosts.keys()].sort((a, b) => a - b);
  if (ports.length === 0) return { hosts: [], reason: 'it listens on no TCP port' };
  if (own !== null && theirs !== null && own !== theirs) {
    const shown = ports.slice(0, MAX_PORTS).join(', ');
    return {
      hosts: [],
      reason: `it listens on ${shown} in another network namespace: give the address of its container, with --pid ${pid}`,
    };
  }
  return { hosts: ports.slice(0, MAX_PORTS).map((port) => hosts.get(port) ?? ''), reason: null };
}

async function socketsOf(folder: string): Promise<Set<string> | null> {
  const fds = await readdir(folder).catch(() => null);
  if (fds === null) return null;
  const inodes = new Set<string>();
  for (const fd of fds.slice(0, MAX_FDS)) {
    const link = await readlink(join(folder, fd)).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  return inodes;
}
