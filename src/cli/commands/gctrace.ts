import { basename } from 'node:path';
import { PlimsollError } from '../../base/errors.ts';
import type { GcTraceReport } from '../../model/gc-trace.ts';
import type { Report } from '../../model/report.ts';
import type { TargetName } from '../../model/target.ts';
import { judgeGcTrace, reportWithoutCollections, type JudgedTrace } from '../../pipeline/gc-trace.ts';
import { formatGcTraceText } from '../../report/gc-trace-text.ts';
import { renderWaterlineSvg } from '../../report/waterline-svg.ts';
import { EXIT, statusOf } from '../exit-status.ts';
import { readLog } from '../read-log.ts';
import { stopOnSignals } from '../stop-signal.ts';
import { styleFor } from '../terminal.ts';
import { runTracedChild, shellStatus, shellStatusOf, type ChildEnd } from '../trace-child.ts';
import { TraceStream } from '../trace-stream.ts';
import { writeOutput } from '../write-output.ts';

export interface GcTraceOptions {
  readonly json?: boolean;
  readonly svg?: string;
  readonly output?: string;
  readonly service?: string;
  /** What is not of the trace is not passed on. */
  readonly quiet?: boolean;
  /** The trace itself is passed on as well. */
  readonly showTrace?: boolean;
  /** End as the program ended, whatever the verdict. */
  readonly childStatus?: boolean;
  readonly failOn: string;
}

/**
 * GC traces to a verdict, numbers and a picture.
 *
 * @param files logs in order of time, `-` = standard input.
 * @param command a program to start and trace instead, with its arguments; null = none.
 * @returns the status of the process: that of the verdict, or of the program with `childStatus`.
 */
export async function gctraceCommand(
  files: readonly string[],
  command: readonly string[] | null,
  options: GcTraceOptions,
): Promise<number> {
  statusOf('no-growth', options.failOn); // a wrong --fail-on is told before the work
  if (command === null) return traceFiles(files, options);
  if (files.length > 0) throw invalid('takes log files or a program, not both');
  return traceChild(command, options);
}

async function traceFiles(files: readonly string[], options: GcTraceOptions): Promise<number> {
  const [first] = files;
  if (first === undefined) throw invalid('needs a log file, - for standard input, or -- and a program');
  const isPiped = files.includes('-');
  const stream = new TraceStream({
    // Of a file nobody wants all the rest on the screen; in a pipe it would be lost.
    passOn: isPiped && options.quiet !== true ? passOn : null,
    isLive: isPiped,
    now: null,
    withTrace: options.showTrace ?? false,
  });
  const stop = stopOnSignals();
  try {
    for (const file of files) {
      for await (const bytes of readLog(file, stop.signal)) stream.write(bytes);
    }
  } finally {
    stop.dispose();
  }
  stream.end();
  const instance = first === '-' ? 'stdin' : first;
  const service = options.service ?? nameOf(instance);
  const judged = judgeGcTrace(stream.trace, { service, instance });
  if (judged === null) {
    const { read } = stream.trace.lines;
    throw new PlimsollError('TRACE_EMPTY', 'parse', `none of ${read} lines is of a GC trace`, {
      where: instance,
    });
  }
  return finish(judged, options);
}

async function traceChild(words: readonly string[], options: GcTraceOptions): Promise<number> {
  const [command, ...args] = words;
  if (command === undefined) throw invalid('needs a program behind --');
  const target: TargetName = { service: options.service ?? nameOf(command), instance: words.join(' ') };
  const now = () => Date.now();
  const stream = new TraceStream({
    passOn: options.quiet === true ? null : passOn,
    isLive: true,
    now,
    withTrace: options.showTrace ?? false,
  });
  const startMillis = now();
  let end: ChildEnd;
  try {
    end = await runTracedChild({
      command,
      args,
      env: process.env,
      keepsStdout: options.output !== undefined,
      onStderr: (chunk) => stream.write(chunk),
    });
  } catch (error) {
    if (options.childStatus !== true || !(error instanceof PlimsollError)) throw error;
    process.stderr.write(`plimsoll: ${error.message}. ${error.advice}\n`);
    return shellStatusOf(error);
  }
  stream.end();
  const judged = judgeGcTrace(stream.trace, target);
  const child: GcTraceReport['child'] = { command: target.instance, ...end };
  const status = await finish(
    judged === null
      ? { report: reportWithoutCollections(target, startMillis, now()), series: null }
      : { ...judged, report: withChild(judged.report, child) },
    options,
  );
  return options.childStatus === true ? shellStatus(end) : status;
}

function withChild(report: Report, child: GcTraceReport['child']): Report {
  const { gctrace } = report;
  return gctrace === undefined || child === undefined
    ? report
    : { ...report, gctrace: { ...gctrace, child } };
}

/** A reader that has gone away must not end the program that is traced. */
function passOn(bytes: Buffer): void {
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => undefined);
  process.stderr.write(bytes);
}

interface Outcome {
  readonly report: Report;
  readonly series: JudgedTrace['series'] | null;
}

async function finish({ report, series }: Outcome, options: GcTraceOptions): Promise<number> {
  const { svg, output = null } = options;
  if (svg !== undefined && series !== null) {
    await writeOutput(drawSvg(report, series), svg, 'report');
  }
  const isForScreen = output === null && options.json !== true;
  const text =
    options.json === true
      ? `${JSON.stringify(report, null, 2)}\n`
      : formatGcTraceText(report, {
          series,
          width: widthOf(process.stdout),
          ...(isForScreen ? { style: styleFor(process.stdout) } : {}),
        });
  await writeOutput(text, output, 'report');
  return report.verdict === 'leak' || report.verdict === 'undetermined'
    ? statusOf(report.verdict, options.failOn)
    : EXIT.none;
}

function drawSvg(report: Report, series: JudgedTrace['series']): string {
  const { service, instance } = report.target;
  const title = `${service} (${instance}): ${report.verdict}`;
  return renderWaterlineSvg(series, { title, notes: [report.summary] }) ?? '';
}

const DEFAULT_WIDTH = 80;

/** A pipe has no width but what COLUMNS says. */
function widthOf(stream: NodeJS.WriteStream): number {
  const said = Number(process.env['COLUMNS']);
  if (stream.isTTY && stream.columns > 0) return stream.columns;
  return Number.isInteger(said) && said > 0 ? said : DEFAULT_WIDTH;
}

/** `logs/orders.log.gz` -> `orders`. */
function nameOf(path: string): string {
  const name = basename(path).replace(/(\.(log|txt|gz|trace|err|\d+))+$/, '');
  return name === '' ? path : name;
}

function invalid(fact: string): PlimsollError {
  return new PlimsollError('ARGUMENTS_INVALID', 'arguments', fact);
}
