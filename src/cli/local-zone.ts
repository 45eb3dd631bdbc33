// The local time zone with the letters that Go prints (`CET`): JavaScript knows the offset, the letters are in the
// system's zone files.
import { readFileSync } from 'node:fs';
import type { TimeZone } from '../profile/reports/options.ts';

const ZONE_FOLDERS = ['/usr/share/zoneinfo/', '/usr/lib/zoneinfo/', '/usr/share/lib/zoneinfo/'];

/** Offset and name of the local zone at a time. */
export function localZoneAt(unixSeconds: number): TimeZone {
  const time = new Date(unixSeconds * 1000);
  const offsetSeconds = 0 - time.getTimezoneOffset() * 60;
  return { offsetSeconds, name: zoneName(unixSeconds, offsetSeconds) ?? intlName(time) };
}

function zoneName(unixSeconds: number, offsetSeconds: number): string | null {
  const zone = process.env['TZ'];
  if (zone === 'UTC' || zone === '') return 'UTC';
  const name = zone?.replace(/^:/, '');
  const paths =
    name === undefined
      ? ['/etc/localtime']
      : name.startsWith('/')
        ? [name]
        : ZONE_FOLDERS.map((folder) => folder + name);
  for (const path of paths) {
    try {
      return nameInZoneFile(readFileSync(path), unixSeconds, offsetSeconds);
    } catch {
      // The next one; what is no zone file is none.
    }
  }
  return null;
}

/** `GMT+1` where the letters are not known. */
function intlName(time: Date): string {
  const text = time.toLocaleTimeString('en-US', { timeZoneName: 'short' });
  return text.slice(text.lastIndexOf(' ') + 1);
}

const HEADER_BYTES = 44;

/**
 * Letters of the newest type of local time that has this offset and began before the time. Rules for the far future are
 * not evaluated: their types are those of the last transitions. Source: RFC 9636.
 */
export function nameInZoneFile(file: Uint8Array, unixSeconds: number, offsetSeconds: number): string | null {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0) !== 0x545a6966) throw new Error('no zone file');
  const first = readCounts(view, 0);
  // Version 2 repeats everything with 64-bit times.
  const isWide = view.getUint8(4) >= 0x32;
  const start = isWide ? HEADER_BYTES + blockLength(first, 4) : 0;
  const counts = isWide ? readCounts(view, start) : first;
  const timeBytes = isWide ? 8 : 4;
  const times = start + HEADER_BYTES;
  const types = times + counts.transitions * timeBytes;
  const infos = types + counts.transitions;
  const letters = infos + counts.types * 6;
  const nameOf = (type: number): string | null => {
    if (view.getInt32(infos + type * 6) !== offsetSeconds) return null;
    const from = letters + view.getUint8(infos + type * 6 + 5);
    let to = from;
    while (view.getUint8(to) !== 0) to++;
    return new TextDecoder().decode(file.subarray(from, to));
  };
  for (let row = counts.transitions - 1; row >= 0; row--) {
    const time = isWide ? Number(view.getBigInt64(times + row * 8)) : view.getInt32(times + row * 4);
    if (time > unixSeconds) continue;
    const name = nameOf(view.getUint8(types + row));
    if (name !== null) return name;
  }
  for (let type = 0; type < counts.types; type++) {
    const name = nameOf(type);
    if (name !== null) return name;
  }
  return null;
}

interface ZoneCounts {
  readonly transitions: number;
  readonly types: number;
  readonly letters: number;
  readonly leaps: number;
  readonly flags: number;
}

function readCounts(view: DataView, at: number): ZoneCounts {
  const count = (row: number): number => view.getUint32(at + 20 + row * 4);
  return {
    flags: count(0) + count(1),
    leaps: count(2),
    transitions: count(3),
    types: count(4),
    letters: count(5),
  };
}

function blockLength(counts: ZoneCounts, timeBytes: number): number {
  const { transitions, types, letters, leaps, flags } = counts;
  return transitions * (timeBytes + 1) + types * 6 + letters + leaps * (timeBytes + 4) + flags;
}
