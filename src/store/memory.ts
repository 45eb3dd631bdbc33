// The store of check, replay and tests: everything in memory, bounded, nothing on disk. Where a bound is reached
// the oldest goes; `describe` counts what went.
import { PlimsollError } from '../base/errors.ts';
import { GAUGE_NAMES } from '../base/gauges.ts';
import { MIB, type Bytes, type Millis } from '../base/units.ts';
import type { Incident } from '../model/incident.ts';
import type { ProfileKind } from '../model/raw-evidence.ts';
import { targetKey, type TargetKey, type TargetName } from '../model/target.ts';
import type { OpenedStore, StoreDescription } from './opened-store.ts';
import {
  checkGaugeRows,
  checkMillis,
  gaugeRowsFromCells,
  profileId,
  splitTargetKey,
  thinningStep,
} from './rows.ts';
import type { GaugeRows, ProfileRecord, SiteValues, StoredEvent, TimeRange } from './store.ts';

/** Two weeks at a scrape every 15 s, or 31 MB a target. */
export const MEMORY_GAUGE_ROWS = 80_640;
/** Raw bytes: a recording of a day with a profile every 5 minutes is a tenth of it. */
export const MEMORY_PROFILE_BYTES: Bytes = 256 * MIB;
/** Profiles whose site values are kept; diagnosis compares a few dozen. */
export const MEMORY_SITE_PROFILES = 500;
export const MEMORY_EVENTS_PER_TARGET = 10_000;
export const MEMORY_INCIDENTS = 10_000;
/** Profiles that are known, with or without their bytes. */
export const MEMORY_PROFILES = 50_000;
/** More targets than one process can watch; beyond it a new one is refused. */
export const MEMORY_TARGETS = 10_000;

const WIDTH = GAUGE_NAMES.length + 1;

interface TargetData {
  /** Ascending times; each row WIDTH cells: time, then the gauges in their order. */
  readonly times: Millis[];
  readonly rows: Float64Array[];
  readonly events: StoredEvent[];
  state: string | null;
}

export class MemoryStore implements OpenedStore {
  readonly #names = new Map<TargetKey, TargetName>();
  readonly #targets = new Map<TargetKey, TargetData>();
  /** Oldest save first. */
  readonly #profiles = new Map<string, { record: ProfileRecord; bytes: Uint8Array | null }>();
  readonly #sites = new Map<string, SiteValues>();
  readonly #incidents = new Map<string, Incident>();
  #profileBytes: Bytes = 0;
  #dropped = 0;

  describe(): StoreDescription {
    return {
      kind: 'memory',
      where: null,
      enginePid: null,
      engineVersion: null,
      engineRestarts: 0,
      blobBytes: this.#profileBytes,
      dropped: this.#dropped,
    };
  }

  async saveTarget(target: TargetName, seenAtMillis: Millis): Promise<void> {
    checkMillis(seenAtMillis, 'seenAtMillis');
    this.#names.set(targetKey(target), { service: target.service, instance: target.instance });
  }

