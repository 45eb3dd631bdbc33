// A bound on the work for one question, counted in syntax nodes looked at: the same sources give the same answer on any machine.

/**
 * Nodes looked at for one question. The largest modules need a few tens of millions; this many take some seconds.
 */
export const MAX_WORK = 400_000_000;

/** Thrown where the work for one question is spent; whoever asked gets no answer. */
export class WorkSpentError extends Error {
  constructor() {
    super('the sources take too much work for one question');
    this.name = 'WorkSpentError';
  }
}

export class WorkBudget {
  #left: number;

  constructor(nodes = MAX_WORK) {
    this.#left = nodes;
  }

  get left(): number {
    return this.#left;
  }

  /** @throws WorkSpentError when there is none left. */
  spend(nodes: number): void {
    this.#left -= nodes;
    if (this.#left < 0) throw new WorkSpentError();
  }
}
