// Which process of this machine listens behind a URL? Then /proc is evidence too, without asking the user for a number.
import { lookup } from 'node:dns/promises';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { parseListeningSockets } from '../parse/listening-sockets.ts';
import { readProcessIdentity } from './proc.ts';
import type { ProcOptions } from './system-file.ts';

/** `pid`, or why it is not known. */
export type FoundPid =
  | { readonly pid: number; readonly command: string }
  /** `isUnclear`: there are several, and which is for the user to say. */
  | { readonly pid: null; readonly reason: string; readonly isUnclear?: boolean };

/** Listeners that only pass bytes on: their memory is not the service's. */
const FORWARDERS: ReadonlySet<string> = new Set([
  ...[
    'docker-proxy',
    'rootlessport',
    'slirp4netns',
    'pasta',
    'passt',
    'gvproxy',
    'vpnkit-bridge',
    'wslrelay',
  ],
  ...[
    'kubectl',
    'ssh',
    'sshd',
    'sshd-session',
    'socat',
    'haproxy',
    'nginx',
    'envoy',
    'caddy',
    'traefik',
    'kube-proxy',
  ],
]);

/** More processes than any machine lists; a bound all the same. */
const MAX_PROCESSES = 100_000;

/**
 * The process that listens on the URL's host and port, when that host is this machine. Linux only.
 *
 * Several listeners (SO_REUSEPORT), forwarders (docker-proxy, ssh) and sockets of other users give `null` with the reason:
 * the memory of the wrong process is worse than none.
 */
export async function findListeningPid(url: URL, options: ProcOptions = {}): Promise<FoundPid> {
  const addresses = await localAddressesOf(url.hostname);
  if (addresses === null) return { pid: null, reason: `${url.hostname} is not this machine` };
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return findOwnerOfPort(addresses, port, options);
}

/** @param addresses as bytes in hex; null = whichever the port is open on. */
export async function findOwnerOfPort(
  addresses: ReadonlySet<string> | null,
  port: number,
  options: ProcOptions = {},
): Promise<FoundPid> {
  const inodes = await findListeners(addresses, port, options);
  if (inodes === null) return { pid: null, reason: 'there is no /proc/net/tcp on this system' };
  if (inodes.size === 0)
    return { pid: null, reason: `nothing listens on port ${port} in this network namespace` };
  const owners = await findOwners(inodes, options);
  const [pid] = owners.pids;
  if (pid === undefined) {
    const reason =
      owners.notPermitted > 0
        ? `its process may not be looked into (${owners.notPermitted} are closed to this user; try as root)`
        : 'no process owns the listening socket';
    return { pid: null, reason };
  }
  if (owners.pids.size > 1) {
    return {
      pid: null,
      reason: `processes ${[...owners.pids].slice(0, 5).join(', ')} listen on port ${port}`,
    };
  }
  const identity = await readProcessIdentity(pid, options);
  if (identity === null) return { pid: null, reason: `process ${pid} has just ended` };
  if (FORWARDERS.has(identity.command)) {
    return { pid: null, reason: `${identity.command} (${pid}) listens and passes on to another process` };
  }
  return { pid, command: identity.command };
}

/** The host's addresses as bytes in hex, null when one of them is not this machine's. */
async function localAddressesOf(hostname: string): Promise<Set<string> | null> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) ? [host] : await lookupAll(host);
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)),
  );
  const isLocal = (address: string) =>
    address.startsWith('127.') ||
    address === '::1' ||
    address === '0.0.0.0' ||
    address === '::' ||
    own.has(address);
  if (addresses.length === 0 || !addresses.every(isLocal)) return null;
  return new Set(addresses.map(addressToHex));
}

async function lookupAll(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

/**
 * Inodes of the sockets that listen on one of the addresses, or on every address when none is as exact; null without /proc.
 */
async function findListeners(
  addresses: ReadonlySet<string> | null,
  port: number,
  options: ProcOptions,
): Promise<Set<string> | null> {
  const exact = new Set<string>();
  const any = new Set<string>();
  let isReadable = false;
  for (const file of ['tcp', 'tcp6']) {
    const text = await readFile(join(options.fsRoot ?? '/', 'proc', 'net', file), 'utf8').catch(() => null);
    if (text === null) continue;
    isReadable = true;
    for (const { addressHex, port: own, inode } of parseListeningSockets(text)) {
      if (own !== port) continue;
      if (/^0+$/.test(addressHex)) any.add(inode);
      else if (addresses === null || addresses.has(addressHex)) exact.add(inode);
    }
  }
  if (!isReadable) return null;
  if (addresses === null) return new Set([...exact, ...any]);
  return exact.size > 0 ? exact : any;
}

function addressToHex(address: string): string {
  if (!address.includes(':')) {
    return address
      .split('.')
      .map((part) => Number(part).toString(16).padStart(2, '0'))
      .join('');
  }
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return addressToHex(mapped[1] ?? '');
  const [head = '', tail = ''] = (address.split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const middle = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...middle, ...right].map((group) => group.toLowerCase().padStart(4, '0')).join('');
}

async function findOwners(
  inodes: ReadonlySet<string>,
  options: ProcOptions,
): Promise<{ pids: Set<number>; notPermitted: number }> {
  const proc = join(options.fsRoot ?? '/', 'proc');
  const pids = new Set<number>();
  let notPermitted = 0;
  const names = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const name of names.slice(0, MAX_PROCESSES)) {
    try {
      if (await ownsSocket(join(proc, name, 'fd'), inodes)) pids.add(Number(name));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EACCES') notPermitted++;
    }
  }
  return { pids, notPermitted };
}

async function ownsSocket(folder: string, inodes: ReadonlySet<string>): Promise<boolean> {
  for (const fd of await readdir(folder)) {
    // A descriptor may be closed between the listing and the look at it.
    const link = await readlink(join(folder, fd)).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    if (inode !== undefined && inodes.has(inode)) return true;
  }
  return false;
}
