import { useMemo } from 'preact/hooks';
import type { Series } from '../../../src/model/status.ts';
import { countChart, memoryChart } from '../chart-data.ts';
import { memorySentence } from '../chart-sentence.ts';
import { useNow } from '../clock.ts';
import { formatMoment, Moment, useZone } from '../time-words.tsx';
import { formatRate } from '../words.ts';
import { TimeScaleBadge } from './figures.tsx';
import { WaterlineChart } from './waterline-chart.tsx';

/** Lanes that count something, with the gauge that they count. */
const COUNT_LANES = [
  ['goroutine', 'goroutines', 'Goroutines'],
  ['fd', 'openFds', 'Open file descriptors'],
  ['thread', 'threads', 'Threads'],
] as const;

const MARKS_SHOWN = 8;

export function Waterlines({ series }: { readonly series: Series }) {
  const zone = useZone();
  const now = useNow();
  const since = formatMoment(series.time[0] ?? series.from, now, zone);
  const chart = useMemo(() => memoryChart(series), [series]);
  if (series.time.length === 0) {
    return (
      <p class="state">No evidence in this range. Choose a longer one, or look at Targets for errors.</p>
    );
  }
  return (
    <>
      <WaterlineChart chart={chart} marks={series.marks} sentence={memorySentence(series, since)} />
      {COUNT_LANES.map(([lane, gauge, label]) => (
        <CountLine key={lane} series={series} to={chart.to} lane={lane} gauge={gauge} label={label} />
      ))}
      <MarkList marks={series.marks} />
    </>
  );
}

/** Drawn only where the count grows: the memory chart carries the rest. */
function CountLine(props: {
  readonly series: Series;
  readonly to: number;
  readonly lane: string;
  readonly gauge: string;
  readonly label: string;
}) {
  const { series, to, lane, gauge, label } = props;
  const chart = useMemo(() => countChart(series, gauge, lane, to), [series, gauge, lane, to]);
  const growth = series.fits.find((fit) => fit.lane === lane)?.growth;
  if (!chart || !growth || growth.low <= 0) return null;
  const sentence = `${label} grow by ${formatRate(growth.perHour, growth.unit)}.`;
  return (
    <div class="count-line">
      <h3>
        {label} <TimeScaleBadge />
      </h3>
      <WaterlineChart chart={chart} marks={series.marks} sentence={sentence} />
    </div>
  );
}

function MarkList({ marks }: { readonly marks: Series['marks'] }) {
  if (marks.length === 0) return null;
  const newest = [...marks].sort((a, b) => b.at - a.at).slice(0, MARKS_SHOWN);
  return (
    <ul class="marks" aria-label="Marks in this range, newest first">
      {newest.map((mark) => (
        <li key={`${mark.at} ${mark.kind}`}>
          <Moment at={mark.at} /> <strong>{mark.kind}</strong> {mark.text}
        </li>
      ))}
      {marks.length > MARKS_SHOWN ? <li class="quiet">and {marks.length - MARKS_SHOWN} before</li> : null}
    </ul>
  );
}
