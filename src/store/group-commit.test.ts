import { describe, expect, it } from 'vitest';
import { GroupCommit } from './group-commit.ts';

/** A write that ends when the test says so. */
function controlled(maxRows = 5, maxWaitingRows = 10) {
  const writes: string[] = [];
  const pending: { end: (error?: Error) => void }[] = [];
  const commit = new GroupCommit<string>({
    maxRows,
    maxWaitingRows,
    write: (rows) => {
      writes.push(rows.join(' '));
      return new Promise((resolve, reject) => {
        pending.push({ end: (error) => (error ? reject(error) : resolve()) });
      });
    },
  });
  const endNext = async (error?: Error) => {
    await nextTurn();
    pending.shift()?.end(error);
    await nextTurn();
  };
  return { commit, writes, endNext };
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('GroupCommit', () => {
  it('writes together what comes while a write is under way', async () => {
    const { commit, writes, endNext } = controlled();
    const first = commit.add(['a']);
    await nextTurn();
    const others = [commit.add(['b']), commit.add(['c', 'd'])];
    await endNext();
    await endNext();
    await Promise.all([first, ...others]);
    expect(writes).toEqual(['a', 'b c d']);
  });

  it('keeps within the bound of a write without tearing a caller apart', async () => {
    const { commit, writes, endNext } = controlled(3);
    const all = [commit.add(['a', 'b']), commit.add(['c', 'd']), commit.add(['e'])];
    await endNext();
    await endNext();
    await Promise.all(all);
    expect(writes).toEqual(['a b', 'c d e']);
  });

  it('cuts up only what alone is more than one write takes', async () => {
    const { commit, writes, endNext } = controlled(2);
    const done = commit.add(['a', 'b', 'c']);
    await endNext();
    await endNext();
    await done;
    expect(writes).toEqual(['a b', 'c']);
  });

  it('acknowledges nobody of a write that failed, and goes on with the next', async () => {
    const { commit, endNext } = controlled();
    const first = commit.add(['a']);
    const failed = expect(first).rejects.toThrow('disk full');
    await nextTurn();
    const second = commit.add(['b']);
    await endNext(new Error('disk full'));
    await failed;
    await endNext();
    await expect(second).resolves.toBeUndefined();
  });

  it('refuses more than may wait, and says how much that is', async () => {
    const { commit, endNext } = controlled(5, 4);
    const waiting = commit.add(['a', 'b', 'c']);
    await expect(commit.add(['d', 'e'])).rejects.toThrow('3 rows wait');
    await endNext();
    await waiting;
    const later = commit.add(['d', 'e']);
    await endNext();
    await expect(later).resolves.toBeUndefined();
  });

  it('is idle when the last write has ended', async () => {
    const { commit, endNext } = controlled();
    let isIdle = false;
    const done = commit.add(['a']);
    const idle = commit.idle().then(() => (isIdle = true));
    await nextTurn();
    expect(isIdle).toBe(false);
    await endNext();
    await Promise.all([done, idle]);
    expect(isIdle).toBe(true);
  });
});
