import { describe, expect, it } from 'vitest';
import type { Profile } from '../pprof/tables.ts';
import { drawProfile } from '../testing/drawn-profile.ts';
import { ProfileHistory } from './profile-history.ts';

function drawHeap(samples: string): Profile {
  return drawProfile(`
    types alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes
    period space/bytes 524288
    ${samples}
  `);
}

function render(history: ProfileHistory): string[][] {
  return history.heap.map((snapshot) =>
    Array.from({ length: snapshot.length }, (_, row) => {
      const [leaf] = history.stacks.frames(snapshot.stack[row]);
      return `${leaf?.function}: ${snapshot.inuseObjects[row]} of ${snapshot.allocObjects[row]}`;
    }),
  );
}

describe('profiles with allocations since the one before', () => {
  it('sums allocations over all of them, also over those that are not kept', () => {
    const history = new ProfileHistory();
    history.addHeapSince(drawHeap('main > keep = 10 640 10 640 bytes:64'), 1, true);
    history.addHeapSince(
      drawHeap('main > keep = 5 320 15 960 bytes:64\nmain > drop = 7 700 0 0 bytes:100'),
      2,
      false,
    );
    history.addHeapSince(drawHeap('main > keep = 5 320 20 1280 bytes:64'), 3, true);
    expect(render(history)).toEqual([['keep: 10 of 10'], ['keep: 20 of 20', 'drop: 0 of 7']]);
  });

  it('begins with what is in use where the first one seen comes in the middle of a life', () => {
    const history = new ProfileHistory();
    history.addHeapSince(drawHeap('main > old = 0 0 100 6400 bytes:64'), 1, true);
    history.addHeapSince(drawHeap('main > old = 3 192 101 6464 bytes:64'), 2, true);
    expect(render(history)).toEqual([['old: 100 of 100'], ['old: 101 of 103']]);
  });

  it('begins a new life with a profile that allocates all that it has in use', () => {
    const history = new ProfileHistory();
    const first = history.addHeapSince(drawHeap('main > keep = 10 640 10 640 bytes:64'), 1, true);
    const later = history.addHeapSince(drawHeap('main > keep = 1 64 11 704 bytes:64'), 2, true);
    const again = history.addHeapSince(drawHeap('main > keep = 4 256 2 128 bytes:64'), 3, true);
    expect([first?.isFirst, later?.isFirst, again?.isFirst]).toEqual([true, false, true]);
    expect(render(history)).toEqual([['keep: 2 of 4']]);
  });

  it('takes nothing that is not newer', () => {
    const history = new ProfileHistory();
    history.addHeapSince(drawHeap('main > keep = 10 640 10 640 bytes:64'), 2, false);
    expect(history.addHeapSince(drawHeap('main > keep = 1 64 11 704 bytes:64'), 2, true)).toBeNull();
  });
});
