// Values per allocation stack and profile; the text of each stack is stored once.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PlimsollError } from '../base/errors.ts';
import { DAY_MILLIS, MIB, type Bytes, type Millis } from '../base/units.ts';
import { OF_TARGET, targetCells, targetParams, timeCell } from './cells.ts';
import type { Cell, ClickHouseLink } from './clickhouse-link.ts';
import { stackNumber, wellFormed } from './rows.ts';
import type { ProfileRecord, SiteValues } from './store.ts';
import { DATABASE } from './tables.ts';

/** One profile goes in with one insert, so that all or nothing of it is there; 200,000 rows are 20 MB of text. */
export const MAX_SITES_PER_PROFILE = 200_000;
/** Text of new stacks in one insert. */
const MAX_INSERT_BYTES: Bytes = 8 * MIB;
/** Stacks that are known to be stored, about 100 bytes each; one that fell out is written again, nothing worse. */
const MAX_KNOWN_STACKS = 100_000;
/** Keeps a stack that is still seen from ageing out of its table. */
const STACK_REFRESH_MILLIS: Millis = DAY_MILLIS;
/** Rows of one page: at 2 kB a stack about 10 MB. */
const PAGE_ROWS = 5000;
/** Hashing this many stacks takes about 10 ms; then others have a turn. */
const HASHES_PER_TURN = 2000;

interface SiteRow {
  readonly text: string;
  readonly objectBytes: number | null;
  readonly inuseObjects: number | null;
  readonly inuseBytes: number | null;
}

export class SiteTable {
  readonly #link: ClickHouseLink;
  /** Number of the stack -> wall clock of its last write, longest unused first. */
  readonly #known = new Map<string, Millis>();

  constructor(link: ClickHouseLink) {
    this.#link = link;
  }

  /** @throws PlimsollError STORE_FAILED for more than MAX_SITES_PER_PROFILE rows. */
  async save(sites: SiteValues): Promise<void> {
    const count = sites.stacks.length;
    if (count > MAX_SITES_PER_PROFILE) {
      const fact = `${count} sites in one profile, at most ${MAX_SITES_PER_PROFILE} are kept: leave out the smallest`;
      throw new PlimsollError('STORE_FAILED', 'store', fact, { where: sites.profile.target });
    }
    const numbers = await numberStacks(sites.stacks);
    // Texts first: a value must never point at a stack that is not there.
    await this.#saveNewStacks(sites.stacks, numbers);
    const head = [
      ...targetCells(sites.profile.target),
      timeCell(sites.profile.takenAtMillis),
      sites.profile.id,
    ];
    const rows = numbers.map((stack, row) => [
      ...head,
      row,
      stack,
      sites.objectBytes[row] ?? null,
      sites.inuseObjects[row] ?? null,
      sites.inuseBytes[row] ?? null,
    ]);
    const columns = ['service', 'instance', 'time', 'profile', 'row', 'stack'];
    await this.#link.insert('sites', [...columns, 'objectBytes', 'inuseObjects', 'inuseBytes'], rows);
  }

  /** null when nothing was saved for this profile, or it is past retention. */
  async read(profile: ProfileRecord): Promise<SiteValues | null> {
    const rows: SiteRow[] = [];
    const mine = `${OF_TARGET} AND time = fromUnixTimestamp64Milli({at:Int64}) AND profile = {profile:String}
      AND row >= {from:UInt32} AND row < {to:UInt32}`;
    for (;;) {
      const page = await this.#link.rows<SiteRow>(
        `SELECT text, objectBytes, inuseObjects, inuseBytes
         FROM (SELECT * FROM ${DATABASE}.sites FINAL WHERE ${mine}) AS sites
         LEFT JOIN (
           SELECT stack, any(text) AS text FROM ${DATABASE}.stacks
           WHERE stack IN (SELECT stack FROM ${DATABASE}.sites WHERE ${mine}) GROUP BY stack
         ) AS stacks USING stack
         ORDER BY row`,
        {
          ...targetParams(profile.target),
          at: String(Math.round(profile.takenAtMillis)),
          profile: profile.id,
          from: rows.length,
          to: rows.length + PAGE_ROWS,
        },
      );
      rows.push(...page);
      if (page.length < PAGE_ROWS) break;
    }
    if (rows.length === 0) return null;
    return {
      profile,
      stacks: rows.map((row) => row.text),
      objectBytes: Float64Array.from(rows, (row) => row.objectBytes ?? NaN),
      inuseObjects: Float64Array.from(rows, (row) => row.inuseObjects ?? NaN),
      inuseBytes: Float64Array.from(rows, (row) => row.inuseBytes ?? NaN),
    };
  }

  async #saveNewStacks(stacks: readonly string[], numbers: readonly string[]): Promise<void> {
    const now = Date.now();
    let batch: Cell[][] = [];
    let batchBytes = 0;
    const flush = async () => {
      await this.#link.insert('stacks', ['stack', 'text'], batch);
      for (const [number] of batch) this.#remember(String(number), now);
      batch = [];
      batchBytes = 0;
    };
    const inThisProfile = new Set<string>();
    for (const [row, number] of numbers.entries()) {
      if (inThisProfile.has(number)) continue;
      inThisProfile.add(number);
      if (now - (this.#known.get(number) ?? -Infinity) < STACK_REFRESH_MILLIS) continue;
      const text = wellFormed(stacks[row] ?? '');
      batch.push([number, text]);
      batchBytes += text.length;
      if (batchBytes > MAX_INSERT_BYTES) await flush();
    }
    await flush();
  }

  #remember(number: string, now: Millis): void {
    this.#known.delete(number);
    this.#known.set(number, now);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > MAX_KNOWN_STACKS && oldest !== undefined) this.#known.delete(oldest);
  }
}

async function numberStacks(stacks: readonly string[]): Promise<string[]> {
  const numbers: string[] = [];
  for (const stack of stacks) {
    numbers.push(stackNumber(stack));
    if (numbers.length % HASHES_PER_TURN === 0) await nextTurn();
  }
  return numbers;
}
