// Names of the parts of resident memory for people.

/** Counted in other parts and not resident: the sum is less by them. */
const LESS: Readonly<Record<string, string>> = {
  untouchedBytes: 'less what Go took and never wrote to',
  swappedBytes: 'less what is swapped out',
};

/** `live`, `file backed`; what is taken off says so, so that a table adds up. */
export function nameLedgerPart(name: string): string {
  return LESS[name] ?? name.replace(/Bytes$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
