import { PlimsollError } from '../../base/errors.ts';
import { findCgroupByPath, readCgroupFolder } from '../../collect/cgroup.ts';
import { describeCgroup, formatCgroup, type CgroupAnswer } from '../../host/cgroup-answer.ts';
import { answerOom, isOfService, newestKillMillis, type ServiceAnswer } from '../../host/oom-answer.ts';
import { formatService } from '../../host/oom-text.ts';
import { printable, type Style } from '../../report/style.ts';
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
  /** What was asked for by name; null where nothing was. */
  readonly asked: AskedService | null;
  readonly cgroup: CgroupAnswer | null;
  readonly crashes: readonly CrashAnswer[];
}

/** A service that was asked for, among all kills that are known. */
export interface AskedService {
  readonly service: string;
  readonly kills: number;
  readonly othersKilled: number;
  /** Who was killed, if not the service; at most MAX_NAMES. */
  readonly names: readonly string[];
}

/** Names that somebody reads. */
const MAX_NAMES = 8;

/**
 * Which process was killed for memory, by which limit, what the memory was, whether it was to blame, how often, and why nobody
 * was told. 0 = no kill and no crash, 1 = there were, 2 = kills are counted but their log is gone, or nothing was in any input, 3 = error. With `service`
 * kills of others do not count.
 */
export async function oomCommand(files: readonly string[], options: OomOptions): Promise<ExitStatus> {
  const isCgroupAlone = options.cgroup !== undefined && files.length === 0;
  const stop = stopOnSignals();
  const [inputs, cgroup] = await Promise.all([
    isCgroupAlone ? NOTHING : gatherOomInputs(files, stop.signal),
    options.cgroup === undefined ? null : readCgroupAnswer(options.cgroup),
  ]).finally(() => stop.dispose());
  const { service } = options;
  const isAsked = (answer: ServiceAnswer) => service !== undefined && isOfService(answer, service);
  const unwatched = answerOom({ ...inputs, watched: null });
  const own = unwatched.filter(isAsked);
  const killedAt = own.map(newestKillMillis).filter((at) => at !== null);
  // A watch is asked about a kill; without one there is nothing to ask.
  const watched =
    service === undefined || own.length === 0
      ? null
      : {
          name: service,
          record: await askWatch(
            options.server,
            service,
            killedAt.length === 0 ? null : Math.max(...killedAt),
          ),
        };
  const document: OomDocument = {
    schema: 'plimsoll-oom/1',
    sources: inputs.sources,
    forgottenKills: inputs.forgottenKills,
    services: watched === null ? unwatched : answerOom({ ...inputs, watched }),
    asked: service === undefined ? null : describeAsked(service, own, unwatched),
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

function describeAsked(
  service: string,
  own: readonly ServiceAnswer[],
  all: readonly ServiceAnswer[],
): AskedService {
  // A status tells of kills as ends of lives, where no log tells of them one by one.
  const count = (answers: readonly ServiceAnswer[]) =>
    answers.reduce((sum, { kills }) => sum + Math.max(1, kills.length), 0);
  const others = all.filter((answer) => !own.includes(answer));
  const names = [...new Set(others.map(({ name }) => name))].slice(0, MAX_NAMES);
  return { service, kills: count(own), othersKilled: count(others), names };
}

function statusOf(document: OomDocument): ExitStatus {
  const { services, asked, crashes, cgroup, forgottenKills } = document;
  const isKilled = asked === null ? services.length > 0 : asked.kills > 0;
  if (isKilled || crashes.length > 0) return EXIT.leak;
  if ((forgottenKills ?? 0) > 0) return EXIT.undetermined;
  if ((cgroup?.kills ?? 0) > 0) return EXIT.leak;
  // What could not be read may have had them.
  const isDamaged = document.sources.some(({ damage }) => damage !== null);
  return isDamaged || hasOnlyEmpty(document) ? EXIT.undetermined : EXIT.none;
}

/** Silence of a log that was not read says nothing. */
function hasOnlyEmpty({ sources }: OomDocument): boolean {
  return sources.length > 0 && sources.every(({ isEmpty }) => isEmpty);
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
  const { asked } = document;
  const shown =
    asked === null ? document.services : document.services.filter((one) => isOfService(one, asked.service));
  const blocks = shown.map((service) => formatService(service, options));
  if (asked !== null && asked.kills === 0 && document.sources.length > 0 && !hasOnlyEmpty(document)) {
    blocks.push(describeNone(asked, document));
  }
  if (document.cgroup) blocks.push(formatCgroup(document.cgroup, style));
  for (const crash of document.crashes) blocks.push(formatCrash(crash, style, formatTime));
  const { forgottenKills } = document;
  if (forgottenKills !== null && forgottenKills > 0) {
    blocks.push(
      `${forgottenKills} more since the machine was started, which its log has forgotten: look at the journal (journalctl -k) or /var/log/kern.log.`,
    );
  }
  if (hasOnlyEmpty(document)) {
    blocks.push(
      `${style('warning', 'CANNOT TELL')}  nothing was in ${printable(sourcesOf(document))}: dmesg and journalctl -k print nothing to who may not read the kernel's log (sudo dmesg | plimsoll oom -)`,
    );
  } else if (blocks.length === 0) {
    blocks.push(`No OOM kill and no crash in ${sourcesOf(document)}.`);
  }
  blocks.push(...document.sources.flatMap((source) => describeLoss(source, style)));
  return `${blocks.join('\n\n')}\n`;
}

/** What of an input is not in the answer. */
function describeLoss(
  { name, damage, killsLeftOut }: OomDocument['sources'][number],
  style: Style,
): string[] {
  const damaged = `${printable(name)} is damaged (${damage ?? ''}): what comes before that place was read`;
  const bounded = `${killsLeftOut} older kills of ${printable(name)} were left out: the newest of a log are kept. Give it in parts to see them`;
  return [...(damage === null ? [] : [damaged]), ...(killsLeftOut === 0 ? [] : [bounded])].map(
    (text) => `${style('warning', 'NOT ALL')}  ${text}`,
  );
}

function sourcesOf({ sources }: OomDocument): string {
  const names = sources.map(({ name }) => name).join(', ');
  return names === '' ? 'what was given' : names;
}

/** `No kill of orders among 3 kills (of cron, payments) in kern.log.` */
function describeNone({ service, othersKilled, names }: AskedService, document: OomDocument): string {
  const among =
    othersKilled === 0
      ? ''
      : ` among ${othersKilled} ${othersKilled === 1 ? 'kill' : 'kills'} (of ${names.join(', ')})`;
  return `No kill of ${printable(`${service}${among} in ${sourcesOf(document)}`)}.`;
}

/** `2026-01-01 10:00:05` in the reader's zone. */
function formatTime(atMillis: number): string {
  const date = new Date(atMillis);
  const local = new Date(atMillis - date.getTimezoneOffset() * 60_000);
  return Number.isNaN(local.getTime())
    ? 'an unknown time'
    : local.toISOString().slice(0, 19).replace('T', ' ');
}
