import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { REAL_TIME, type RawEvidence } from '../model/raw-evidence.ts';
import { UnreadEvidence } from './unread-evidence.ts';

const heap = (atMillis: number): RawEvidence => ({
  kind: 'profile',
  profile: 'heap',
  form: 'proto',
  atMillis,
  bytes: new Uint8Array(0),
});
const broken = new PlimsollError('PROFILE_INVALID', 'pprof', 'the gzip data ends early', { offset: 100 });

describe('evidence that cannot be read', () => {
  it('is counted by kind, with the file of the first', () => {
    const unread = new UnreadEvidence();
    unread.count(heap(5), REAL_TIME, null);
    unread.count(heap(7), REAL_TIME, broken);
    unread.count(heap(9), REAL_TIME, broken);
    unread.count({ ...heap(9), profile: 'goroutine' } as RawEvidence, REAL_TIME, null);
    expect(unread.missing()).toEqual([
      {
        source: 'profile:heap',
        why: '2 of 3 cannot be read; the first: profiles/7.heap.pb.gz: pprof: byte 100: the gzip data ends early',
        costs: 'the code that allocates what stays cannot be named',
      },
    ]);
  });

  it('has the profiles with it that were never taken', () => {
    const missing = new UnreadEvidence().missing();
    expect(missing.map(({ source, why }) => `${source}: ${why}`)).toEqual([
      'profile:heap: there is none in the recording',
      'profile:goroutine: there is none in the recording',
    ]);
  });
});
