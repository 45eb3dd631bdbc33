// Memory against its limit over time. uPlot draws the lines; limits, marks and the edge of the forecast are drawn
// on top. The same numbers stand beside it as text and, on demand, as a table.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { formatBytes } from '../../../src/base/units.ts';
import type { Mark } from '../../../src/model/status.ts';
import type { Chart } from '../chart-data.ts';
import { readPalette, type Palette } from '../palette.ts';
import { useZone } from '../time-words.tsx';
import { Sentence } from './figures.tsx';
import { makePlot, sizeOf } from './chart-plot.ts';
import { Readout, ValueTable } from './chart-text.tsx';

export interface WaterlineChartProps {
  readonly chart: Chart;
  readonly marks: readonly Mark[];
  /** One sentence that says what the picture shows. */
  readonly sentence: string;
}

export function WaterlineChart({ chart, marks, sentence }: WaterlineChartProps) {
  const zone = useZone();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [isHeld, setHeld] = useState(false);
  const [cursor, setCursor] = useState<number | null>(null);
  const shown = useHeld({ chart, marks }, isHeld);
  const palette = usePalette();

  useEffect(() => {
    const host = box.current;
    if (!host) return undefined;
    const made = makePlot(host, { ...shown, palette, zone }, setCursor);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize(sizeOf(host)));
    observer.observe(host);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shown.chart, shown.marks, palette, zone]);

  const moveCursor = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity, Escape: null }[event.key];
    if (step === undefined || !plot.current) return;
    event.preventDefault();
    const last = shown.chart.time.length - 1;
    const next = step === null ? null : Math.max(0, Math.min(last, (cursor ?? last) + step));
    setCursor(next);
    const at = next === null ? undefined : shown.chart.time[next];
    const left = at === undefined ? -10 : plot.current.valToPos(at / 1000, 'x');
    plot.current.setCursor({ left, top: 10 }, false);
  };

  return (
    <figure class="waterline">
      <Readout chart={shown.chart} marks={shown.marks} cursor={cursor} zone={zone} />
      <div
        ref={box}
        class="waterline-box"
        role="img"
        aria-label={sentence}
        tabIndex={0}
        onKeyDown={moveCursor}
        onPointerEnter={() => setHeld(true)}
        onPointerLeave={() => setHeld(false)}
      />
      <figcaption>
        <Sentence text={sentence} />
        {shown.chart.above.map((limit) => (
          <span key={limit.label}>
            {' '}
            {limit.label} {formatBytes(limit.value)} lies above this picture.
          </span>
        ))}
      </figcaption>
      <details>
        <summary>Values as a table</summary>
        <ValueTable chart={shown.chart} zone={zone} />
      </details>
    </figure>
  );
}

interface Shown {
  readonly chart: Chart;
  readonly marks: readonly Mark[];
}

/** The newest, except while it is pointed at: then what was there. */
function useHeld(newest: Shown, isHeld: boolean): Shown {
  const held = useRef(newest);
  if (!isHeld) held.current = newest;
  return held.current;
}

function usePalette(): Palette {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const onChange = () => setTurn((t) => t + 1);
    scheme.addEventListener('change', onChange);
    return () => scheme.removeEventListener('change', onChange);
  }, []);
  return useMemo(() => readPalette(), [turn]);
}
