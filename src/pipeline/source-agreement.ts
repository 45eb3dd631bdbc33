// Two sources of one number, asked within moments: where they disagree by more than time explains, both are told.
import type { GaugeReading } from '../base/gauges.ts';
import { formatBytes, MIB, SECOND_MILLIS, type Millis } from '../base/units.ts';
import type { RawEvidence } from '../model/raw-evidence.ts';

/** Readings of one round; a process may grow between them, but not much. */
const SAME_ROUND_MILLIS: Millis = 10 * SECOND_MILLIS;
/** Rounds in a row in which they disagree: one may be a burst. */
const ROUNDS = 3;

interface Compared {
  readonly name: 'rssBytes' | 'openFds';
  readonly what: string;
  /** Both the share and the amount have to be passed. */
  readonly share: number;
  readonly least: number;
  readonly show: (value: number) => string;
  readonly reason: string;
}

const COMPARED: readonly Compared[] = [
  {
    name: 'rssBytes',
    what: 'resident memory',
    share: 0.1,
    least: 16 * MIB,
    show: formatBytes,
    reason:
      'one of them is of another process (a proxy, a sidecar, a parent), or the exporter keeps its numbers for a while',
  },
  {
    name: 'openFds',
    what: 'open descriptors',
    share: 0.25,
    least: 32,
    show: (count) => String(Math.round(count)),
    reason: 'one of them is of another process, or descriptors come and go between the two readings',
  },
];

interface Seen {
  readonly atMillis: Millis;
  readonly value: number;
}

/** Remembers of one target the newest values of `/proc` and of what is scraped. */
export class SourceAgreement {
  readonly #seen = new Map<string, Seen>();
  readonly #rounds = new Map<string, number>();

  /** @returns what to tell, each once there were enough rounds of it. */
  take(kind: RawEvidence['kind'], atMillis: Millis, reading: GaugeReading): string[] {
    const isProc = kind === 'proc';
    if (!isProc && kind !== 'metrics') return [];
    return COMPARED.flatMap((compared) => {
      const value = reading[compared.name];
      if (value === undefined) return [];
      this.#seen.set(`${compared.name} ${isProc}`, { atMillis, value });
      const other = this.#seen.get(`${compared.name} ${!isProc}`);
      if (other === undefined || atMillis - other.atMillis > SAME_ROUND_MILLIS) return [];
      const [proc, scraped] = isProc ? [value, other.value] : [other.value, value];
      return this.#compare(compared, proc, scraped);
    });
  }

  #compare({ name, what, share, least, show, reason }: Compared, proc: number, scraped: number): string[] {
    const apart = Math.abs(proc - scraped);
    const isApart = apart > least && apart > share * Math.max(proc, scraped);
    const rounds = isApart ? (this.#rounds.get(name) ?? 0) + 1 : 0;
    this.#rounds.set(name, rounds);
    if (rounds !== ROUNDS) return [];
    return [`${what}: /proc says ${show(proc)}, the exporter ${show(scraped)}: ${reason}`];
  }
}
