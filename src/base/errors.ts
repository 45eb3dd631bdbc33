// Every error that a user can see has a code here; docs/errors.md explains them and a test compares the two.

/** Where in the data flow it happened (DESIGN: discover, collect, pprof, ... ), shown first in the message. */
export type Stage =
  | 'arguments'
  | 'config'
  | 'collect'
  | 'parse'
  | 'pprof'
  | 'profile'
  | 'recording'
  | 'store'
  | 'pipeline'
  | 'report'
  | 'server';

/** Code -> what it means and what to do next. */
export const ERRORS = {
  ARGUMENTS_INVALID: { advice: 'See --help for what the command takes.' },
  CONFIG_INVALID: { advice: 'Correct the setting that is named and try again.' },
  TARGET_REFUSED: { advice: 'Is the process running, and does it listen on that address and port?' },
  PROCESS_UNCLEAR: {
    advice: 'Give the number of one process (pid:1234) or the port that it listens on (port:8080).',
  },
  TARGET_TIMEOUT: {
    advice:
      'Look at the load of the target and at what lies between: gauges have 10 s to answer, profiles 30 s, those of plimsoll profile what -timeout says.',
  },
  TARGET_STATUS: {
    advice:
      'Check the path of this endpoint, and its credentials (--header, --bearer-file, --user, --pprof-header; plimsoll profile has -tls_cert and -tls_key).',
  },
  TARGET_NOT_METRICS: {
    advice: 'The URL answers something else (HTML, a login page?); point it at the exporter.',
  },
  TARGET_NOT_PROFILE: { advice: 'Import net/http/pprof in the service and point --pprof at /debug/pprof.' },
  TARGET_TLS: {
    advice:
      'Name the authority that signed its certificate with --ca; if it asks for one, show a valid one with --cert and --key (of profile: -tls_ca, -tls_cert, -tls_key).',
  },
  ACCESS_INVALID: {
    advice: 'Name a file that this user may read: PEM for certificates, one line for a secret.',
  },
  TARGET_REDIRECTED: { advice: 'Give the URL that it redirects to, if you trust that host.' },
  TARGET_TOO_LARGE: {
    advice: 'Look at what is served at this address: no scrape or profile is that large.',
  },
  TARGET_TRUNCATED: { advice: 'The answer ended early; look at proxies and WriteTimeout of the service.' },
  ANSWER_INVALID: { advice: 'Give the base of a Prometheus-compatible query API, as Grafana has it.' },
  QUERY_EMPTY: {
    advice: 'Check --selector and --since; try the selector in the graph page of the query API.',
  },
  QUERY_FAILED: {
    advice: 'The query API says why; correct --selector.',
  },
  QUERY_TOO_LARGE: {
    advice: 'Ask for less: a narrower --selector, a shorter --since or a longer --step.',
  },
  PROFILE_INVALID: { advice: 'The profile is damaged or no pprof profile; take it again.' },
  PROFILE_NOT_FOUND: { advice: 'Check the name; a URL needs http:// or host:port in front.' },
  PROFILE_TOO_LARGE: { advice: 'Raise the limit on decompressed bytes if the file can be trusted.' },
  PROFILE_UNFIT: { advice: 'Take the kind of profile that this report is about.' },
  REPORT_EMPTY: { advice: 'Names are as "plimsoll profile top" prints them; the expression is RE2.' },
  PROFILES_DIFFER: { advice: 'Profiles that are merged or compared have to be of one kind.' },
  REPORT_TOO_LARGE: { advice: 'Narrow it with -focus, -ignore, -show_from or -tagfocus.' },
  GRAPH_TOO_LARGE: {
    advice: 'Show less of it with -nodecount, -edgefraction or -focus, or take flame, which needs no layout.',
  },
  OUTPUT_EXISTS: { advice: 'Give another name, or --force to replace it.' },
  OUTPUT_FAILED: { advice: 'Give another --output: a file that you may write, in a folder that exists.' },
  METRICS_INVALID: { advice: 'The exporter sends a line that is no Prometheus text; see the place.' },
  STATUS_INVALID: {
    advice:
      'Give all that kubectl get pod NAME -o json prints (or pods, as a list): kubectl get pods -o json > pods.json',
  },
  LOG_UNREADABLE: {
    advice: 'Name a log that this user may read, or write one: sudo dmesg --time-format=iso > kernel.log',
  },
  PUSH_INVALID: {
    advice: 'Send what pyroscope-go or Alloy send: pprof, with the name of the service; see docs/push.md.',
  },
  PUSH_REFUSED: {
    advice: 'See docs/push.md for what is bounded, and for how a target is told from another.',
  },
  PUSH_SILENT: {
    advice: 'Does the process still run, and may it reach this address? Its own log says more.',
  },
  RECORDING_NOT_FOUND: { advice: 'Give a directory or a .tar.gz that holds recording.json.' },
  RECORDING_INVALID: { advice: 'See docs/recording.md for the format; record it again if it is damaged.' },
  RECORDING_TOO_NEW: { advice: 'This recording was made by a newer Plimsoll; upgrade this one.' },
  STORE_LOCKED: { advice: 'Another plimsoll uses this data folder; stop it or give another --data.' },
  STORE_ENGINE_MISSING: {
    advice: 'Install the optional dependency chdb (npm install chdb) or give --storage memory.',
  },
  STORE_ENGINE_FAILED: { advice: 'See the engine log in the data folder; it is started again by itself.' },
  STORE_TIMEOUT: {
    advice:
      'It is tried again; what was collected waits. Look for what keeps this machine or its disk busy, and at engine.log in the data folder.',
  },
  STORE_FAILED: { advice: 'Check disk space and permissions of the data folder.' },
  ALERTS_STANDBY: { advice: 'Ask the watcher that is active: it holds the folder of alerts.' },
  ALERTS_UNREADABLE: {
    advice:
      'Move this file away to begin anew (open leaks are told again), or start the version that wrote it.',
  },
  LISTEN_FAILED: { advice: 'Give --listen an address of this machine and a port that you may use.' },
  WEB_MISSING: { advice: 'Build the page first: npm run build.' },
  PORT_IN_USE: { advice: 'Give another --listen address or PORT.' },
  TRACE_EMPTY: {
    advice: 'Start the service with GODEBUG=gctrace=1; the trace goes to its standard error.',
  },
  TRACE_UNREADABLE: { advice: 'Give a log file, or - for standard input.' },
  COMMAND_FAILED: { advice: 'Check the command: after --, or of --load.' },
  GO_MISSING: { advice: 'Install Go from go.dev/dl, or replay a recording instead.' },
} as const satisfies Record<string, { advice: string }>;

