// The figures as text: one row a method, each figure with its 95 % interval.

/** @typedef {import('./score.mjs').Score} Score */
/** @typedef {import('./statistics.mjs').Figure} Figure */

/** @type {readonly { title: string, of: keyof Score, as: 'share' | 'number' | 'rate' | 'hours', goal?: string }[]} */
export const COLUMNS = [
  { title: 'precision', of: 'precision', as: 'share', goal: '>= 0.95' },
  { title: 'recall (<14 d)', of: 'recall', as: 'share', goal: '>= 0.92' },
  { title: 'recall (all)', of: 'recallAll', as: 'share' },
  { title: 'F1', of: 'f1', as: 'share' },
  { title: 'false/day steady', of: 'falsePerDaySteady', as: 'rate', goal: '<= 0.002' },
  { title: 'false/day adversarial', of: 'falsePerDayAdversarial', as: 'rate', goal: '<= 0.005' },
  { title: 'delay h', of: 'delayHours', as: 'hours' },
  { title: 'leaked / limit', of: 'leakedShare', as: 'share' },
  { title: '1 h before exhaustion', of: 'inTime', as: 'share', goal: '>= 0.95' },
  { title: '... or warned', of: 'warnedInTime', as: 'share' },
  { title: 'time error', of: 'timeError', as: 'share', goal: '<= 0.15' },
  { title: 'time error at half', of: 'timeErrorHalf', as: 'share' },
  { title: 'time 80 % covers', of: 'timeCovered', as: 'share', goal: '0.75 to 0.85' },
  { title: 'growth 95 % covers', of: 'growthCovered', as: 'share', goal: '0.93 to 0.97' },
  { title: '... of the mean since the true onset', of: 'meanCovered', as: 'share' },
  { title: 'bytes/request error', of: 'perRequestError', as: 'share', goal: '<= 0.15' },
  { title: 'class right', of: 'classRight', as: 'share' },
  { title: 'verdict right at end', of: 'verdictRight', as: 'share' },
];

/**
 * @param {Figure} figure
 * @param {'share' | 'number' | 'rate' | 'hours'} as
 */
export function formatFigure({ value, low, high, of }, as) {
  if (Number.isNaN(value)) return of === 0 ? '-' : 'none';
  const digits = as === 'rate' ? 4 : as === 'hours' ? 1 : 2;
  const text = (/** @type {number} */ v) =>
    Number.isFinite(v) ? v.toFixed(digits) : Number.isNaN(v) ? '?' : 'never';
  return `${text(value)} (${text(low)}-${text(high)})`;
}

/**
 * Methods as rows, figures as columns, in Markdown.
 * @param {readonly { name: string, score: Score }[]} rows
 * @param {{ goals?: boolean }} [options]
 */
export function formatTable(rows, { goals = false } = {}) {
  const lines = [
    ['method', ...COLUMNS.map(({ title }) => title)],
    ['---', ...COLUMNS.map(() => '---')],
  ];
  if (goals) lines.push(['goal', ...COLUMNS.map(({ goal }) => goal ?? '')]);
  for (const { name, score } of rows) {
    lines.push([name, ...COLUMNS.map((column) => formatFigure(score[column.of], column.as))]);
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
