/**
 * @param options.withPicture `svg`, too, which takes longer than all other reports together.
 * @param options.onlyDecoding no report at all.
 */
export interface Exercise {
  (
    bytes: Uint8Array,
    options?: { readonly withPicture?: boolean; readonly onlyDecoding?: boolean },
  ): Promise<'read' | 'refused'>;
  /** Profiles so far that were decoded part by part, with what the other decoder finds. */
  partsRead(): number;
}

export function loadExercise(dist: string): Promise<Exercise>;
