// Incidents whole, and every confirmed state of their finding as a row that SQL can read.
import type { Incident } from '../model/incident.ts';
import { millisOf, timeCell } from './cells.ts';
import type { ClickHouseLink } from './clickhouse-link.ts';
import { wellFormed } from './rows.ts';
import { DATABASE } from './tables.ts';
import { VersionCounter } from './version-counter.ts';

/** An incident with its evidence is some 10 kB: a page of 5 MB. */
const PAGE_ROWS = 500;

const INCIDENT_COLUMNS = [
  'service',
  'instance',
  'id',
  'fingerprint',
  'state',
  'openedAt',
  'lastSeenAt',
  'version',
  'json',
];

const FINDING_COLUMNS = [
  'service',
  'instance',
  'fingerprint',
  'time',
  'incident',
  'verdict',
  'class',
  'growthUnit',
  'growthPerHour',
  'growthLow',
  'growthHigh',
  'culprit',
  'culpritFile',
  'culpritLine',
  'summary',
  'json',
];

export class IncidentTable {
  readonly #link: ClickHouseLink;
  readonly #versions: VersionCounter;

  private constructor(link: ClickHouseLink, versions: VersionCounter) {
    this.#link = link;
    this.#versions = versions;
  }

  static async open(link: ClickHouseLink): Promise<IncidentTable> {
    return new IncidentTable(link, await VersionCounter.open(link, 'incidents'));
  }

  /** The finding as it stands now, then the incident whole; the last write wins. */
  async save(incident: Incident): Promise<void> {
    const version = this.#versions.next();
    const service = wellFormed(incident.service);
    const instance = wellFormed(incident.instance);
    const { finding } = incident;
    const [culprit] = finding.culprits;
    await this.#link.insert('findings', FINDING_COLUMNS, [
      [
        service,
        instance,
        wellFormed(incident.fingerprint),
        timeCell(incident.lastSeenAt),
        wellFormed(incident.id),
        finding.verdict,
        finding.class,
        finding.growth?.unit ?? '',
        finding.growth?.perHour ?? null,
        finding.growth?.low ?? null,
        finding.growth?.high ?? null,
        wellFormed(culprit?.function ?? ''),
        wellFormed(culprit?.file ?? ''),
        Math.max(0, culprit?.line ?? 0),
        wellFormed(finding.summary),
        JSON.stringify(finding),
      ],
    ]);
    await this.#link.insert('incidents', INCIDENT_COLUMNS, [
      [
        service,
        instance,
        wellFormed(incident.id),
        wellFormed(incident.fingerprint),
        incident.state,
        timeCell(incident.openedAt),
        timeCell(incident.lastSeenAt),
        version,
        JSON.stringify(incident),
      ],
    ]);
  }

  /** Ascending by openedAt, page by page. */
  async list(): Promise<readonly Incident[]> {
    const incidents: Incident[] = [];
    let after = { openedAt: -1, id: '' };
    for (;;) {
      const page = await this.#link.rows<{ openedAt: number; id: string; json: string }>(
        `SELECT ${millisOf('openedAt')} AS openedAt, id, json FROM ${DATABASE}.incidents FINAL
         WHERE (openedAt, id) > ({openedAt:Float64}, {id:String})
         ORDER BY openedAt, id LIMIT ${PAGE_ROWS}`,
        after,
      );
      for (const row of page) incidents.push(JSON.parse(row.json) as Incident);
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_ROWS) return incidents;
      after = { openedAt: last.openedAt, id: last.id };
    }
  }
}
