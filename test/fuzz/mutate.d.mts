export function seededRandom(seed: number): () => number;
export function mutate(input: Uint8Array, others: readonly Uint8Array[], random: () => number): Uint8Array;
export function mutantOf(inputs: readonly Uint8Array[], seed: number, number: number): Uint8Array;
export function repeatSamples(plain: Uint8Array, bytes: number): Uint8Array;
