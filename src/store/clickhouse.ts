// The store of watch: tables in ClickHouse (chDB or a cluster, by URL), raw profiles in the blob store.
import { GAUGE_NAMES } from '../base/gauges.ts';
import { PlimsollError } from '../base/errors.ts';
import type { Millis } from '../base/units.ts';
import type { Incident } from '../model/incident.ts';
import type { ProfileKind } from '../model/raw-evidence.ts';
import { targetKey, type TargetKey, type TargetName } from '../model/target.ts';
import type { BlobStore } from './blobs.ts';
import { IN_RANGE, OF_TARGET, millisOf, rangeParams, targetCells, targetParams, timeCell } from './cells.ts';
import type { Cell, ClickHouseLink } from './clickhouse-link.ts';
import { GroupCommit } from './group-commit.ts';
import { IncidentTable } from './incident-table.ts';
import {
  checkGaugeRows,
  checkMillis,
  gaugeRowsFromCells,
  profileId,
  thinningStep,
  wellFormed,
} from './rows.ts';
import type { OpenedStore, StoreDescription } from './opened-store.ts';
import { SiteTable } from './site-table.ts';
import type { GaugeRows, ProfileRecord, SiteValues, StoredEvent, TimeRange } from './store.ts';
import { DATABASE } from './tables.ts';
import { VersionCounter } from './version-counter.ts';

/**
 * Rows of one insert. Measured: beyond 1,000 rows nothing is won. Also what keeps an insert below the bound on
 * day partitions (clickhouse-link.ts), however far apart its times lie.
 */
export const INSERT_ROWS = 1000;
/** Scrapes that wait for a slow disk: 50 targets for five minutes at one every 15 s, or 4 MB. */
const MAX_WAITING_SCRAPES = 10_000;
const MAX_WAITING_EVENTS = 10_000;
/** Rows of one page of a listing: results arrive whole, so large ones are asked for in pieces. */
const PAGE_ROWS = 5000;
/** A target's last-seen time is written again when it is this much later: it moves all the time. */
const TARGET_REFRESH_MILLIS = 600_000;

interface ProfileRow {
  readonly id: string;
  readonly service: string;
  readonly instance: string;
  readonly kind: ProfileKind;
  readonly form: 'proto' | 'text';
  readonly takenAt: number;
  readonly sizeBytes: number;
}

const PROFILE_COLUMNS = `id, service, instance, kind, form, ${millisOf('time')} AS takenAt, sizeBytes`;

export class ClickHouseStore implements OpenedStore {
  readonly #link: ClickHouseLink;
  readonly #blobs: BlobStore;
  readonly #incidents: IncidentTable;
  readonly #sites: SiteTable;
  readonly #gauges: GroupCommit<readonly Cell[]>;
  readonly #events: GroupCommit<readonly Cell[]>;
  readonly #stateVersions: VersionCounter;
  readonly #seenAt = new Map<TargetKey, Millis>();

  readonly describe: () => StoreDescription;
  #closeParts: () => Promise<void> = async () => undefined;

