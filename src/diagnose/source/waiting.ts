// A goroutine that waits and never goes on.
import type { FunctionDeclaration, GoFile } from '../../gosource/declarations.ts';
import { statementOf } from '../../gosource/places.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import type { NodeRow } from '../../gosource/syntax-tree.ts';
import type { Holder } from './answer.ts';
import type { ChannelStudy } from './channels.ts';
import type { GoroutineStart } from './goroutine-start.ts';

export interface WaitingGoroutine {
  readonly analysis: SourceAnalysis;
  readonly file: GoFile;
  /** Statement or expression that it waits in. */
  readonly node: NodeRow;
  readonly starts: readonly GoroutineStart[];
  readonly isOnPath: (declaration: FunctionDeclaration) => boolean;
}

/** Does this channel come from a timer or ticker? */
export function isTimer({ analysis, file }: WaitingGoroutine, channel: NodeRow): boolean {
  const type = analysis.types.typeOf({ file, node: channel });
  return type.kind === 'chan' && type.element.kind === 'named' && type.element.path === 'time';
}

/** Channel, wait and start: what a developer would look at. */
export function holdersOf(waiting: WaitingGoroutine, channel: ChannelStudy | null): Holder[] {
  const { file, node, starts } = waiting;
  const found: Holder[] = [];
  const name = channel?.place.name ?? '';
  if (channel?.make)
    found.push({ ...channel.make, node: statementOf(channel.make.file, channel.make.node), name });
  found.push({ file, node, name: name === '' ? 'the wait' : name });
  for (const start of starts.slice(0, 1)) found.push({ file: start.file, node: start.node, name: 'go' });
  return found;
}
