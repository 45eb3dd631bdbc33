import { describe, expect, it } from 'vitest';
import { SourceAnalysis } from '../gosource/source-analysis.ts';
import { drawSnapshots, ramp } from '../testing/drawn-snapshots.ts';
import { drawSources } from '../testing/drawn-sources.ts';
import { openGoParser } from '../workspace/go-parser.ts';
import { partBySources } from './kept-apart.ts';
import { readProfiles } from './profile-evidence.ts';
import { findSourceFacts, type SourceQuestion } from './source/source-facts.ts';

const parser = await openGoParser();

/** A desk that keeps quotes and receipts; `make` is where their bytes are made. */
const DESK = (make: string) => `
-- m/desk/desk.go --
package desk

import "sync"

type Quotes struct {
	mu sync.Mutex
	m  map[int][]byte
}

func (q *Quotes) Remember(n int) {
	b := ${make}
	q.m[n] = b // remember
}

type Receipts struct {
	mu  sync.Mutex
	all [][]byte
}

func (r *Receipts) Print(n int) {
	b := ${make}
	r.all = append(r.all, b)
}

func (d *Desk) Order(n int) {
	d.quotes.Remember(n)
	d.receipts.Print(n)
}

type Desk struct {
	quotes   *Quotes
	receipts *Receipts
}
-- m/kit/kit.go --
package kit

func Payload(n int) []byte {
	return make([]byte, n)
}
`;

/** A session, its history, and a table by which it is found again. */
const SESSIONS = `
-- m/desk/desk.go --
package desk

import "sync"

type Session struct {
	history [][]byte
}

func (s *Session) Note(n int) {
	s.history = append(s.history, make([]byte, n))
}

type Table struct {
	mu   sync.Mutex
	byID map[int]*Session
}

func (t *Table) Open(n int) *Session {
	s := &Session{}
	t.byID[n] = s
	return s
}

func (d *Desk) Order(n int) {
	d.table.Open(n).Note(n)
}

type Desk struct{ table *Table }
`;

/** First culprits of the causes that one cause in the profiles is parted into. */
function part(
  sources: string,
  drawing: string,
  standing: readonly string[] = [],
  answered: (question: SourceQuestion) => boolean = () => true,
): string[] {
  const texts = drawSources(sources);
  const drawn = drawSnapshots(drawing);
  const { sites: table, siteBase: base, place, heapCauses } = readProfiles(drawn, 'm', 0, false);
  if (heapCauses.length !== 1) throw new Error('profiles alone tell them apart');
  const parts = partBySources(heapCauses[0], {
    ...{ table, base, place, standing },
    askSources: (question) =>
      answered(question)
        ? findSourceFacts(new SourceAnalysis(texts, parser, 'm'), question.kind, question.culprits, 'm')
        : null,
  });
  return parts.map(({ culprits }) => culprits[0].frame.function);
}

const at = (name: string, line: number, file = 'desk/desk') => `m/${name}@/src/m/${file}.go:${line}`;
const ORDER = (line: number) => `${at('web.serve', 5, 'web/web')} > ${at('desk.(*Desk).Order', line)}`;
const REMEMBER = `${ORDER(23)} > ${at('desk.(*Quotes).Remember', 11)}`;
const PRINT = `${ORDER(24)} > ${at('desk.(*Receipts).Print', 21)}`;
const PAYLOAD = at('kit.Payload', 4, 'kit/kit');

describe('partBySources', () => {
  it('tells two leaks of one handler apart where the sources name containers that have nothing in common', () => {
    const drawing = `${PRINT} | 8192 | ${ramp(12, 6)}\n${REMEMBER} | 6144 | ${ramp(12, 5)}`;
    expect(part(DESK('make([]byte, 6000)'), drawing)).toEqual([
      'm/desk.(*Receipts).Print',
      'm/desk.(*Quotes).Remember',
    ]);
  });

  it('tells them apart also where one helper allocates for both', () => {
    const drawing = `${PRINT} > ${PAYLOAD} | 8192 | ${ramp(12, 6)}\n${REMEMBER} > ${PAYLOAD} | 6144 | ${ramp(12, 5)}`;
    const sources = DESK('kit.Payload(6000)').replace('import "sync"', 'import (\n\t"m/kit"\n\t"sync"\n)');
    const moved = drawing.replace(/desk\.go:(\d+)/g, (_, line) => `desk.go:${Number(line) + 3}`);
    expect(part(sources, moved)).toEqual(['m/desk.(*Receipts).Print', 'm/desk.(*Quotes).Remember']);
  });

  it('leaves one cause until both are answered, and where one of them comes and goes', () => {
    const drawing = (quotes: string) => `${PRINT} | 8192 | ${ramp(12, 9)}\n${REMEMBER} | 8192 | ${quotes}`;
    const sources = DESK('make([]byte, 6000)');
    const isPrint = ({ culprits }: SourceQuestion) => culprits[0].function.endsWith('Print');
    const both = drawing(ramp(12, 6));
    expect(part(sources, both, [], isPrint)).toHaveLength(1);
    const churning = drawing(`${ramp(12, 6)} | ${ramp(12, 30)}`);
    expect(part(sources, churning)).toHaveLength(1);
    // What was told apart once stays apart.
    const standing = ['m/desk.(*Receipts).Print', 'm/desk.(*Quotes).Remember'];
    expect(part(sources, churning, standing)).toHaveLength(2);
  });

  it('leaves one cause where one container keeps both, or is bounded', () => {
    const drawing = `${PRINT} | 8192 | ${ramp(12, 6)}\n${REMEMBER} | 6144 | ${ramp(12, 5)}`;
    const shared = DESK('make([]byte, 6000)').replace('q.m[n] = b //', 'q.all.all = append(q.all.all, b) //');
    expect(part(shared.replace('m  map[int][]byte', 'all *Receipts'), drawing)).toHaveLength(1);
    const bounded = DESK('make([]byte, 6000)').replace(
      'q.m[n] = b //',
      'if len(q.m) < 100 { q.m[n] = b } else { clear(q.m) } //',
    );
    expect(part(bounded, drawing)).toHaveLength(1);
  });

  it('leaves what an entry keeps with the table that keeps the entry', () => {
    const drawing = `
      ${ORDER(26)} > ${at('desk.(*Table).Open', 19)} | 8192 | ${ramp(12, 6)}
      ${ORDER(26)} > ${at('desk.(*Session).Note', 10)} | 6144 | ${ramp(12, 5)}`;
    expect(part(SESSIONS, drawing)).toHaveLength(1);
  });
});
