import { describe, expect, it } from 'vitest';
import { openGoParser } from '../workspace/go-parser.ts';
import { SyntaxTree } from './syntax-tree.ts';
import { WorkBudget, WorkSpentError } from './work-budget.ts';

const parser = await openGoParser();

function drawn(text: string, budget: WorkBudget): SyntaxTree {
  const columns = parser.parse(text);
  if (columns === null) throw new Error('not parsed');
  return new SyntaxTree(text, columns, budget);
}

describe('WorkBudget', () => {
  it('is spent to the last node and not one further', () => {
    const budget = new WorkBudget(10);
    budget.spend(10);
    expect(budget.left).toBe(0);
    expect(() => budget.spend(1)).toThrow(WorkSpentError);
  });

  it('is paid by every walk over a tree', () => {
    const budget = new WorkBudget();
    const before = budget.left;
    const tree = drawn('package a\nvar x = 1\n', budget);
    const nodes = [...tree.descendants(tree.root)].length;
    expect(before - budget.left).toBe(nodes);
  });

  it('ends a walk that it does not cover', () => {
    const tree = drawn(`package a\nvar x = []int{${'1,'.repeat(1000)}}\n`, new WorkBudget(600));
    expect(() => [...tree.descendants(tree.root)]).toThrow(WorkSpentError);
  });
});
