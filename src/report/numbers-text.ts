// The numbers of one piece of evidence in a line.
import { formatThreeDigits } from '../base/units.ts';
import type { Evidence } from '../model/finding.ts';
import { formatEvidenceNumber, numbersToShow, unitKey } from '../model/finding-text.ts';

/** Instants and counts of data are in the JSON; a line of text has room for what decides. */
const HIDDEN_NUMBERS = /^(from|to|snapshots|blocks|observations|unit)(Millis)?$/;
const MAX_NUMBERS_SHOWN = 6;

/** Statistic and threshold first, as `name value`, byte counts and spans in units. */
export function formatNumbers(entry: Evidence): string {
  return numbersToShow(entry.numbers)
    .filter(([name, value]) => value !== null && !HIDDEN_NUMBERS.test(name))
    .slice(0, MAX_NUMBERS_SHOWN)
    .map(([name, value]) => `${splitName(name)} ${formatValue(unitKey(name, entry.numbers.unit), value)}`)
    .join(', ');
}

function formatValue(key: string, value: number | string | null): string {
  return typeof value === 'number' ? formatEvidenceNumber(key, value, formatThreeDigits) : (value ?? '-');
}

function splitName(name: string): string {
  return (
    name.replace(/(PerHour|Bytes|Millis)+$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) ||
    name
  );
}
