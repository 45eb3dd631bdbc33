// What `plimsoll profile ui` tells its page. Values come as the text reports print them, from the same rows.
import type { FlameMessage } from './flame-message.ts';

/** GET /api/profile */
export interface ProfileMessage {
  /** Program and sources, for the head of the page. */
  readonly title: string;
  readonly sources: readonly string[];
  /** Empty = there is nothing to compare with. */
  readonly bases: readonly string[];
  readonly types: readonly { readonly name: string; readonly unit: string }[];
  /** Index in `types` that the reports show by default. */
  readonly defaultType: number;
  readonly defaultSort: 'flat' | 'cum';
  /** Rows have functions whose source can be asked for. */
  readonly hasFunctions: boolean;
}

/** GET /api/top?type=N&sort=flat */
export interface TopMessage {
  /** The lines above the report. */
  readonly labels: readonly string[];
  readonly rows: readonly TopRowMessage[];
  /** Rows that are not sent. */
  readonly hidden: number;
}

export interface TopRowMessage {
  readonly name: string;
  /** `(inline)`, `(partial-inline)` or ''. */
  readonly inlining: string;
  readonly flat: string;
  readonly flatShare: string;
  readonly sumShare: string;
  readonly cum: string;
  readonly cumShare: string;
}

/** GET /api/flame?type=N */
export interface FlameReply {
  readonly labels: readonly string[];
  /** How a value is printed; see formatValue of src/profile/reports/header.ts. */
  readonly format: { readonly ratio: number; readonly sampleUnit: string; readonly outputUnit: string };
  readonly flame: FlameMessage;
}

/** GET /api/source?type=N&name=... */
export interface SourceMessage {
  readonly name: string;
  readonly routines: readonly RoutineMessage[];
  readonly hidden: number;
}

export interface RoutineMessage {
  readonly name: string;
  readonly file: string;
  readonly flat: string;
  readonly cum: string;
  readonly cumShare: string;
  /** Why there is no source; null = it is there. */
  readonly fault: string | null;
  readonly lines: readonly SourceLineMessage[];
  /** Lines that are not sent. */
  readonly hidden: number;
}

/** Values are '' where a line has none. */
export interface SourceLineMessage {
  readonly line: number;
  readonly flat: string;
  readonly cum: string;
  readonly text: string;
}

/** GET /api/growth?type=N&sort=flat, with -base only */
export interface GrowthMessage {
  /** `12MB (10.10MB to 14.20MB), from 3MB to 15MB` */
  readonly total: string;
  /** Where the intervals come from. */
  readonly note: string;
  readonly rows: readonly GrowthRowMessage[];
  readonly hidden: number;
}

export interface GrowthRowMessage {
  readonly name: string;
  readonly growth: string;
  /** '' where there is none. */
  readonly interval: string;
  readonly before: string;
  readonly after: string;
  /** More than the luck of the sampler. */
  readonly isSignificant: boolean;
}
