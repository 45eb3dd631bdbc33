import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { Value } from 'typebox/value';
import { PlimsollError, describeError } from '../../base/errors.ts';
import { ScreeningReportSchema, type ScreeningReport } from '../../model/screening.ts';
import type { Investigation } from '../../pipeline/investigation.ts';
import { replayRecordings } from '../../pipeline/replay.ts';
import { openRecording } from '../../recording/read-recording.ts';
import type { ChartInput, ChartLine } from '../../report/html-chart.ts';
import { formatReportHtml } from '../../report/html.ts';
import { formatReportMarkdown } from '../../report/markdown.ts';
import { computeLiveFloor } from '../../series/live-floor.ts';
import { findIncarnations } from '../../series/incarnations.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import { checkSourceFolders } from '../source-folders.ts';
import { writeOutput } from '../write-output.ts';

export interface ReportOptions {
  readonly html?: boolean;
  readonly markdown?: boolean;
  readonly output?: string;
  readonly source: readonly string[];
}

/** A report document is some hundred kilobytes; no larger file is one. */
const MAX_DOCUMENT_CHARACTERS = 64 * 2 ** 20;

/** One file to keep, mail or paste: from recordings, or from what `check --json` printed. */
export async function reportCommand(paths: readonly string[], options: ReportOptions): Promise<ExitStatus> {
  if (options.html === true && options.markdown === true) {
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'either --html or --markdown');
  }
  await checkSourceFolders(options.source);
  const isMarkdown =
    options.markdown === true || (options.html !== true && options.output?.endsWith('.md') === true);
  const { report, chart } = await gather(paths, options.source);
  await writeOutput(
    isMarkdown ? formatReportMarkdown(report) : formatReportHtml(report, chart),
    options.output ?? null,
  );
  return EXIT.none;
}

async function gather(
  paths: readonly string[],
  source: readonly string[],
): Promise<{ report: ScreeningReport; chart: ChartInput | null }> {
  const [first = '-'] = paths;
  if (paths.length === 0 && process.stdin.isTTY) {
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs recordings, or a report by a pipe');
  }
  if (paths.length <= 1 && (first === '-' || first.endsWith('.json'))) {
    return { report: await readReport(first), chart: null };
  }
  const recordings = [];
  for (const path of paths) recordings.push(await openRecording(path));
  const { report, investigations } = await replayRecordings(recordings, undefined, source);
  const lead =
    investigations.find(({ target }) => target.instance === report.target.instance) ?? investigations[0];
  return { report, chart: lead === undefined ? null : chartOf(lead) };
}

/** @throws PlimsollError ARGUMENTS_INVALID for what is no report. */
async function readReport(path: string): Promise<ScreeningReport> {
  const where = path === '-' ? 'standard input' : path;
  try {
    const content = path === '-' ? await readAll(process.stdin) : await readFile(path, 'utf8');
    const document: unknown = content.length > MAX_DOCUMENT_CHARACTERS ? null : JSON.parse(content);
    if (Value.Check(ScreeningReportSchema, document)) return document;
  } catch (error) {
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', describeError(error), { where }, error);
  }
  throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'no plimsoll-report/1 document', { where });
}

function chartOf({ history, marks, memoryLimitBytes }: Investigation): ChartInput {
  const lines: ChartLine[] = [];
  const rss = history.column('rssBytes');
  if (rss !== null) lines.push({ label: 'resident memory', timeMillis: history.timeMillis, bytes: rss });
  const life = findIncarnations(history).at(-1);
  const floor = life && computeLiveFloor(history, { from: life.firstRow, to: life.endRow });
  if (floor) lines.push({ label: 'live heap', timeMillis: floor.timeMillis, bytes: floor.value });
  return { lines, limitBytes: memoryLimitBytes, marks };
}
