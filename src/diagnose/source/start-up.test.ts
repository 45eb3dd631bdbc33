import { describe, expect, it } from 'vitest';
import { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { drawSources } from '../../testing/drawn-sources.ts';
import { openGoParser } from '../../workspace/go-parser.ts';
import { runsOnce } from './start-up.ts';

const parser = await openGoParser();

/** Is the call of `mark()` reached once? */
function isMarkedOnce(text: string): boolean {
  const analysis = new SourceAnalysis(drawSources(`\npackage main\n\nfunc mark() {}\n${text}`), parser, 'm');
  for (const file of analysis.index.filesMentioning('mark()')) {
    for (const node of analysis.calls.callsIn(file, file.tree.root, 'mark'))
      return runsOnce(analysis, { file, node });
  }
  throw new RangeError('no call of mark');
}

describe('runsOnce', () => {
  it.each([
    ['in main', 'func main() { mark() }'],
    ['in what main calls', 'func main() { run() }\nfunc run() { build() }\nfunc build() { mark() }'],
    [
      'in a closure that main has under a name',
      'func main() {\n\twork := func() { run() }\n\twork()\n}\nfunc run() { mark() }',
    ],
    ['in a goroutine of main', 'func main() { go func() { mark() }() }'],
  ])('holds %s', (_, text) => {
    expect(isMarkedOnce(text)).toBe(true);
  });

  it.each([
    ['in a loop of main', 'func main() { for { mark() } }'],
    ['in what a loop calls', 'func main() { for { run() } }\nfunc run() { mark() }'],
    ['in a loop of a goroutine', 'func main() { go func() { for { mark() } }() }'],
    ['in a handler', 'func main() { handle(func(w W) { mark() }) }\nfunc handle(f func(w W)) {}'],
    [
      'in what two call',
      'func main() { a(); b() }\nfunc a() { run() }\nfunc b() { run() }\nfunc run() { mark() }',
    ],
    ['in what nobody calls by its name', 'type S struct{}\nfunc (s *S) ServeHTTP() { mark() }'],
    ['in what calls itself', 'func run() { mark(); run() }'],
  ])('does not hold %s', (_, text) => {
    expect(isMarkedOnce(text)).toBe(false);
  });
});
