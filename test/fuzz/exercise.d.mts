export function loadExercise(dist: string): Promise<(bytes: Uint8Array) => Promise<'read' | 'refused'>>;
