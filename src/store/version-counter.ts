// Versions of rows of which the last write wins. Roughly the wall clock in microseconds, so that a database shared
// by several writers orders them; but they only ever rise, also after the clock was set back.
import type { ClickHouseLink } from './clickhouse-link.ts';
import { DATABASE, type TableName } from './tables.ts';

export class VersionCounter {
  #last: number;

  private constructor(last: number) {
    this.#last = last;
  }

  /** Goes on above whatever the table's column `version` holds. */
  static async open(link: ClickHouseLink, table: TableName): Promise<VersionCounter> {
    const [found] = await link.rows<{ version: number }>(
      `SELECT max(version) AS version FROM ${DATABASE}.${table}`,
    );
    return new VersionCounter(found?.version ?? 0);
  }

  next(): number {
    this.#last = Math.max(this.#last + 1, Date.now() * 1000);
    return this.#last;
  }
}
