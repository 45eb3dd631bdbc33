// Brings a database to the version of this program. One step per version, each safe to repeat: a crash between a
// step and its mark repeats it.
import { PlimsollError } from '../base/errors.ts';
import type { ClickHouseLink } from './clickhouse-link.ts';
import {
  DATABASE,
  TABLES,
  columnsOf,
  renderColumn,
  renderCreateTable,
  renderTtl,
  type TableDays,
} from './tables.ts';

/** Version of the tables that this program reads and writes. */
export const SCHEMA_VERSION = 1;

interface Step {
  readonly version: number;
  readonly what: string;
  statements(days: TableDays): readonly string[];
}

const STEPS: readonly Step[] = [
  {
    version: 1,
    what: 'the first tables',
    statements: (days) => TABLES.map((table) => renderCreateTable(table, days)),
  },
];

const VERSIONS_TABLE = `CREATE TABLE IF NOT EXISTS ${DATABASE}.schema_versions (
  version UInt32,
  what String,
  appliedAt DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree
ORDER BY version
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`;

/**
 * Creates the database, takes the missing steps in order, adds tables and columns that came later (the gauge
 * dictionary grows) and changes retention where the settings did.
 *
 * @throws PlimsollError STORE_FAILED when the data was written by a newer program.
 */
export async function migrate(link: ClickHouseLink, days: TableDays): Promise<void> {
  await link.command(`CREATE DATABASE IF NOT EXISTS ${DATABASE}`);
  await link.command(VERSIONS_TABLE);
  const [found] = await link.rows<{ version: number }>(
    `SELECT max(version) AS version FROM ${DATABASE}.schema_versions`,
  );
  const from = found?.version ?? 0;
  if (from > SCHEMA_VERSION) {
    throw new PlimsollError(
      'STORE_FAILED',
      'store',
      `the data has version ${from}, this plimsoll knows ${SCHEMA_VERSION}: use a newer one or another data folder`,
      { where: link.where },
    );
  }
  for (const step of STEPS) {
    if (step.version <= from) continue;
    for (const statement of step.statements(days)) await link.command(statement);
    await link.insert('schema_versions', ['version', 'what'], [[step.version, step.what]]);
  }
  await addMissingTables(link, days);
  await addMissingColumns(link);
  await applyRetention(link, days);
}

/** A table that is only new needs no step of its own. */
async function addMissingTables(link: ClickHouseLink, days: TableDays): Promise<void> {
  const present = await link.rows<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = '${DATABASE}'`,
  );
  for (const table of TABLES) {
    if (present.some(({ name }) => name === table.name)) continue;
    await link.command(renderCreateTable(table, days));
  }
}

/** The gauge dictionary is append-only, so a new gauge needs a column and no step of its own. */
async function addMissingColumns(link: ClickHouseLink): Promise<void> {
  const present = await link.rows<{ table: string; name: string }>(
    `SELECT table, name FROM system.columns WHERE database = '${DATABASE}'`,
  );
  const known = new Set(present.map((column) => `${column.table}.${column.name}`));
  for (const table of TABLES) {
    const missing = columnsOf(table).filter((column) => !known.has(`${table.name}.${column.name}`));
    if (missing.length === 0) continue;
    const adds = missing.map((column) => `ADD COLUMN IF NOT EXISTS ${renderColumn(column)}`);
    await link.command(`ALTER TABLE ${DATABASE}.${table.name} ${adds.join(', ')}`);
  }
}

async function applyRetention(link: ClickHouseLink, days: TableDays): Promise<void> {
  const tables = await link.rows<{ name: string; definition: string }>(
    `SELECT name, create_table_query AS definition FROM system.tables WHERE database = '${DATABASE}'`,
  );
  for (const table of TABLES) {
    if (table.keep === null) continue;
    const wanted = renderTtl(table.keep, days);
    const current = tables.find((candidate) => candidate.name === table.name);
    if (current === undefined || current.definition.includes(wanted)) continue;
    // Rows on disk keep their old mark until their parts merge: no rewrite of everything at start.
    await link.command(`ALTER TABLE ${DATABASE}.${table.name} MODIFY TTL ${wanted}`, {
      materialize_ttl_after_modify: 0,
    });
  }
}
