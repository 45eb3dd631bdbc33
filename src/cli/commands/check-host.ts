import { performance } from 'node:perf_hooks';
import { PlimsollError } from '../../base/errors.ts';
import { formatBytes, formatDuration, type Millis } from '../../base/units.ts';
import { readHost } from '../../collect/host-reading.ts';
import { readProgram } from '../../collect/program.ts';
import { formatHost } from '../../host/host-text.ts';
import { HostWatch, MAX_READINGS, type HostAnswer, type HostGrower } from '../../host/host-watch.ts';
import { sleepReal } from '../../pipeline/clock.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import { printText } from '../print-report.ts';
import { stopOnSignals } from '../stop-signal.ts';
import { Terminal, styleFor } from '../terminal.ts';

export interface CheckHostOptions {
  readonly for: Millis;
  readonly gaugeInterval?: Millis;
  readonly json?: boolean;
}

/** `--json`. Fields are only ever added. */
export interface HostDocument extends Omit<HostAnswer, 'growers'> {
  readonly schema: 'plimsoll-host/1';
  /** `goVersion` of a process that is a Go program, null of another one; missing where it cannot be told. */
  readonly growers: readonly (HostGrower & { readonly goVersion?: string | null })[];
}

const INTERVAL: Millis = 5000;

/**
 * Starts where nothing is known but that memory fills: ranks all processes of this machine by their share of the growth.
 * 0 = memory does not grow, 2 = it grows (whether it is a leak, `check pid:N` tells) or it is too early, 3 = error. SIGINT ends it
 * early with the answer so far.
 */
export async function checkHostCommand(options: CheckHostOptions): Promise<ExitStatus> {
  const terminal = new Terminal();
  const stop = stopOnSignals();
  const watch = new HostWatch();
  try {
    await readUntil(options, stop.signal, watch, terminal);
  } finally {
    stop.dispose();
  }
  terminal.endProgress();
  const answer = watch.answer();
  if (answer === null) {
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'needs /proc, which only Linux has', {
      field: '--host',
    });
  }
  const goVersions = await findGoVersions(answer.growers);
  if (options.json) {
    const growers = answer.growers.map((grower) => {
      const version = grower.pid === null ? undefined : goVersions.get(grower.pid);
      return version === undefined ? grower : { ...grower, goVersion: version };
    });
    const document: HostDocument = { schema: 'plimsoll-host/1', ...answer, growers };
    await printText(JSON.stringify(document, null, 2));
  } else {
    const known = [...goVersions].flatMap(([pid, version]) =>
      version === null ? [] : [[pid, version] as const],
    );
    await printText(formatHost(answer, new Map(known), styleFor(process.stdout)));
  }
  return answer.growth === null || answer.isGrowing || answer.growers.length > 0
    ? EXIT.undetermined
    : EXIT.none;
}

async function readUntil(
  options: CheckHostOptions,
  signal: AbortSignal,
  watch: HostWatch,
  terminal: Terminal,
): Promise<void> {
  const endAt = performance.now() + options.for;
  const interval = Math.max(options.gaugeInterval ?? INTERVAL, options.for / (MAX_READINGS - 2));
  for (let due = performance.now(); !signal.aborted; due += interval) {
    const reading = await readHost(Date.now());
    if (reading === null) return;
    // Its own start would look like growth.
    const processes = reading.processes.filter(({ pid }) => pid !== process.pid);
    watch.take({ ...reading, processes });
    const { availableBytes } = reading.memory;
    const left = formatDuration(Math.max(0, endAt - performance.now()));
    terminal.progress(
      `${reading.processes.length} processes; ${formatBytes(availableBytes)} available; ${left} left`,
    );
    if (due + interval > endAt) return;
    await sleepReal(Math.max(0, due + interval - performance.now()), signal);
  }
}

async function findGoVersions(growers: readonly HostGrower[]): Promise<ReadonlyMap<number, string | null>> {
  const versions = new Map<number, string | null>();
  for (const { pid } of growers) {
    const program = pid === null ? null : await readProgram(pid);
    if (pid === null || program === null || program.kind === 'unknown') continue;
    versions.set(pid, program.kind === 'go' ? program.build.goVersion : null);
  }
  return versions;
}
