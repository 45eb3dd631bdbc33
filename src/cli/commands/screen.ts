import { PlimsollError } from '../../base/errors.ts';
import { formatBytes, type Bytes, type Millis } from '../../base/units.ts';
import { makeGrid } from '../../pipeline/screening/grid.ts';
import { screenHistory, type ScreenedHistory } from '../../pipeline/screening/screen-history.ts';
import { buildScreeningReport } from '../../pipeline/screening/screening-report.ts';
import { matchersOf } from '../../pipeline/screening/selector.ts';
import { formatScreening, rankScreened } from '../../report/screening.ts';
import { formatReportText } from '../../report/text.ts';
import { EXIT, statusOf, type ExitStatus } from '../exit-status.ts';
import { printText, shortText } from '../print-report.ts';
import { describeAsked, openQueryApi, type QueryApiOptions } from '../query-api.ts';
import { stopOnSignals } from '../stop-signal.ts';
import { styleFor, Terminal } from '../terminal.ts';

export interface ScreenOptions extends QueryApiOptions {
  readonly selector: string;
  readonly since: Millis;
  readonly until?: Millis;
  readonly step?: Millis;
  readonly service?: string;
  readonly memoryLimit?: Bytes;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly failOn: string;
}

/**
 * Stage 1 straight from the history of a query API, for every target that the selector means. SIGINT ends it with what was
 * judged so far.
 */
export async function screenCommand(options: ScreenOptions): Promise<ExitStatus> {
  statusOf('no-growth', options.failOn);
  const matchers = matchersOf(options.selector);
  const grid = makeGrid({
    sinceMillis: options.since,
    untilMillis: options.until ?? Date.now(),
    stepMillis: options.step ?? null,
  });
  const terminal = new Terminal();
  const stop = stopOnSignals();
  const api = openQueryApi(options);
  try {
    terminal.progress(`asking ${api.where} who is there`);
    const screened = await screenHistory({
      ...{ api, matchers, grid, signal: stop.signal },
      service: options.service ?? null,
      memoryLimitBytes: options.memoryLimit ?? null,
      onProgress: ({ judged, targets, receivedBytes }) =>
        terminal.progress(`${judged} of ${targets} targets judged, ${formatBytes(receivedBytes)} received`),
    });
    terminal.endProgress();
    const ranked = rankScreened(screened.targets);
    const selector = `{${matchers}}`;
    const about = { api: api.where, selector, grid, sent: api.sent, screened };
    const report = buildScreeningReport(ranked, about);
    if (report === null)
      throw new PlimsollError('QUERY_EMPTY', 'collect', 'nothing was judged', { where: api.where });
    const style = styleFor(process.stdout);
    const [only] = ranked;
    const isAlone = only !== undefined && ranked.length === 1;
    const text = options.json
      ? JSON.stringify(report, null, 2)
      : isAlone
        ? formatReportText(only.report, {
            style,
            ...shortText(options.verbose ?? false),
            ...(only.series ? { series: only.series } : {}),
          })
        : formatScreening(ranked, { style, notes: notesOf(screened), fleets: screened.fleets });
    if (isAlone && !options.json) for (const note of notesOf(screened)) terminal.warn(note);
    terminal.info(describeAsked(api, options.since, grid));
    await printText(text);
    return report.verdict === 'leak' || report.verdict === 'undetermined'
      ? statusOf(report.verdict, options.failOn)
      : EXIT.none;
  } finally {
    api.close();
    stop.dispose();
  }
}

function notesOf({ others, isOfContainers, leftOut, warnings, isPartial }: ScreenedHistory): string[] {
  return [
    ...(isPartial ? ['the query API could not ask all of its data: growth may be missed'] : []),
    ...warnings.map((warning) => `the query API says: ${warning}`),
    ...(leftOut > 0 ? [`${leftOut} more targets match than are judged at once: narrow --selector`] : []),
    ...(isOfContainers
      ? [
          'nothing here shows gauges of Go: containers are judged by what is resident, which a collector moves as well',
        ]
      : []),
    ...(others > 0 ? [`${others} processes without gauges of Go were left out`] : []),
  ];
}
