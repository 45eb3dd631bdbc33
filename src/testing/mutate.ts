// Damage, for tests of everything that reads bytes from outside.

/** A copy with one to eight changes: a byte set, a stretch removed, doubled or overwritten by another. */
export function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  let mutant = bytes.slice();
  const changes = 1 + Math.floor(random() * 8);
  for (let change = 0; change < changes; change++) {
    const at = Math.floor(random() * mutant.length);
    const length = Math.floor(random() * 16);
    const kind = random();
    if (kind < 0.5) mutant[at] = Math.floor(random() * 256);
    else if (kind < 0.65) mutant = concat(mutant.subarray(0, at), mutant.subarray(at + length));
    else if (kind < 0.8) mutant = concat(mutant.subarray(0, at + length), mutant.subarray(at));
    else mutant.copyWithin(at, Math.floor(random() * mutant.length), mutant.length);
  }
  return mutant;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
