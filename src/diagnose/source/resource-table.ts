// Calls whose result has to be released, and what the leak is called when it is not.
import { isStandardLibrary } from '../../profile/frames.ts';
import type { Release } from './release-check.ts';

export interface ResourceKind {
  readonly pattern: string;
  readonly release: Release;
  /** For people: what to call. */
  readonly verb: string;
  /** Known by a method's name alone: believed where the result is used like this, `rows.Next()`. */
  readonly isUsedBy?: RegExp;
}

const closes = (pattern: string, result = 0): ResourceKind => ({
  pattern,
  release: { result, methods: /^Close$/, field: null },
  verb: 'Close',
});
const BODY: ResourceKind = {
  pattern: 'body-not-closed',
  release: { result: 0, methods: /^Close$/, field: 'Body' },
  verb: 'Body.Close',
};
const CANCEL: ResourceKind = {
  pattern: 'context-not-cancelled',
  release: { result: 1, methods: null, field: null },
  verb: 'the cancel function',
};
const stops = (pattern: string): ResourceKind => ({
  pattern,
  release: { result: 0, methods: /^(?:Stop|Reset)$/, field: null },
  verb: 'Stop',
});
const TRANSACTION: ResourceKind = {
  pattern: 'tx-not-ended',
  release: { result: 0, methods: /^(?:Commit|Rollback)$/, field: null },
  verb: 'Rollback',
};

const PATTERNS: readonly (readonly [RegExp, ResourceKind])[] = [
  [/^time\.NewTicker$/, stops('ticker-not-stopped')],
  [/^time\.(?:NewTimer|AfterFunc)$/, stops('timer-not-stopped')],
  [/^context\.With(?:Cancel|CancelCause|Timeout|TimeoutCause|Deadline|DeadlineCause)$/, CANCEL],
  [/^os\/signal\.NotifyContext$/, CANCEL],
  [/^net\/http\.(?:Get|Head|Post|PostForm|Client\.\w+|Transport\.RoundTrip|RoundTripper\.RoundTrip)$/, BODY],
  [/^database\/sql\.\w+\.(?:Query|QueryContext)$/, closes('rows-not-closed')],
  [/^database\/sql\.\w+\.(?:Prepare|PrepareContext)$/, closes('stmt-not-closed')],
  [/^database\/sql\.\w+\.(?:Begin|BeginTx)$/, TRANSACTION],
  [/^database\/sql\.DB\.Conn$/, closes('conn-not-closed')],
  [/^database\/sql\.Open$/, closes('conn-not-closed')],
  [
    /^runtime\/cgo\.NewHandle$/,
    {
      pattern: 'cgo-handle-not-deleted',
      release: { result: 0, methods: /^Delete$/, field: null },
      verb: 'Delete',
    },
  ],
  [/^os\.(?:Open|Create|OpenFile|CreateTemp|Pipe)$/, closes('file-not-closed')],
  [
    /^net\.(?:Dial\w*|Listen\w*|FileConn)$|^net\.Dialer\.\w+$|^crypto\/tls\.Dial\w*$|^net\.\w*Listener\.Accept\w*$/,
    closes('conn-not-closed'),
  ],
  [
    /^archive\/zip\.OpenReader$|^net\/(?:smtp|textproto|rpc|rpc\/jsonrpc)\.Dial\w*$|^log\/syslog\.(?:New|Dial)$|^debug\/\w+\.Open$|^os\.OpenRoot$/,
    closes('not-closed'),
  ],
  [/^compress\/\w+\.NewReader\w*$|\/zstd\.NewReader$|\/pgzip\.NewReader$/, closes('reader-not-closed')],
  [/^compress\/\w+\.NewWriter\w*$|\/zstd\.NewWriter\w*$/, closes('writer-not-closed')],
];

/** By name, for the builders and pools over databases. */
const NAMED: readonly (readonly [RegExp, ResourceKind])[] = [
  [
    /\.(?:Rows|Query(?:x|Context|xContext)?|NamedQuery(?:Context)?)$/,
    { ...closes('rows-not-closed'), isUsedBy: /\.(?:Next|NextRow|NextResultSet)\(/ },
  ],
];

/** Methods that end what a library gave. */
const ENDING =
  /^(?:Close|Stop|Release|Free|Shutdown|Cancel|Unsubscribe|Destroy|Done|Wait|Rollback|Commit|Disconnect|Quit|Finish|End|Return|CloseIdleConnections|CloseAndRecv|IOReadCloser)$/;
const GIVING =
  /\.(?:New\w*|Open\w*|Dial\w*|Create\w*|Connect\w*|Listen\w*|Subscribe\w*|Acquire\w*|Query\w*|Start\w*|Begin\w*|Watch\w*|Accept\w*|Prepare\w*|Snapshot\w*|Clone|Borrow\w*)$/;

/** Does an open one hold a descriptor? */
export function takesDescriptor({ pattern }: ResourceKind): boolean {
  return /^(?:body|rows|stmt|conn|file)-not-closed$|^tx-not-ended$/.test(pattern);
}

/** What a call gives that needs a release; null when nothing is known of it. */
export function findResource(key: string): ResourceKind | null {
  return [...PATTERNS, ...NAMED].find(([pattern]) => pattern.test(key))?.[1] ?? null;
}

/** The same by name alone, for libraries: `zstd.NewWriter` wants a Close. Less sure; of the standard library all are known. */
export function guessResource(key: string): ResourceKind | null {
  if (!GIVING.test(key) || isStandardLibrary(key)) return null;
  return { pattern: 'not-closed', release: { result: 0, methods: ENDING, field: null }, verb: 'Close' };
}
