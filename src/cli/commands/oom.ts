import { PlimsollError } from '../../base/errors.ts';
import { findCgroupByPath, readCgroupFolder } from '../../collect/cgroup.ts';
import { describeCgroup, formatCgroup, type CgroupAnswer } from '../../host/cgroup-answer.ts';
import { answerOom, type ServiceAnswer } from '../../host/oom-answer.ts';
import { formatService } from '../../host/oom-text.ts';
import type { OomKill } from '../../parse/oom-log.ts';
import type { Style } from '../../report/style.ts';
import { askWatch } from '../ask-watch.ts';
import { describeCrash, formatCrash, type CrashAnswer } from '../crash-answer.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import { gatherOomInputs, type OomInputs } from '../oom-inputs.ts';
import { stopOnSignals } from '../stop-signal.ts';
import { styleFor } from '../terminal.ts';

export interface OomOptions {
  readonly cgroup?: string;
  readonly service?: string;
  readonly server: string;
  readonly json?: boolean;
}

/** `--json`: the whole answer. Fields are only ever added. */
export interface OomDocument {
  readonly schema: 'plimsoll-oom/1';
  readonly sources: OomInputs['sources'];
  /** Kills that this machine counted and its log has forgotten; null where it was not asked. */
  readonly forgottenKills: number | null;
  readonly services: readonly ServiceAnswer[];
  readonly cgroup: CgroupAnswer | null;
  readonly crashes: readonly CrashAnswer[];
}

/**
 * Which process was killed for memory, by which limit, what the memory was, whether it was to blame, how often, and why nobody
 * was told. 0 = no kill and no crash, 1 = there were, 2 = kills are counted but their log is gone, 3 = error.
 */
export async function oomCommand(files: readonly string[], options: OomOptions): Promise<ExitStatus> {
  const isCgroupAlone = options.cgroup !== undefined && files.length === 0;
  const stop = stopOnSignals();
  const [inputs, cgroup] = await Promise.all([
    isCgroupAlone ? NOTHING : gatherOomInputs(files, stop.signal),
    options.cgroup === undefined ? null : readCgroupAnswer(options.cgroup),
  ]).finally(() => stop.dispose());
  const record =
    options.service === undefined
      ? null
      : await askWatch(options.server, options.service, newestKill(inputs, options.service));
  const watched = record && options.service !== undefined ? { name: options.service, record } : null;
  const document: OomDocument = {
    schema: 'plimsoll-oom/1',
    sources: inputs.sources,
    forgottenKills: inputs.forgottenKills,
    services: answerOom({ ...inputs, watched }),
    cgroup,
    crashes: inputs.crashes.map(describeCrash),
  };
  process.stdout.write(
    options.json
      ? `${JSON.stringify(document, null, 2)}\n`
      : formatDocument(document, styleFor(process.stdout)),
  );
  return statusOf(document);
}

const NOTHING: OomInputs = { kills: [], crashes: [], containers: [], sources: [], forgottenKills: null };

function statusOf({ services, crashes, cgroup, forgottenKills }: OomDocument): ExitStatus {
  if (services.length > 0 || crashes.length > 0) return EXIT.leak;
  if ((forgottenKills ?? 0) > 0) return EXIT.undetermined;
  return (cgroup?.kills ?? 0) > 0 ? EXIT.leak : EXIT.none;
}

function newestKill({ kills, containers }: OomInputs, name: string): number | null {
  const times = [
    ...kills.filter((kill: OomKill) => kill.victim?.name === name).map(({ atMillis }) => atMillis),
    ...containers
      .filter(({ container }) => container === name)
      .flatMap(({ lives }) => lives.filter(({ reason }) => reason === 'OOMKilled'))
      .map(({ finishedAtMillis }) => finishedAtMillis),
  ].filter((at) => at !== null);
  return times.length === 0 ? null : Math.max(...times);
}

async function readCgroupAnswer(path: string): Promise<CgroupAnswer> {
  const place = await findCgroupByPath(path);
  const files = place && (await readCgroupFolder(place));
  if (!place || !files) {
    throw new PlimsollError('ARGUMENTS_INVALID', 'arguments', 'no cgroup with a memory controller is there', {
      field: '--cgroup',
      value: path,
    });
  }
  return describeCgroup(place.path, place.version, files);
}

function formatDocument(document: OomDocument, style: Style): string {
  const options = { style, nowMillis: Date.now(), formatTime };
  const blocks = document.services.map((service) => formatService(service, options));
  if (document.cgroup) blocks.push(formatCgroup(document.cgroup, style));
  for (const crash of document.crashes) blocks.push(formatCrash(crash, style, formatTime));
  const { forgottenKills } = document;
  if (forgottenKills !== null && forgottenKills > 0) {
    blocks.push(
      `${forgottenKills} more since the machine was started, which its log has forgotten: look at the journal (journalctl -k) or /var/log/kern.log.`,
    );
  }
  if (blocks.length === 0) {
    const names = document.sources.map(({ name }) => name).join(', ');
    blocks.push(`No OOM kill and no crash in ${names === '' ? 'what was given' : names}.`);
  }
  return `${blocks.join('\n\n')}\n`;
}

/** `2026-01-01 10:00:05` in the reader's zone. */
function formatTime(atMillis: number): string {
  const date = new Date(atMillis);
  const local = new Date(atMillis - date.getTimezoneOffset() * 60_000);
  return Number.isNaN(local.getTime())
    ? 'an unknown time'
    : local.toISOString().slice(0, 19).replace('T', ' ');
}
