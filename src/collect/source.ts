// Where evidence comes from. A source fetches bytes and says when; it decodes nothing.
import type { PlimsollError } from '../base/errors.ts';
import type { Bytes, Millis } from '../base/units.ts';
import type { ProfileKind, RawEvidence } from '../model/raw-evidence.ts';

/** What was asked, for errors, cost accounting and the targets page. */
export type RequestName =
  | 'metrics'
  | 'vars'
  | 'memstats'
  | 'proc'
  | 'gctrace'
  | `profile:${ProfileKind}`
  /** goroutine?debug=2: apart from the profile, since one may be refused where the other is not. */
  | 'profile:goroutine-dump';

/** The outcome of one request: expected failures are data, not exceptions. */
export type FetchOutcome =
  | {
      readonly kind: 'ok';
      readonly request: RequestName;
      readonly evidence: RawEvidence;
      /** Real milliseconds from request to last byte. */
      readonly tookMillis: Millis;
      readonly receivedBytes: Bytes;
    }
  | {
      readonly kind: 'failed';
      readonly request: RequestName;
      readonly error: PlimsollError;
      readonly tookMillis: Millis;
    };

/** One target as the pipeline asks it. Implementations: collect/http-target.ts. */
export interface TargetSource {
  /** All cheap gauges that this target offers (metrics, else vars, else memstats; plus proc and a GC trace when local). */
  fetchGauges(signal: AbortSignal): Promise<FetchOutcome[]>;
  /** One profile; `gc` asks the process to collect first (only by policy: it costs the target a GC cycle). */
  fetchProfile(
    kind: ProfileKind,
    options: { readonly form: 'proto' | 'text'; readonly gc: boolean; readonly debug?: 1 | 2 },
    signal: AbortSignal,
  ): Promise<FetchOutcome>;
}
