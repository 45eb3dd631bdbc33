import type { HeapSnapshot, StackReader } from '../profile/snapshot.ts';
import type { ProfileRecord, SiteValues } from '../store/store.ts';

/** A heap snapshot in the form that is kept when its raw bytes are gone. */
export function siteValuesOf(
  profile: ProfileRecord,
  snapshot: HeapSnapshot,
  stacks: StackReader,
): SiteValues {
  const texts: string[] = [];
  for (let row = 0; row < snapshot.length; row++) {
    const frames = stacks.frames(snapshot.stack[row]);
    texts.push(frames.map((frame) => `${frame.function}\t${frame.file}\t${frame.line}`).join('\n'));
  }
  return {
    profile,
    stacks: texts,
    objectBytes: snapshot.objectBytes,
    inuseObjects: snapshot.inuseObjects,
    inuseBytes: snapshot.inuseBytes,
  };
}