  private constructor(
    link: ClickHouseLink,
    blobs: BlobStore,
    incidents: IncidentTable,
    stateVersions: VersionCounter,
    describe: () => StoreDescription,
  ) {
    this.describe = describe;
    this.#link = link;
    this.#blobs = blobs;
    this.#incidents = incidents;
    this.#stateVersions = stateVersions;
    this.#sites = new SiteTable(link);
    this.#gauges = new GroupCommit({
      write: (rows) => link.insert('gauges', ['service', 'instance', 'time', ...GAUGE_NAMES], rows),
      maxRows: INSERT_ROWS,
      maxWaitingRows: MAX_WAITING_SCRAPES,
    });
    this.#events = new GroupCommit({
      write: (rows) => link.insert('events', ['service', 'instance', 'time', 'kind', 'text'], rows),
      maxRows: INSERT_ROWS,
      maxWaitingRows: MAX_WAITING_EVENTS,
    });
  }

  /** On tables that exist already (migrate.ts). */
  static async open(
    link: ClickHouseLink,
    blobs: BlobStore,
    describe: () => StoreDescription,
  ): Promise<ClickHouseStore> {
    const incidents = await IncidentTable.open(link);
    const stateVersions = await VersionCounter.open(link, 'states');
    return new ClickHouseStore(link, blobs, incidents, stateVersions, describe);
  }

  /** What to close after the last write. */
  onClose(closeParts: () => Promise<void>): void {
    this.#closeParts = closeParts;
  }

  async saveTarget(target: TargetName, seenAtMillis: Millis): Promise<void> {
    checkMillis(seenAtMillis, 'seenAtMillis');
    const key = targetKey(target);
    const before = this.#seenAt.get(key);
    if (before !== undefined && Math.abs(seenAtMillis - before) < TARGET_REFRESH_MILLIS) return;
    await this.#link.insert(
      'targets',
      ['service', 'instance', 'seenAt'],
      [[wellFormed(target.service), wellFormed(target.instance), timeCell(seenAtMillis)]],
    );
    this.#seenAt.set(key, seenAtMillis);
  }

  async listTargets(): Promise<readonly TargetName[]> {
    return this.#link.rows<TargetName>(
      `SELECT DISTINCT service, instance FROM ${DATABASE}.targets ORDER BY concat(service, '/', instance)`,
    );
  }

  async saveGauges(target: TargetKey, rows: GaugeRows): Promise<void> {
    checkGaugeRows(target, rows);
    const names = targetCells(target);
    const columns = GAUGE_NAMES.map((name) => rows.columns.get(name) ?? null);
    const cells = Array.from(rows.timeMillis, (time, row) => [
      ...names,
      timeCell(time),
      // NaN and infinities become JSON null, and that the column's default: NaN, "not known".
      ...columns.map((column) => column?.[row] ?? null),
    ]);
    await this.#gauges.add(cells);
  }

  async readGauges(target: TargetKey, range: TimeRange, maxRows: number): Promise<GaugeRows> {
    const params = { ...targetParams(target), ...rangeParams(range) };
    const where = `${OF_TARGET} AND ${IN_RANGE}`;
    const [found] = await this.#link.rows<{ count: number }>(
      `SELECT uniqExact(time) AS count FROM ${DATABASE}.gauges WHERE ${where}`,
      params,
    );
    const count = found?.count ?? 0;
    if (count === 0) return gaugeRowsFromCells(new Float64Array(0));
    const step = thinningStep(count, maxRows);
    const thinned = `AND time IN (
      SELECT time FROM (
        SELECT DISTINCT time FROM ${DATABASE}.gauges WHERE ${where} ORDER BY time DESC LIMIT {count:UInt64}
      ) QUALIFY (row_number() OVER (ORDER BY time DESC) - 1) % {step:UInt64} = 0
    )`;
    const bytes = await this.#link.binary(
      `SELECT ${millisOf('time')}, ${GAUGE_NAMES.join(', ')} FROM ${DATABASE}.gauges FINAL
       WHERE ${where} ${step > 1 ? thinned : ''} ORDER BY time LIMIT {count:UInt64}`,
      { ...params, count, step },
    );
    return gaugeRowsFromCells(float64Cells(bytes));
  }

  async saveProfile(record: Omit<ProfileRecord, 'id'>, bytes: Uint8Array): Promise<ProfileRecord> {
    checkMillis(record.takenAtMillis, 'takenAtMillis');
    const saved: ProfileRecord = { ...record, id: profileId(record, bytes) };
    // Bytes first: an index row must never promise what is not there.
    await this.#blobs.save(saved.id, bytes);
    await this.#link.insert(
      'profiles',
      ['service', 'instance', 'kind', 'time', 'id', 'form', 'sizeBytes'],
      [
        [
          ...targetCells(saved.target),
          saved.kind,
          timeCell(saved.takenAtMillis),
          saved.id,
          saved.form,
          saved.sizeBytes,
        ],
      ],
    );
    return saved;
  }

  async listProfiles(
    target: TargetKey,
    kind: ProfileKind,
    range: TimeRange,
  ): Promise<readonly ProfileRecord[]> {
    const records: ProfileRecord[] = [];
    for (;;) {
      const page = await this.#link.rows<ProfileRow>(
        `SELECT ${PROFILE_COLUMNS} FROM ${DATABASE}.profiles FINAL
         WHERE ${OF_TARGET} AND kind = {kind:String} AND ${IN_RANGE}
         ORDER BY takenAt, id LIMIT ${PAGE_ROWS} OFFSET {offset:UInt64}`,
        { ...targetParams(target), ...rangeParams(range), kind, offset: records.length },
      );
      records.push(...page.map(toProfileRecord));
      if (page.length < PAGE_ROWS) return records;
    }
  }

  async readProfile(id: string): Promise<{ record: ProfileRecord; bytes: Uint8Array } | null> {
    const record = await this.#findProfile(id);
    if (record === null) return null;
    const bytes = await this.#blobs.read(id);
    if (bytes === null) return null;
    if (profileId(record, bytes) !== id) {
      throw new PlimsollError('STORE_FAILED', 'store', 'the raw bytes on disk are damaged', { value: id });
    }
    return { record, bytes };
  }

  async saveSites(sites: SiteValues): Promise<void> {
    checkMillis(sites.profile.takenAtMillis, 'takenAtMillis');
    await this.#sites.save(sites);
  }

  async readSites(id: string): Promise<SiteValues | null> {
    const profile = await this.#findProfile(id);
    return profile === null ? null : this.#sites.read(profile);
  }

  async saveIncident(incident: Incident): Promise<void> {
    checkMillis(incident.openedAt, 'openedAt');
    checkMillis(incident.lastSeenAt, 'lastSeenAt');
    await this.#incidents.save(incident);
  }

  async listIncidents(): Promise<readonly Incident[]> {
    return this.#incidents.list();
  }

  async saveState(target: TargetKey, json: string): Promise<void> {
    await this.#link.insert(
      'states',
      ['service', 'instance', 'version', 'json'],
      [[...targetCells(target), this.#stateVersions.next(), wellFormed(json)]],
    );
  }

  async readState(target: TargetKey): Promise<string | null> {
    const [found] = await this.#link.rows<{ json: string }>(
      `SELECT json FROM ${DATABASE}.states FINAL WHERE ${OF_TARGET}`,
      targetParams(target),
    );
    return found?.json ?? null;
  }

  async saveEvents(events: readonly StoredEvent[]): Promise<void> {
    for (const event of events) checkMillis(event.atMillis, 'atMillis');
    await this.#events.add(
      events.map((event) => [
        ...targetCells(event.target),
        timeCell(event.atMillis),
        wellFormed(event.kind),
        wellFormed(event.text),
      ]),
    );
  }

  async listEvents(target: TargetKey, range: TimeRange): Promise<readonly StoredEvent[]> {
    const events: StoredEvent[] = [];
    for (;;) {
      const page = await this.#link.rows<{ at: number; kind: string; text: string }>(
        `SELECT ${millisOf('time')} AS at, kind, text FROM ${DATABASE}.events FINAL
         WHERE ${OF_TARGET} AND ${IN_RANGE}
         ORDER BY time, kind, text LIMIT ${PAGE_ROWS} OFFSET {offset:UInt64}`,
        { ...targetParams(target), ...rangeParams(range), offset: events.length },
      );
      for (const { at, kind, text } of page) events.push({ target, atMillis: at, kind, text });
      if (page.length < PAGE_ROWS) return events;
    }
  }

  async ping(): Promise<void> {
    await this.#link.insert('probes', ['probe'], [[1]]);
    await this.#blobs.probe();
  }

  /** Removes raw profiles past retention and, of an earlier life, those whose index row was never written. */
  async sweep(nowMillis: Millis, orphansAmong: readonly string[]): Promise<void> {
    for (let from = 0; from < orphansAmong.length; from += INSERT_ROWS) {
      const ids = orphansAmong.slice(from, from + INSERT_ROWS);
      const known = await this.#link.rows<{ id: string }>(
        `SELECT DISTINCT id FROM ${DATABASE}.profiles WHERE id IN (${ids.map((id) => `'${id}'`).join(', ')})`,
      );
      const kept = new Set(known.map((row) => row.id));
      for (const id of ids) if (!kept.has(id)) await this.#blobs.remove(id);
    }
    await this.#blobs.applyRetention(nowMillis);
  }

  /** Waits for the writes that were asked for, then closes everything. */
  async close(): Promise<void> {
    await Promise.all([this.#gauges.idle(), this.#events.idle()]);
    await this.#closeParts();
  }

  async #findProfile(id: string): Promise<ProfileRecord | null> {
    const [row] = await this.#link.rows<ProfileRow>(
      `SELECT ${PROFILE_COLUMNS} FROM ${DATABASE}.profiles WHERE id = {id:String} LIMIT 1`,
      { id },
    );
    return row === undefined ? null : toProfileRecord(row);
  }
}

function toProfileRecord(row: ProfileRow): ProfileRecord {
  const { id, kind, form, takenAt, sizeBytes } = row;
  return { id, target: targetKey(row), kind, form, takenAtMillis: takenAt, sizeBytes };
}

function float64Cells(bytes: Buffer): Float64Array {
  // RowBinary is little-endian, and so is every machine that Node runs on; a slice starts on a multiple of eight.
  return new Float64Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
  );
}