export type ErrorCode = keyof typeof ERRORS;

export interface ErrorPlace {
  /** File, URL or target, as a person would recognise it. */
  readonly where?: string;
  /** Byte offset in the (decompressed) input. */
  readonly offset?: number;
  /** Line number, from 1. */
  readonly line?: number;
  /** Column in that line, from 1. */
  readonly column?: number;
  /** Field of a message or setting, dotted. */
  readonly field?: string;
  /** What was found, shortened. */
  readonly value?: string;
}

/**
 * An error about the outside world: input, target, disk. Carries facts; the front-end adds `advice`.
 * Errors of our own (broken invariants) are plain `Error`s.
 */
export class PlimsollError extends Error {
  readonly code: ErrorCode;
  readonly stage: Stage;
  readonly place: ErrorPlace;
  /** The message without stage and place. */
  readonly fact: string;
  constructor(code: ErrorCode, stage: Stage, fact: string, place: ErrorPlace = {}, cause?: unknown) {
    super(`${stage}: ${describePlace(place)}${fact}`, cause === undefined ? undefined : { cause });
    this.name = 'PlimsollError';
    this.code = code;
    this.stage = stage;
    this.place = place;
    this.fact = fact;
  }
  get advice(): string {
    return ERRORS[this.code].advice;
  }
}

function describePlace(place: ErrorPlace): string {
  const parts: string[] = [];
  if (place.where !== undefined) parts.push(place.where);
  if (place.line !== undefined) parts.push(`line ${place.line}`);
  if (place.column !== undefined) parts.push(`column ${place.column}`);
  if (place.offset !== undefined) parts.push(`byte ${place.offset}`);
  if (place.field !== undefined) parts.push(`field ${place.field}`);
  if (place.value !== undefined) parts.push(`found ${JSON.stringify(shorten(place.value))}`);
  return parts.length ? `${parts.join(', ')}: ` : '';
}

function shorten(value: string): string {
  return value.length > 80 ? `${value.slice(0, 77)}...` : value;
}

/** Message and cause chain of anything thrown, in one line. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : undefined;
  return cause && !error.message.includes(cause.message)
    ? `${error.message} (${cause.message})`
    : error.message;
}
