import type { Millis } from '../../base/units.ts';
import { formatHost } from '../../host/host-text.ts';
import { MAX_READINGS } from '../../host/host-watch.ts';
import { makeGrid } from '../../pipeline/screening/grid.ts';
import { readHostHistory, type HostHistory } from '../../pipeline/screening/host-history.ts';
import { matchersOf } from '../../pipeline/screening/selector.ts';
import { printable } from '../../report/style.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import { printText } from '../print-report.ts';
import { describeAsked, openQueryApi } from '../query-api.ts';
import { stopOnSignals } from '../stop-signal.ts';
import { styleFor, Terminal } from '../terminal.ts';
import type { ScreenOptions } from './screen.ts';

/** Machines that are shown; `--json` has all. */
const SHOWN = 10;
const STEP: Millis = 60_000;

/** `--json`. Fields are only ever added. */
export interface HostsDocument {
  readonly schema: 'plimsoll-hosts/1';
  readonly prometheus: string;
  /** Fastest growth first. */
  readonly hosts: readonly HostHistory[];
}

/**
 * As `check --host` for machines that a query API knows, over the time that it has.
 * 0 = memory of none grows, 2 = that of one does, or it is too early, 3 = error.
 */
export async function checkHostsCommand(options: ScreenOptions): Promise<ExitStatus> {
  const matchers = matchersOf(options.selector);
  const shortest = Math.ceil(options.since / (MAX_READINGS - 1) / STEP) * STEP;
  const grid = makeGrid({
    sinceMillis: options.since,
    untilMillis: options.until ?? Date.now(),
    stepMillis: Math.max(options.step ?? 0, shortest),
  });
  const terminal = new Terminal();
  const stop = stopOnSignals();
  const api = openQueryApi(options);
  try {
    terminal.progress(`asking ${api.where}`);
    const hosts = await readHostHistory({ api, matchers, grid, signal: stop.signal });
    terminal.endProgress();
    terminal.info(describeAsked(api, options.since, grid));
    const document: HostsDocument = { schema: 'plimsoll-hosts/1', prometheus: api.where, hosts };
    await printText(options.json ? JSON.stringify(document, null, 2) : formatHosts(document));
    const isQuiet = ({ answer }: HostHistory) =>
      answer.growth !== null && !answer.isGrowing && answer.growers.length === 0;
    return hosts.every(isQuiet) ? EXIT.none : EXIT.undetermined;
  } finally {
    api.close();
    stop.dispose();
  }
}

function formatHosts({ hosts, prometheus }: HostsDocument): string {
  const style = styleFor(process.stdout);
  const texts = hosts.slice(0, SHOWN).map(({ host, answer, holders }) => {
    const text = formatHost(answer, new Map(), style, host);
    const grower = answer.growers.find(({ kind }) => kind === 'target');
    const instance = grower?.name.split(' ').at(-1);
    const next =
      instance === undefined
        ? null
        : `plimsoll check --prometheus ${prometheus} --selector '{instance="${instance}"}'`;
    return [
      text,
      ...(holders === null
        ? ['  Which processes hold it is not told: process-exporter or cAdvisor would.']
        : []),
      ...(next === null ? [] : [`  next         ${style('code', printable(next))}`]),
    ].join('\n');
  });
  const more = hosts.length - SHOWN;
  return [...texts, ...(more > 0 ? [`and ${more} more, which grow less`] : [])].join('\n\n');
}
