import { describe, expect, it } from 'vitest';
import { SourceAnalysis } from '../../gosource/source-analysis.ts';
import { drawFinding } from '../../testing/drawn-finding.ts';
import { drawSources } from '../../testing/drawn-sources.ts';
import { openGoParser } from '../../workspace/go-parser.ts';
import { addSourceFacts, findSourceFacts } from './source-facts.ts';

const parser = await openGoParser();

/** `book.go:14 file-not-closed`, of descriptors that leak without a culprit. */
function pointTo(source: string): string {
  const facts = findSourceFacts(new SourceAnalysis(drawSources(source), parser, 'm'), 'fd', [], 'm');
  const [holder] = facts?.holders ?? [];
  return holder === undefined ? 'nothing' : `${holder.file}:${holder.line} ${facts?.pattern}`;
}

const PEEK = `
func Peek(path string, isLast bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if isLast {
		return nil
	}
	return f.Close()
}
`;
const KEPT = PEEK.replace('return nil', 'kept = append(kept, f)\n\t\treturn nil');
const CLOSED = PEEK.replace('\tif isLast', '\tdefer f.Close()\n\tif isLast');
const HEAD = `
package m

import "os"

var kept []*os.File
`;
const ONCE = `
func main() {
	log, _ := os.Create("service.log")
	log.WriteString("start")
	Peek("book", true)
}
`;

describe('descriptors that leak where no profile shows who opens them', () => {
  it.each([
    ['the one file that is not closed on a way', HEAD + PEEK, /^m\.go:9 file-not-closed$/],
    ['the same where it is put away', HEAD + KEPT, /^m\.go:9 file-not-closed$/],
    ['nothing where all is closed', HEAD + CLOSED, /^nothing$/],
    ['nothing of two that may be it', HEAD + PEEK + PEEK.replace('Peek', 'Look'), /^nothing$/],
    ['no log that is opened once', (HEAD + ONCE + CLOSED).replace('package m', 'package main'), /^nothing$/],
  ])('point to %s', (_, source, expected) => {
    expect(pointTo(source)).toMatch(expected);
  });

  it('are told as what the sources suggest, with the fix', () => {
    const finding = drawFinding({
      verdict: 'leak',
      class: 'fd',
      culprits: [],
      summary: 'File descriptors leak by 38 fds/h; no code is named.',
    });
    const analysis = new SourceAnalysis(drawSources(HEAD + PEEK), parser, 'm');
    const facts = findSourceFacts(analysis, 'fd', [], 'm');
    const told = facts === null ? finding : addSourceFacts(finding, facts);
    expect(told.summary).toBe(
      'File descriptors leak by 38 fds/h; no profile shows the code, the sources point to m.go:9.',
    );
    expect(told.fix?.text).toContain('Close');
  });
});
