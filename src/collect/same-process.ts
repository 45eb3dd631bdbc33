// Is the process that owns a port the one whose numbers are served there? A reverse proxy listens too.
import { MIB, formatBytes, type Bytes, type Millis } from '../base/units.ts';
import { hasGoHeapGauges, type GaugeExtract } from '../parse/gauge-extract.ts';
import { gaugesFromProc } from '../parse/gauges-from-proc.ts';
import { listPids } from './find-process.ts';
import type { FoundPid } from './find-pid.ts';
import { createProcReader, readCommandLine, readProcessIdentity, readStartMillis } from './proc.ts';
import type { ProcOptions } from './system-file.ts';

/** What answers at an address says of its process. */
export interface ProcessClaims extends Pick<GaugeExtract, 'reading' | 'goVersion'> {
  /** Arguments, joined by NUL. */
  readonly commandLine: string | null;
}

/** The kernel tells the time of boot in whole seconds, and reckons it afresh each time it is asked. */
const START_TOLERANCE_MILLIS: Millis = 2_000;
/** Half a tick: who is nearer than that started at the very time that is said, unless boot was rounded differently. */
const SAME_START_MILLIS: Millis = 5;
/** Between the two looks memory may double, or move by so much. */
const MOST_RATIO = 2;
const FREE_BYTES: Bytes = 32 * MIB;
const FREE_FDS = 50;

/**
 * Why a process is not the one that makes these claims; null where nothing speaks against it. Costs one look at its files.
 * What is not known on either side is not compared.
 */
export async function disagreement(
  pid: number,
  claims: ProcessClaims,
  options: ProcOptions = {},
): Promise<string | null> {
  const arguments_ = claims.commandLine === null ? null : await readCommandLine(pid, options);
  if (arguments_ !== null && arguments_ !== claims.commandLine) return 'it was started with other arguments';
  const bytes = await createProcReader(pid, options)
    .read()
    .catch(() => null);
  return bytes === null ? null : compare(gaugesFromProc(bytes), claims);
}

type Kernel = ReturnType<typeof gaugesFromProc>;

function compare({ reading: own, goVersion }: Kernel, claims: ProcessClaims): string | null {
  const { reading: said } = claims;
  const isGo = claims.goVersion !== null || hasGoHeapGauges(said);
  // Of a program that is known to be none of Go's the kernel says that no page is Go's.
  if (isGo && own.goResidentBytes === 0 && goVersion === null) return 'it is no Go program';
  if (claims.goVersion !== null && goVersion !== null && nameOf(goVersion) !== nameOf(claims.goVersion)) {
    return `it was built with ${nameOf(goVersion)}, the one that answers with ${nameOf(claims.goVersion)}`;
  }
  const apart = differ(own.processStartMillis, said.processStartMillis);
  if (apart > START_TOLERANCE_MILLIS) {
    return `it started ${Math.round(apart / 1000)} s apart from the one that answers`;
  }
  if (isFar(own.rssBytes, said.rssBytes, FREE_BYTES)) {
    return `it has ${formatBytes(own.rssBytes ?? 0)} resident, the one that answers ${formatBytes(said.rssBytes ?? 0)}`;
  }
  if (isFar(own.openFds, said.openFds, FREE_FDS)) {
    return `it has ${own.openFds} files open, the one that answers ${said.openFds}`;
  }
  return null;
}

/** `go1.26.1 X:synctest`: experiments are not spelled alike everywhere. */
function nameOf(goVersion: string): string {
  return goVersion.split(' ')[0] ?? goVersion;
}

function differ(a: number | undefined, b: number | undefined): number {
  return a === undefined || b === undefined ? 0 : Math.abs(a - b);
}

function isFar(a: number | undefined, b: number | undefined, free: number): boolean {
  if (a === undefined || b === undefined) return false;
  return Math.abs(a - b) > free && Math.max(a, b) > MOST_RATIO * Math.min(a, b);
}

/**
 * The process that owns the port where it is the one that answers; else the one process of this machine that started when
 * the one that answers says it did, and agrees with all else that is said; else none, with the reason. The memory of the
 * wrong process is worse than none.
 */
export async function confirmProcess(
  found: FoundPid,
  claims: ProcessClaims,
  options: ProcOptions = {},
): Promise<FoundPid> {
  if (found.pid === null) return found;
  const why = await disagreement(found.pid, claims, options);
  const apart = await startsApart(found.pid, claims, options);
  if (why === null && (apart ?? 0) <= SAME_START_MILLIS) return found;
  // A proxy and its service may have started in the same second: then the one that fits to the tick is meant.
  const real =
    (await findByStart(claims, found.pid, SAME_START_MILLIS, options)) ??
    (why === null ? null : await findByStart(claims, found.pid, START_TOLERANCE_MILLIS, options));
  if (real !== null || why === null) return real ?? found;
  return {
    pid: null,
    reason: `${found.command} (${found.pid}) listens, but another process answers through it: ${why}`,
  };
}

/** null where either start is not known. */
async function startsApart(
  pid: number,
  { reading: { processStartMillis } }: ProcessClaims,
  options: ProcOptions,
): Promise<Millis | null> {
  const identity = await readProcessIdentity(pid, options);
  const start = identity === null ? null : await readStartMillis(identity, options);
  return start === null || processStartMillis === undefined ? null : Math.abs(start - processStartMillis);
}

/** Start and resident memory have to be known: what one process on another machine says may fit one here by chance. */
async function findByStart(
  claims: ProcessClaims,
  except: number,
  withinMillis: Millis,
  options: ProcOptions,
): Promise<FoundPid | null> {
  if (claims.reading.rssBytes === undefined) return null;
  const fitting: FoundPid[] = [];
  for (const pid of (await listPids(options)) ?? []) {
    const apart = pid === except ? null : await startsApart(pid, claims, options);
    if (apart === null || apart > withinMillis) continue;
    if ((await disagreement(pid, claims, options)) !== null) continue;
    const identity = await readProcessIdentity(pid, options);
    if (identity !== null) fitting.push({ pid, command: identity.command });
  }
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}
