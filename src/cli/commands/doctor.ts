import { describeError } from '../../base/errors.ts';
import { createHttpTarget } from '../../collect/http-target.ts';
import type { ProbeResult } from '../../collect/probe.ts';
import { shownUrl } from '../../collect/readable-failure.ts';
import { EVIDENCE_ADVICE, type EvidenceState } from '../doctor-advice.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import { checkPid, probeSetting, targetSetting, whyNoAnswer, type TargetOptions } from '../open-target.ts';
import { stopOnSignals } from '../stop-signal.ts';
import { styleFor } from '../terminal.ts';

export interface DoctorOptions extends TargetOptions {
  readonly json?: boolean;
}

interface Diagnosis {
  readonly evidence: string;
  readonly state: EvidenceState;
  readonly found: string | null;
  readonly gives: string;
  readonly costs: string;
  readonly turnOn: readonly string[];
}

/** Which evidence a target gives. 0 when it could be asked (whatever is missing), 3 when nothing answers or it lets nobody in. */
export async function doctorCommand(url: string, options: DoctorOptions): Promise<ExitStatus> {
  await checkPid(options);
  const stop = stopOnSignals();
  try {
    const probe = await probeSetting(targetSetting(url, options), stop.signal);
    if (!probe.isAnswering && !isSomebodyThere(probe)) throw whyNoAnswer(probe, url);
    const refused = describeRefusal(probe);
    if (refused !== null) {
      process.stdout.write(options.json ? formatJson(probe, [], refused) : formatRefusal(probe, refused));
      return EXIT.error;
    }
    const tried = await tryProfiles(probe, stop.signal);
    const diagnoses = EVIDENCE_ADVICE.map((advice): Diagnosis => {
      const found = advice.find(tried);
      const state = found !== null ? 'ok' : advice.isOptional ? 'optional' : 'missing';
      const { evidence, gives, costs, turnOn } = advice;
      return { evidence, state, found, gives, costs, turnOn: found === null ? turnOn : [] };
    });
    process.stdout.write(options.json ? formatJson(tried, diagnoses) : formatText(tried, diagnoses));
    return EXIT.none;
  } finally {
    stop.dispose();
  }
}

/** Profiles that are offered are taken once: an index proves nothing. Those that cannot be taken are not offered. */
async function tryProfiles(probe: ProbeResult, signal: AbortSignal): Promise<ProbeResult> {
  const { pprof } = probe.target;
  if (pprof === null) return probe;
  const source = createHttpTarget(probe.target, { now: () => 0 }, { findPid: null });
  const attempts = [...probe.attempts];
  const broken = new Set<string>();
  for (const kind of ['heap', 'goroutine'] as const) {
    if (!probe.profileKinds.includes(kind)) continue;
    const outcome = await source.fetchProfile(kind, { form: 'proto', gc: false }, signal);
    if (outcome.kind === 'ok') continue;
    broken.add(kind);
    attempts.push({
      request: 'pprof',
      where: `${shownUrl(pprof.url)}/${kind}`,
      kind: 'failed',
      error: outcome.error,
    });
  }
  return { ...probe, attempts, profileKinds: probe.profileKinds.filter((kind) => !broken.has(kind)) };
}

interface Refusal {
  readonly why: string;
  readonly advice: string;
}

/** What a server says to those that it does not let in. */
const REFUSALS: readonly (readonly [RegExp, advice: string])[] = [
  [
    /^HTTP (401|403)\b/,
    'Give the credentials that it wants: --bearer-file, --user with --password-file, --header "Name: value" (--pprof-header for other ones of pprof), or --cert and --key.',
  ],
  [/^HTTP 400: .*\bHTTPS\b/i, 'It speaks HTTPS there: say https:// and, for an authority of your own, --ca.'],
];

/** Whoever asked was turned away: what it offers behind that cannot be told, and nothing is known to be missing. */
function describeRefusal({ isAnswering, attempts }: ProbeResult): Refusal | null {
  if (isAnswering) return null;
  for (const attempt of attempts) {
    if (attempt.kind !== 'failed' || attempt.error.code !== 'TARGET_STATUS') continue;
    const { fact } = attempt.error;
    const known = REFUSALS.find(([pattern]) => pattern.test(fact));
    if (known) return { why: fact, advice: known[1] };
  }
  return null;
}

/** It answers, only with none of what was asked for: that is what doctor has advice for. */
function isSomebodyThere({ attempts }: ProbeResult): boolean {
  const answers: readonly string[] = ['TARGET_STATUS', 'TARGET_NOT_METRICS', 'TARGET_NOT_PROFILE'];
  return attempts.some((attempt) => attempt.kind === 'failed' && answers.includes(attempt.error.code));
}

function formatJson(
  probe: ProbeResult,
  diagnoses: readonly Diagnosis[],
  refused: Refusal | null = null,
): string {
  const { service, instance } = probe.target;
  const attempts = probe.attempts.map((attempt) => ({
    request: attempt.request,
    where: attempt.where,
    outcome: attempt.kind,
    detail: detailOf(attempt),
  }));
  const document = {
    schema: 'plimsoll-doctor/1',
    target: { service, instance },
    goVersion: probe.goVersion,
    ...(refused === null ? {} : { refused }),
    evidence: diagnoses,
    attempts,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function detailOf(attempt: ProbeResult['attempts'][number]): string {
  switch (attempt.kind) {
    case 'ok':
      return attempt.found;
    case 'lacking':
      return attempt.why;
    case 'failed': {
      // That a path is not there is what doctor is about; all else is worth its own advice.
      const isAbsent = attempt.error.code === 'TARGET_STATUS' && attempt.error.fact.startsWith('HTTP 404');
      return isAbsent
        ? describeError(attempt.error)
        : `${describeError(attempt.error)}. ${attempt.error.advice}`;
    }
  }
}

function formatText(probe: ProbeResult, diagnoses: readonly Diagnosis[]): string {
  const style = styleFor(process.stdout);
  const { service, instance } = probe.target;
  const lines = [
    `${style('heading', service)} at ${instance}${probe.goVersion ? `, ${probe.goVersion}` : ''}`,
    '',
  ];
  const marks = {
    ok: style('good', 'ok      '),
    missing: style('bad', 'missing '),
    optional: style('warning', 'optional'),
  };
  for (const { evidence, state, found, gives, costs, turnOn } of diagnoses) {
    lines.push(`${marks[state]}  ${evidence.padEnd(22)} ${found ?? ''}`.trimEnd());
    if (state === 'ok') continue;
    lines.push(`          gives: ${gives}`, `          costs: ${costs}`);
    for (const line of turnOn) lines.push(`          ${style('code', line)}`);
  }
  return `${[...lines, '', ...askedLines(probe)].join('\n')}\n`;
}

function formatRefusal(probe: ProbeResult, { why, advice }: Refusal): string {
  const style = styleFor(process.stdout);
  const lines = [
    `${style('bad', 'refused ')}  ${probe.target.instance} lets none of the requests in: ${why}`,
    `          ${advice}`,
    '          What it offers, and what is missing, can be told after that.',
    '',
  ];
  return `${[...lines, ...askedLines(probe)].join('\n')}\n`;
}

function askedLines({ attempts }: ProbeResult): string[] {
  const style = styleFor(process.stdout);
  const lines = attempts.map((attempt) => {
    const detail = style('faint', detailOf(attempt));
    return `  ${attempt.kind.padEnd(8)} ${attempt.request.padEnd(9)} ${attempt.where}  ${detail}`;
  });
  return ['asked:', ...lines];
}
