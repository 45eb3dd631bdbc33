// Evidence of a recording that could not be read, counted by what it would have been.
import type { PlimsollError } from '../base/errors.ts';
import type { RequestName } from '../collect/source.ts';
import type { MissingEvidence } from '../model/finding.ts';
import { toRecordedMillis, type RawEvidence, type TimeMap } from '../model/raw-evidence.ts';
import { requestOf } from './source-statuses.ts';
import { lossOf } from './source-statuses.ts';

interface Tally {
  all: number;
  unread: number;
  first: string;
}

/** Bounded by the number of request names. */
export class UnreadEvidence {
  readonly #tallies = new Map<RequestName, Tally>();

  /** @param error of reading it, null for what could be read. */
  count(evidence: RawEvidence, timeMap: TimeMap, error: PlimsollError | null): void {
    const request = requestOf(evidence);
    if (request === null) return;
    const tally = this.#tallies.get(request) ?? { all: 0, unread: 0, first: '' };
    this.#tallies.set(request, tally);
    tally.all++;
    if (error === null) return;
    tally.unread++;
    if (tally.unread === 1) tally.first = `${memberName(evidence, timeMap)}: ${error.message}`;
  }

  /** What the report lacks by it, and the profiles that the recording never had. */
  missing(): MissingEvidence[] {
    const missing = [...this.#tallies].flatMap(([request, { all, unread, first }]): MissingEvidence[] =>
      unread === 0
        ? []
        : [
            {
              source: request,
              why: `${unread} of ${all} cannot be read; the first: ${first}`,
              costs: lossOf(request),
            },
          ],
    );
    for (const request of ['profile:heap', 'profile:goroutine'] as const) {
      if (this.#tallies.has(request)) continue;
      missing.push({ source: request, why: 'there is none in the recording', costs: lossOf(request) });
    }
    return missing;
  }
}

/** `profiles/1790000000000.heap.pb.gz`, as a person finds it in the recording. */
function memberName(evidence: RawEvidence, timeMap: TimeMap): string {
  const time = Math.round(toRecordedMillis(timeMap, evidence.atMillis));
  switch (evidence.kind) {
    case 'metrics':
      return `scrapes/${time}.prom`;
    case 'vars':
    case 'proc':
      return `${evidence.kind}/${time}.json`;
    case 'profile':
      return `profiles/${time}.${evidence.profile}.${evidence.form === 'text' ? 'txt' : 'pb.gz'}`;
    case 'log-line':
    case 'event':
      return `${evidence.kind} at ${time}`;
  }
}
