// `time.AfterFunc(24*time.Hour, func() { d.expire(r) })`: until its time has come the runtime keeps the timer, the timer its
// function, and the function what it uses, also where that was over long before.
import type { Sink } from '../../gosource/sink.ts';
import type { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { lineOf, shortPlace, type SourceAnswer } from './answer.ts';
import { isShortTimer } from './resource-answer.ts';
import { runsOnce } from './start-up.ts';

/** A delay of minutes or hours is written there; of another nobody knows how long it keeps anything. */
const LONG = /\btime\.(?:Minute|Hour)\b/;

/** The nearest timer whose function uses the value, and that nobody can stop; null without one. */
export function explainTimerKeeper(analysis: SourceAnalysis, sinks: readonly Sink[]): SourceAnswer | null {
  for (const { kind, callee, at } of sinks) {
    const { tree } = at.file;
    if (kind !== 'library' || callee !== 'time.AfterFunc' || tree.kind(at.node) !== 'expression_statement')
      continue;
    const [call] = tree.children(at.node);
    if (call === undefined || isShortTimer(at.file, call, callee) || runsOnce(analysis, at)) continue;
    const [delay] = tree.children(tree.child(call, 'arguments'));
    const isLong = delay !== undefined && LONG.test(tree.textOf(delay));
    return {
      pattern: 'timer-not-stopped',
      holders: [{ ...at, name: callee }],
      fix: {
        file: at.file,
        line: lineOf(at),
        text: `Keep the timer that time.AfterFunc gives (${shortPlace(at)}), and Stop it when what it is for is over: until it fires, its function keeps all that it uses.`,
      },
      confidence: isLong ? 0.6 : 0.3,
    };
  }
  return null;
}
