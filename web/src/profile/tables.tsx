// Top, growth and source: the rows of the text reports.
import { useState } from 'preact/hooks';
import type {
  GrowthMessage,
  RoutineMessage,
  SourceMessage,
  TopMessage,
} from '../../../src/protocol/profile-messages.ts';
import { clipName, type Search } from './search.ts';

/** Laid out at once; a button shows more. */
const ROWS_AT_ONCE = 300;

export type Sort = 'flat' | 'cum';

interface NameProps {
  readonly name: string;
  readonly suffix?: string;
  /** null = there is no source to open. */
  readonly openSource: ((name: string) => void) | null;
}

function Name({ name, suffix = '', openSource }: NameProps) {
  const text = clipName(name);
  return (
    <td class="name">
      {openSource === null ? (
        <bdi>{text}</bdi>
      ) : (
        <button type="button" class="name-button" title="Show its source" onClick={() => openSource(name)}>
          <bdi>{text}</bdi>
        </button>
      )}
      {suffix === '' ? null : <span class="quiet"> {suffix}</span>}
    </td>
  );
}

interface TableProps {
  readonly search: Search;
  readonly sort: Sort;
  readonly sortBy: (sort: Sort) => void;
  readonly openSource: ((name: string) => void) | null;
}

function SortHead(props: {
  readonly by: Sort;
  readonly sort: Sort;
  readonly sortBy: (sort: Sort) => void;
  readonly title: string;
}) {
  const isSorted = props.by === props.sort;
  return (
    <th scope="col" class="number" aria-sort={isSorted ? 'descending' : 'none'}>
      <button type="button" class="sort" title={props.title} onClick={() => props.sortBy(props.by)}>
        {props.by}
        <span aria-hidden="true">{isSorted ? ' ↓' : ' ↕'}</span>
      </button>
    </th>
  );
}

/** The rows that match, some at a time. */
function useRows<Row extends { readonly name: string }>(rows: readonly Row[], { matches }: Search) {
  const [limit, setLimit] = useState(ROWS_AT_ONCE);
  const matching = matches ? rows.filter(({ name }) => matches(name)) : rows;
  return {
    count: matching.length,
    shown: matching.slice(0, limit),
    more: limit < matching.length ? () => setLimit(limit + 4 * ROWS_AT_ONCE) : null,
  };
}

function TableEnd(props: {
  readonly count: number;
  readonly shown: number;
  readonly hidden: number;
  readonly more: (() => void) | null;
}) {
  return (
    <p class="table-end quiet">
      {props.count === 0 ? 'No row matches.' : `${props.shown} of ${props.count} rows.`}
      {props.hidden > 0 ? ` ${props.hidden} more are in the text report.` : ''}
      {props.more === null ? null : (
        <button type="button" onClick={props.more}>
          Show more
        </button>
      )}
    </p>
  );
}

export function TopTable({
  table,
  search,
  sort,
  sortBy,
  openSource,
}: TableProps & { readonly table: TopMessage }) {
  const { count, shown, more } = useRows(table.rows, search);
  const head = { sort, sortBy };
  return (
    <>
      <div class="table-box">
        <table class="rows top-table">
          <thead>
            <tr>
              <SortHead by="flat" title="of the function itself" {...head} />
              <th scope="col" class="number">
                flat%
              </th>
              <th scope="col" class="number" title="flat% of this row and all above it">
                sum%
              </th>
              <SortHead by="cum" title="of the function and all that it calls" {...head} />
              <th scope="col" class="number">
                cum%
              </th>
              <th scope="col">function</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row, at) => (
              <tr key={at}>
                <td class="number">{row.flat}</td>
                <td class="number quiet">{row.flatShare}</td>
                <td class="number quiet">{row.sumShare}</td>
                <td class="number">{row.cum}</td>
                <td class="number quiet">{row.cumShare}</td>
                <Name name={row.name} suffix={row.inlining} openSource={openSource} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <TableEnd count={count} shown={shown.length} hidden={table.hidden} more={more} />
    </>
  );
}

export function GrowthTable({
  table,
  search,
  sort,
  sortBy,
  openSource,
}: TableProps & { readonly table: GrowthMessage }) {
  const { count, shown, more } = useRows(table.rows, search);
  return (
    <>
      <p>
        <strong>Growth: {table.total}</strong>
      </p>
      <p class="quiet">
        {table.note.replace('What may be noise is below the line.', 'What may be noise is marked.')}
      </p>
      <p class="field" role="group" aria-label="Charge growth to">
        Charge it to
        <span class="choice">
          <button type="button" aria-pressed={sort === 'flat'} onClick={() => sortBy('flat')}>
            the function itself
          </button>
          <button type="button" aria-pressed={sort === 'cum'} onClick={() => sortBy('cum')}>
            all its callers
          </button>
        </span>
      </p>
      <div class="table-box">
        <table class="rows growth-table">
          <thead>
            <tr>
              {['growth', 'interval', 'before', 'after'].map((title) => (
                <th key={title} scope="col" class="number">
                  {title}
                </th>
              ))}
              <th scope="col">function</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row, at) => (
              <tr key={at} class={row.isSignificant ? '' : 'is-noise'}>
                <td class="number">{row.growth}</td>
                <td class="number quiet">{row.interval}</td>
                <td class="number">{row.before}</td>
                <td class="number">{row.after}</td>
                <Name
                  name={row.name}
                  suffix={row.isSignificant ? '' : '(may be noise)'}
                  openSource={openSource}
                />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <TableEnd count={count} shown={shown.length} hidden={table.hidden} more={more} />
    </>
  );
}

export function SourceList({ source }: { readonly source: SourceMessage }) {
  return (
    <>
      {source.routines.length === 0 ? (
        <p class="state">
          The profile names no file for <bdi>{clipName(source.name)}</bdi>.
        </p>
      ) : null}
      {source.routines.map((routine, at) => (
        <Routine key={at} routine={routine} />
      ))}
      {source.hidden > 0 ? <p class="quiet">{source.hidden} more of this name are not shown.</p> : null}
    </>
  );
}

function Routine({ routine }: { readonly routine: RoutineMessage }) {
  return (
    <section class="routine">
      <h2>
        <bdi>{clipName(routine.name)}</bdi>
      </h2>
      <p class="quiet">
        <bdi>{routine.file}</bdi>
      </p>
      <p>
        {routine.flat} flat, {routine.cum} cum, {routine.cumShare} of the profile
      </p>
      {routine.fault === null ? null : (
        <p class="state">
          Its source is not at hand: {routine.fault}. Where it lies elsewhere, start with -source_path or
          -trim_path.
        </p>
      )}
      {routine.lines.length === 0 ? null : (
        <div class="table-box">
          <table class="source">
            <thead>
              <tr>
                <th scope="col" class="number">
                  flat
                </th>
                <th scope="col" class="number">
                  cum
                </th>
                <th scope="col" class="number">
                  line
                </th>
                <th scope="col">source</th>
              </tr>
            </thead>
            <tbody>
              {routine.lines.map((line) => (
                <tr key={line.line} class={line.cum === '' ? '' : 'has-value'}>
                  <td class="number">{line.flat}</td>
                  <td class="number">{line.cum}</td>
                  <td class="number quiet">{line.line}</td>
                  <td class="text">{line.text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {routine.hidden > 0 ? <p class="quiet">{routine.hidden} more lines are not shown.</p> : null}
    </section>
  );
}