  async listTargets(): Promise<readonly TargetName[]> {
    return [...this.#names.values()].sort(byTarget);
  }

  async saveGauges(target: TargetKey, rows: GaugeRows): Promise<void> {
    checkGaugeRows(target, rows);
    const data = this.#dataOf(target);
    rows.timeMillis.forEach((time, row) => {
      const cells = new Float64Array(WIDTH).fill(NaN);
      cells[0] = Math.round(time);
      GAUGE_NAMES.forEach((name, at) => {
        const value = rows.columns.get(name)?.[row] ?? NaN;
        cells[at + 1] = Number.isFinite(value) ? value : NaN;
      });
      const at = lowerBound(data.times, cells[0]);
      const isReplaced = data.times[at] === cells[0];
      data.times.splice(at, isReplaced ? 1 : 0, cells[0]);
      data.rows.splice(at, isReplaced ? 1 : 0, cells);
    });
    const surplus = data.times.length - MEMORY_GAUGE_ROWS;
    if (surplus <= 0) return;
    data.times.splice(0, surplus);
    data.rows.splice(0, surplus);
    this.#dropped += surplus;
  }

  async readGauges(target: TargetKey, range: TimeRange, maxRows: number): Promise<GaugeRows> {
    const data = this.#targets.get(target);
    if (data === undefined) return gaugeRowsFromCells(new Float64Array(0));
    const from = lowerBound(data.times, range.fromMillis);
    const to = lowerBound(data.times, range.toMillis + 1);
    const step = thinningStep(to - from, maxRows);
    const chosen = data.rows.slice(from, to).filter((_, row) => (to - from - 1 - row) % step === 0);
    const cells = new Float64Array(chosen.length * WIDTH);
    chosen.forEach((row, at) => cells.set(row, at * WIDTH));
    return gaugeRowsFromCells(cells);
  }

  async saveProfile(record: Omit<ProfileRecord, 'id'>, bytes: Uint8Array): Promise<ProfileRecord> {
    checkMillis(record.takenAtMillis, 'takenAtMillis');
    splitTargetKey(record.target);
    const saved: ProfileRecord = { ...record, id: profileId(record, bytes) };
    this.#forgetBytes(saved.id);
    this.#profiles.delete(saved.id);
    this.#profiles.set(saved.id, { record: saved, bytes: bytes.slice() });
    this.#profileBytes += bytes.length;
    for (const id of this.#profiles.keys()) {
      if (this.#profileBytes <= MEMORY_PROFILE_BYTES || id === saved.id) break;
      if (this.#forgetBytes(id)) this.#dropped++;
    }
    const oldest = this.#profiles.keys().next().value;
    if (this.#profiles.size > MEMORY_PROFILES && oldest !== undefined) {
      this.#forgetBytes(oldest);
      this.#profiles.delete(oldest);
      this.#dropped++;
    }
    return saved;
  }

  async listProfiles(
    target: TargetKey,
    kind: ProfileKind,
    range: TimeRange,
  ): Promise<readonly ProfileRecord[]> {
    return [...this.#profiles.values()]
      .map(({ record }) => record)
      .filter((record) => record.target === target && record.kind === kind)
      .filter(({ takenAtMillis: at }) => at >= range.fromMillis && at <= range.toMillis)
      .sort((a, b) => a.takenAtMillis - b.takenAtMillis || (a.id < b.id ? -1 : 1));
  }

  async readProfile(id: string): Promise<{ record: ProfileRecord; bytes: Uint8Array } | null> {
    const found = this.#profiles.get(id);
    if (found === undefined || found.bytes === null) return null;
    return { record: found.record, bytes: found.bytes.slice() };
  }

  async saveSites(sites: SiteValues): Promise<void> {
    splitTargetKey(sites.profile.target);
    this.#sites.delete(sites.profile.id);
    this.#sites.set(sites.profile.id, {
      ...sites,
      stacks: [...sites.stacks],
      objectBytes: sites.objectBytes.slice(),
      inuseObjects: sites.inuseObjects.slice(),
      inuseBytes: sites.inuseBytes.slice(),
    });
    this.#dropped += dropOldest(this.#sites, MEMORY_SITE_PROFILES);
  }

  async readSites(profileId: string): Promise<SiteValues | null> {
    return this.#sites.get(profileId) ?? null;
  }

  async saveIncident(incident: Incident): Promise<void> {
    checkMillis(incident.openedAt, 'openedAt');
    this.#incidents.set(incident.id, structuredClone(incident));
    this.#dropped += dropOldest(this.#incidents, MEMORY_INCIDENTS);
  }

  async listIncidents(): Promise<readonly Incident[]> {
    return [...this.#incidents.values()]
      .sort((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1))
      .map((incident) => structuredClone(incident));
  }

  async saveState(target: TargetKey, json: string): Promise<void> {
    this.#dataOf(target).state = json;
  }

  async readState(target: TargetKey): Promise<string | null> {
    return this.#targets.get(target)?.state ?? null;
  }

  async saveEvents(events: readonly StoredEvent[]): Promise<void> {
    for (const event of events) checkMillis(event.atMillis, 'atMillis');
    for (const event of events) {
      const kept = this.#dataOf(event.target).events;
      const at = kept.findLastIndex((other) => compareEvents(other, event) <= 0);
      const before = kept[at];
      if (before !== undefined && compareEvents(before, event) === 0) continue;
      kept.splice(at + 1, 0, { ...event });
      if (kept.length <= MEMORY_EVENTS_PER_TARGET) continue;
      kept.shift();
      this.#dropped++;
    }
  }

  async listEvents(target: TargetKey, range: TimeRange): Promise<readonly StoredEvent[]> {
    const events = this.#targets.get(target)?.events ?? [];
    return events.filter((event) => event.atMillis >= range.fromMillis && event.atMillis <= range.toMillis);
  }

  async ping(): Promise<void> {
    // Memory can always be written.
  }

  async close(): Promise<void> {
    // Nothing is held open.
  }

  #dataOf(target: TargetKey): TargetData {
    splitTargetKey(target);
    let data = this.#targets.get(target);
    if (data === undefined) {
      if (this.#targets.size >= MEMORY_TARGETS) {
        throw new PlimsollError('STORE_FAILED', 'store', `holds ${MEMORY_TARGETS} targets already`, {
          where: target,
        });
      }
      data = { times: [], rows: [], events: [], state: null };
      this.#targets.set(target, data);
    }
    return data;
  }

  #forgetBytes(id: string): boolean {
    const entry = this.#profiles.get(id);
    if (entry === undefined || entry.bytes === null) return false;
    this.#profileBytes -= entry.bytes.length;
    entry.bytes = null;
    return true;
  }
}

/** Index of the first time that is not before `millis`. */
function lowerBound(times: readonly Millis[], millis: Millis): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < millis) low = middle + 1;
    else high = middle;
  }
  return low;
}

function dropOldest<T>(map: Map<string, T>, bound: number): number {
  let dropped = 0;
  for (const key of map.keys()) {
    if (map.size <= bound) break;
    map.delete(key);
    dropped++;
  }
  return dropped;
}

function byTarget(a: TargetName, b: TargetName): number {
  return targetKey(a) < targetKey(b) ? -1 : 1;
}

function compareEvents(a: StoredEvent, b: StoredEvent): number {
  return a.atMillis - b.atMillis || compareText(a.kind, b.kind) || compareText(a.text, b.text);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
