/** @param options.withPicture `svg`, too, which takes longer than all other reports together. */
export type Exercise = (
  bytes: Uint8Array,
  options?: { readonly withPicture?: boolean },
) => Promise<'read' | 'refused'>;

export function loadExercise(dist: string): Promise<Exercise>;
