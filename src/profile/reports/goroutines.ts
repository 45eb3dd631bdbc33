// `goroutines`: who waits where, for what and since when, instead of ten thousand stacks.
import { describeFrame, type GoroutineGroup } from '../goroutine-groups.ts';

/**
 *     Goroutines: 1012 in 2 groups
 *
 *         1000  chan receive, 12 to 340 minutes
 *               waits in    orders/jobs.(*Scheduler).run.func1 (/src/jobs/scheduler.go:101)
 *               created by  orders/jobs.(*Scheduler).Start (/src/jobs/scheduler.go:88)
 *
 * @param nodeCount groups shown; 0 = all.
 */
export function* renderGoroutines(
  groups: readonly GoroutineGroup[],
  nodeCount: number,
  warnings: readonly string[],
): Generator<string> {
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  yield `Goroutines: ${total} in ${groups.length} ${groups.length === 1 ? 'group' : 'groups'}\n`;
  for (const warning of warnings) yield `${warning}\n`;
  const shown = nodeCount > 0 ? groups.slice(0, nodeCount) : groups;
  if (shown.length < groups.length) {
    const count = shown.reduce((sum, group) => sum + group.count, 0);
    yield `Showing the largest ${shown.length} groups: ${count} goroutines\n`;
  }
  for (const group of shown) yield* renderGroup(group);
}

const COUNT_WIDTH = 10;
const INDENT = ' '.repeat(COUNT_WIDTH + 2);

function* renderGroup(group: GoroutineGroup): Generator<string> {
  const facts = [group.reason];
  if (group.minutes !== null && group.minutes.most > 0) facts.push(describeMinutes(group.minutes));
  if (group.leaked > 0) facts.push(`${group.leaked} proved dead by the collector`);
  if (group.lockedToThread > 0) facts.push(`${group.lockedToThread} locked to a thread`);
  yield `\n${String(group.count).padStart(COUNT_WIDTH)}  ${facts.join(', ')}\n`;
  yield `${INDENT}waits in    ${describeFrame(group.waitsIn)}\n`;
  if (group.root.function !== group.waitsIn.function)
    yield `${INDENT}started as  ${describeFrame(group.root)}\n`;
  if (group.createdBy !== null) yield `${INDENT}created by  ${describeFrame(group.createdBy)}\n`;
}

function describeMinutes({ least, most }: { readonly least: number; readonly most: number }): string {
  if (least === most) return `${most} ${most === 1 ? 'minute' : 'minutes'}`;
  return least === 0 ? `up to ${most} minutes` : `${least} to ${most} minutes`;
}
