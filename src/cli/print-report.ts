import type { Report } from '../model/report.ts';
import type { Investigation } from '../pipeline/investigation.ts';
import { formatReportText, type TextOptions } from '../report/text.ts';
import { computeLiveFloor } from '../series/live-floor.ts';
import { findIncarnations } from '../series/incarnations.ts';
import { styleFor } from './terminal.ts';

/** The result on standard output: one JSON document, or text for people with the live floor as a sparkline. */
export async function printReport(
  report: Report,
  options: {
    readonly json: boolean;
    readonly isVerbose: boolean;
    readonly investigation: Investigation | null;
  },
): Promise<void> {
  const text = options.json
    ? JSON.stringify(report, null, 2)
    : formatReportText(report, {
        style: styleFor(process.stdout),
        ...shortText(options.isVerbose),
        ...describeSeries(options.investigation),
      });
  await printText(text);
}

/** What a terminal shows of the evidence. */
export function shortText(isVerbose: boolean): Pick<TextOptions, 'evidence' | 'moreAt'> {
  return isVerbose ? { evidence: 'all' } : { evidence: 'in words', moreAt: '--verbose or --json' };
}

/** A pipe takes its time: an exit right after write() would cut the document. Failures are for closed-output.ts. */
export async function printText(text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    process.stdout.write(`${text.trimEnd()}\n`, () => resolve());
  });
}

function describeSeries(investigation: Investigation | null): {
  series?: { label: string; values: ArrayLike<number> };
} {
  const table = investigation?.history;
  const life = table ? findIncarnations(table).at(-1) : undefined;
  const floor = table && life ? computeLiveFloor(table, { from: life.firstRow, to: life.endRow }) : null;
  return floor ? { series: { label: 'live heap', values: floor.value } } : {};
}
