// The chart in words: what each line is and says at the cursor (or last), and all of it as a table.
import type { Mark } from '../../../src/model/status.ts';
import { formatAmount, latestOf, thinIndexes, valueAt, type Chart, type Line } from '../chart-data.ts';
import { useNow } from '../clock.ts';
import { formatExact, formatMoment, zoneName, type Zone } from '../time-words.tsx';

const TABLE_ROWS = 24;
/** A mark counts as pointed at within this share of the width of the picture. */
const MARK_REACH = 0.01;

export function Readout(props: {
  readonly chart: Chart;
  readonly marks: readonly Mark[];
  readonly cursor: number | null;
  readonly zone: Zone;
}) {
  const { chart, cursor, zone } = props;
  const now = useNow();
  const latest = chart.time.findLastIndex((at) => at <= chart.until);
  const index = cursor ?? latest;
  const at = chart.time[index];
  if (at === undefined) return null;
  const lines = chart.lines.filter((line) => line.key !== 'low' && line.key !== 'high');
  const mark = markNear(chart, props.marks, at);
  return (
    <div class="readout" aria-live={cursor === null ? 'off' : 'polite'}>
      <span class="readout-time">
        {cursor === null ? 'Latest, ' : ''}
        {formatMoment(at, now, zone)} {zoneName(at, zone)}
        {cursor !== null && mark ? <span class="readout-mark"> {mark.kind}</span> : null}
      </span>
      {lines.map((line, i) => (
        <span key={`${line.key}${i}`} class={`readout-line readout-${line.key}`}>
          <span class={`swatch swatch-${line.key}`} aria-hidden="true" />
          {line.label} <strong>{wordsAt(chart, line, index, cursor !== null)}</strong>
        </span>
      ))}
    </div>
  );
}

function wordsAt(chart: Chart, line: Line, index: number, isPointed: boolean): string {
  if (line.key === 'mid') return forecastAt(chart, index);
  return isPointed ? amountAt(chart, line, index) : formatAmount(latestOf(line, index), chart.unit);
}

function amountAt(chart: Chart, line: Line, index: number): string {
  return formatAmount(valueAt(chart.time, line, index), chart.unit);
}

/** `430 MiB to 452 MiB`; nothing where there is no forecast. */
function forecastAt(chart: Chart, index: number): string {
  const low = chart.lines.find((line) => line.key === 'low');
  const high = chart.lines.find((line) => line.key === 'high');
  if (!low || !high || (chart.time[index] ?? 0) <= chart.until) return '–';
  return `${amountAt(chart, low, index)} to ${amountAt(chart, high, index)}`;
}

function markNear(chart: Chart, marks: readonly Mark[], at: number): Mark | undefined {
  const span = (chart.time.at(-1) ?? 0) - (chart.time[0] ?? 0);
  return marks.find((mark) => Math.abs(mark.at - at) <= span * MARK_REACH);
}

export function ValueTable({ chart, zone }: { readonly chart: Chart; readonly zone: Zone }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Values of the chart">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Time</th>
            {chart.lines.map((line, i) => (
              <th key={`${line.key}${i}`} scope="col" class="number">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {thinIndexes(chart.time.length, TABLE_ROWS).map((index) => (
            <tr key={index}>
              <th scope="row">{formatExact(chart.time[index] ?? 0, zone)}</th>
              {chart.lines.map((line, i) => (
                <td key={`${line.key}${i}`} class="number">
                  {amountAt(chart, line, index)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
