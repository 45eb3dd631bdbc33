// Branches of a flame tree that are still to be drawn, the largest first.

/** Paths that went together so far: members from .. end of a PathSplitter. */
export interface Branch {
  /** Row of the frame that they came by. */
  readonly parent: number;
  readonly name: number;
  readonly from: number;
  readonly end: number;
  readonly size: number;
}

interface Entry {
  readonly branch: Branch;
  /** Of equal ones the first comes first. */
  readonly turn: number;
}

/** A binary heap. */
export class LargestFirst {
  readonly #entries: Entry[] = [];
  #turn = 0;

  push(branch: Branch): void {
    const entries = this.#entries;
    const entry = { branch, turn: this.#turn++ };
    let at = entries.length;
    entries.push(entry);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(entry, entries[above])) break;
      entries[at] = entries[above];
      at = above;
    }
    entries[at] = entry;
  }

  pop(): Branch | undefined {
    const entries = this.#entries;
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return last?.branch;
    const [first] = entries;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= entries.length) break;
      if (below + 1 < entries.length && isBefore(entries[below + 1], entries[below])) below++;
      if (!isBefore(entries[below], last)) break;
      entries[at] = entries[below];
      at = below;
    }
    entries[at] = last;
    return first.branch;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.branch.size === b.branch.size ? a.turn < b.turn : a.branch.size > b.branch.size;
}
