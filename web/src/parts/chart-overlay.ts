// What uPlot has no series for: limits across, marks and the edge of the forecast down. Canvas pixels throughout.
import type uPlot from 'uplot';
import { formatAmount } from '../chart-data.ts';
import type { Drawn } from './chart-drawn.ts';

/** Labels of marks nearer than this would overlap; the line stays, the list beneath has the text. */
const LABEL_SPACE = 76;
const LABEL_HEIGHT = 22;

export function drawOverlay(u: uPlot, drawn: Drawn): void {
  const { ctx } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${12 * ratio}px system-ui, sans-serif`;
  ctx.lineWidth = ratio;
  drawForecastEdge(u, drawn, ratio);
  drawMarks(u, drawn, ratio);
  drawLimits(u, drawn, ratio);
  ctx.restore();
}

function drawForecastEdge(u: uPlot, { chart, palette }: Drawn, ratio: number): void {
  if (chart.until >= chart.to) return;
  const x = u.valToPos(chart.until / 1000, 'x', true);
  line(u.ctx, [x, u.bbox.top, x, u.bbox.top + u.bbox.height], palette.quiet, [ratio, 3 * ratio]);
  if (!chart.lines.some((l) => l.key === 'mid')) return;
  u.ctx.fillStyle = palette.quiet;
  u.ctx.textAlign = 'left';
  u.ctx.textBaseline = 'bottom';
  u.ctx.fillText('forecast', x + 6 * ratio, u.bbox.top + u.bbox.height - 6 * ratio);
}

function drawMarks(u: uPlot, { chart, marks, palette }: Drawn, ratio: number): void {
  let labelEnd = -Infinity;
  for (const mark of [...marks].sort((a, b) => a.at - b.at)) {
    if (mark.at < chart.from || mark.at > chart.to) continue;
    const x = u.valToPos(mark.at / 1000, 'x', true);
    const isGrave = mark.kind === 'oom-kill' || mark.kind === 'alarm';
    const colour = isGrave ? palette.limit : palette.mark;
    line(
      u.ctx,
      [x, u.bbox.top - 6 * ratio, x, u.bbox.top + u.bbox.height],
      colour,
      isGrave ? [] : [4 * ratio, 3 * ratio],
    );
    if (x < labelEnd) continue;
    labelEnd = x + LABEL_SPACE * ratio;
    u.ctx.fillStyle = colour;
    u.ctx.textBaseline = 'bottom';
    u.ctx.textAlign = x > u.bbox.left + u.bbox.width - LABEL_SPACE * ratio ? 'right' : 'left';
    u.ctx.fillText(mark.kind, x - 2 * ratio, u.bbox.top - 8 * ratio);
  }
}

function drawLimits(u: uPlot, { chart, palette }: Drawn, ratio: number): void {
  const { ctx, bbox } = u;
  // Labels stand beneath their line; one that would cover the one before goes beside it.
  let before = { y: -Infinity, end: bbox.left };
  for (const limit of chart.limits) {
    const y = u.valToPos(limit.value, 'y', true);
    ctx.lineWidth = (limit.isHard ? 2 : 1.25) * ratio;
    line(
      ctx,
      [bbox.left, y, bbox.left + bbox.width, y],
      palette.limit,
      limit.isHard ? [] : [6 * ratio, 4 * ratio],
    );
    const text = `${limit.label} ${formatAmount(limit.value, chart.unit)}`;
    ctx.textAlign = 'left';
    ctx.textBaseline = 'top';
    const width = ctx.measureText(text).width;
    const isClose = Math.abs(y - before.y) < LABEL_HEIGHT * ratio;
    const left = (isClose ? before.end : bbox.left) + 8 * ratio;
    before = { y, end: left + width + 8 * ratio };
    ctx.fillStyle = palette.surface;
    ctx.fillRect(left - 4 * ratio, y + 4 * ratio, width + 8 * ratio, 16 * ratio);
    ctx.fillStyle = palette.limit;
    ctx.fillText(text, left, y + 6 * ratio);
  }
}

function line(
  ctx: CanvasRenderingContext2D,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
  colour: string,
  dash: number[],
): void {
  ctx.strokeStyle = colour;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
  ctx.setLineDash([]);
}
