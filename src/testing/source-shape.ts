// A leak drawn as Go source: marks say what a profile would name, and what the answer has to be.
import { explainSource } from '../diagnose/source/explain-source.ts';
import { functionAt, functionKey } from '../gosource/source-index.ts';
import { SourceAnalysis } from '../gosource/source-analysis.ts';
import { statementAt } from '../gosource/allocations.ts';
import type { GoParser } from '../gosource/syntax-tree.ts';
import type { Culprit, LeakClass } from '../model/finding.ts';
import { drawSources } from './drawn-sources.ts';

/** What source says about a drawn leak. */
export interface DrawnAnswer {
  readonly pattern: string | null;
  /** Of the holders, `right` where one stands on a line marked `// hold`, else the lines. */
  readonly holder: string;
  /** `right` where the fix stands on a line marked `// fix`, else its line and text. */
  readonly fix: string;
  /** Sentence of the fix. */
  readonly advice: string;
  /** 0 for no answer. */
  readonly confidence: number;
}

/** Lines that hold a mark, as `path:line`. A mark is a word in a trailing comment: `// culprit hold fix`. */
function linesMarked(files: ReadonlyMap<string, string>, mark: string): string[] {
  return [...files].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, i) => {
      const words = line.split('// ').slice(1).join(' ').split(/\s+/);
      return words.includes(mark) ? [`${path}:${i + 1}`] : [];
    }),
  );
}

/**
 * Asks for a leak on the line marked `culprit` (then `caller`, when there is one). Lines marked `via` are those of the calls that
 * lead there, outermost first.
 *
 * @param text see drawSources; module `m`.
 */
export function explainDrawn(text: string, kind: LeakClass, parser: GoParser): DrawnAnswer {
  const files = drawSources(text);
  const analysis = new SourceAnalysis(files, parser, 'm');
  const via = linesMarked(files, 'via').map((place) => culpritAt(analysis, place, kind));
  const culprits = [...linesMarked(files, 'culprit'), ...linesMarked(files, 'caller')].map((place) => {
    const culprit = culpritAt(analysis, place, kind);
    const way = [...via, culprit];
    return {
      ...culprit,
      path: way.map((each) => each.function),
      pathLines: way.map((each) => each.line ?? 0),
    };
  });
  if (culprits.length === 0) throw new RangeError('no line is marked culprit');
  const answer = explainSource(analysis, kind, culprits);
  if (answer === null) return { pattern: null, holder: 'none', fix: 'none', advice: '', confidence: 0 };
  const holders = answer.holders.map(({ file, node }) => `${file.path}:${file.tree.line(node)}`);
  const fix = `${answer.fix.file.path}:${answer.fix.line}`;
  const isHeld = holders.slice(0, 2).some((place) => linesMarked(files, 'hold').includes(place));
  return {
    pattern: answer.pattern,
    holder: isHeld ? 'right' : holders.join(' '),
    fix: linesMarked(files, 'fix').includes(fix) ? 'right' : `${fix} ${answer.fix.text}`,
    advice: answer.fix.text,
    confidence: answer.confidence,
  };
}

/** The frame that a profile would have for a line of application code. */
function culpritAt(analysis: SourceAnalysis, place: string, kind: LeakClass): Culprit {
  const colon = place.lastIndexOf(':');
  const line = Number(place.slice(colon + 1));
  const file = analysis.index.file(place.slice(0, colon));
  if (file === null) throw new RangeError(`${place} is not Go`);
  const { tree } = file;
  const statement = statementAt(file, line);
  const declaration = functionAt(file, statement);
  if (declaration === null) throw new RangeError(`${place} is in no function`);
  const isClosure = tree.enclosing(statement, 'func_literal') > declaration.node;
  const [type, name] = functionKey(declaration).split('.');
  const own = name === undefined ? type : `(*${type}).${name}`;
  const importPath = file.packageName === 'main' ? 'main' : file.importPath;
  return {
    role: kind === 'goroutine' ? 'blocks' : 'allocates',
    function: `${importPath}.${own}${isClosure ? '.func1' : ''}`,
    file: file.path.slice(file.path.indexOf('/') + 1),
    profileFile: `/build/${file.path}`,
    line,
    share: 1,
    low: 1,
    high: 1,
  };
}
