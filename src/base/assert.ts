/** Ends a switch over a union: a new member becomes a compile error here, and a clear throw if one slips in. */
export function assertNever(value: never, what: string): never {
  throw new Error(`unexpected ${what}: ${JSON.stringify(value)}`);
}

/** Throws when an invariant of our own code does not hold. Input from outside gets a PlimsollError instead. */
export function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`invariant broken: ${what}`);
}
