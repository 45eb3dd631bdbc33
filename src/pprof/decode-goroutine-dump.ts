// `goroutine?debug=2`: one block a goroutine. Written by people's eyes for people's eyes, and changed with nearly every
// Go version, so it is read tolerantly: lines that are not understood are passed over. Source: runtime/traceback.go
// (goroutineheader, printcreatedby1) of Go 1.5 to 1.27; edge cases of uber-go/goleak's parser.
import { StringTableBuilder, type StringIndex } from '../base/string-table.ts';
import { Int32Builder } from './columns.ts';
import { parseQuotedPairs } from './quoted-text.ts';
import {
  GOROUTINE_ELIDED,
  GOROUTINE_LEAKED,
  GOROUTINE_LOCKED_TO_THREAD,
  NO_CREATOR,
  type GoroutineDump,
} from './goroutine-dump.ts';
import { StackRows } from './stack-rows.ts';
import { NO_ROW, type FrameIndex, type IndexColumn } from './tables.ts';
import { TextLines } from './text-lines.ts';

/** Group 3: all between the first bracket and the final colon; labels may hold brackets, so it is taken apart later. */
const HEADER = /^goroutine (\d+)((?: gp=0x[0-9a-f]+| m=\S+| mp=0x[0-9a-f]+)*) \[(.*)(\]|\}):\s*$/;
/** Marks that come and go while the goroutine stays where it is; `(nil chan)` and the like belong to the reason. */
const FLEETING = / \((?:scan|leaked|durable)\)/g;
const CREATED_BY = /^created by (.+?)(?: in goroutine (\d+))?$/;
const PLACE = /^\s+(\S.*):(\d+)(?: \+0x[0-9a-f]+)?(?: fp=0x.*)?$/;
const ELIDED = /^\.\.\.(?:\d+|additional) frames elided\.\.\.$/;
const ANCESTOR = /^\[originating from goroutine \d+\]:$/;

interface Status {
  readonly reason: string;
  readonly minutes: number;
  readonly flags: number;
  readonly labels: readonly (readonly [string, string])[];
}

/** A goroutine while its block is read. */
interface OpenGoroutine extends Status {
  readonly id: number;
  elided: boolean;
  createdBy: number;
  creatorId: number;
  readonly frames: number[];
}

/**
 * Decodes a goroutine dump. Text before the first goroutine (a panic message) and unknown lines are passed over.
 *
 * @throws PlimsollError PROFILE_INVALID when there is no goroutine in the text at all.
 */
export function decodeGoroutineDump(bytes: Uint8Array): GoroutineDump {
  const lines = new TextLines(bytes);
  const table = new DumpBuilder();
  let open: OpenGoroutine | null = null;
  // The place of a frame is on the line below it; a new block may come first.
  let pending: string | null = null;
  let isCreator = false;
  let isAncestor = false;
  let isComplete = true;
  let isAfterBlank = false;

  for (let line = lines.next(); line !== null; line = lines.next()) {
    isComplete = lines.isTerminated;
    if (!isComplete) break;
    isAfterBlank = line === '';
    const place: RegExpExecArray | null = pending === null ? null : PLACE.exec(line);
    if (pending !== null && open !== null) {
      const frame = table.frame(pending, place?.[1] ?? '', Number(place?.[2] ?? 0));
      if (isCreator) open.createdBy = frame;
      else open.frames.push(frame);
      pending = null;
      if (place !== null) continue;
    }
    const header = line.startsWith('goroutine ') ? HEADER.exec(line) : null;
    if (header !== null) {
      if (open !== null) table.addGoroutine(open);
      open = openGoroutine(header);
      isAncestor = false;
      continue;
    }
    if (open === null || line === '') continue;
    if (ANCESTOR.test(line)) isAncestor = true;
    else if (ELIDED.test(line)) open.elided = true;
    else if (!isAncestor && !/^\s/.test(line)) {
      const creator = CREATED_BY.exec(line);
      isCreator = creator !== null;
      if (creator !== null) open.creatorId = creator[2] === undefined ? NO_CREATOR : Number(creator[2]);
      pending = creator === null ? functionOfCall(line) : creator[1];
    }
  }
  if (open === null)
    throw lines.error('there is no complete "goroutine N [state]:" in the text', 'dump.header');
  // Frames are two lines: one whose place is missing at the end was cut between them. A block that a blank line closed
  // is whole, though the text stops in the next one.
  if (pending === null && (isComplete || isAfterBlank)) table.addGoroutine(open);
  return table.finish(!isComplete || pending !== null);
}

function openGoroutine(header: RegExpExecArray): OpenGoroutine {
  return {
    id: Number(header[1]),
    ...parseStatus(header[3], header[4]),
    elided: false,
    createdBy: NO_ROW,
    creatorId: NO_CREATOR,
    frames: [],
  };
}

/**
 * `chan receive (leaked), 5 minutes, locked to thread, synctest bubble 3` and its labels: Go 1.26 writes them as
 * ` labels:{"k": "v"}` before the bracket, Go 1.27 as `] {k: "v"}` behind it.
 */
function parseStatus(text: string, last: string): Status {
  let status = text;
  let labels: readonly (readonly [string, string])[] = [];
  const inside = text.indexOf(' labels:{');
  const behind = text.indexOf('] {');
  if (last === ']' && inside !== -1) {
    status = text.slice(0, inside);
    labels = parseQuotedPairs(text.slice(inside + ' labels:{'.length));
  } else if (last === '}' && behind !== -1) {
    status = text.slice(0, behind);
    labels = parseQuotedPairs(text.slice(behind + '] {'.length));
  }
  const parts = status.split(', ');
  const minutes = parts.map((part) => /^(\d+) minutes$/.exec(part)).find((match) => match !== null);
  let flags = 0;
  if (parts[0].includes(' (leaked)')) flags |= GOROUTINE_LEAKED;
  if (parts.includes('locked to thread')) flags |= GOROUTINE_LOCKED_TO_THREAD;
  return {
    reason: parts[0].replace(FLEETING, ''),
    minutes: minutes ? Number(minutes[1]) : 0,
    flags,
    labels,
  };
}

/** `main.(*T).Run(0x1, {0x2, 0x3})` -> `main.(*T).Run`; null when the line is no call. */
function functionOfCall(line: string): string | null {
  if (!line.endsWith(')')) return null;
  const open = line.lastIndexOf('(');
  return open > 0 ? line.slice(0, open) : null;
}

/** The growing columns of a dump. */
class DumpBuilder {
  readonly #strings = new StringTableBuilder();
  readonly #frameRows = new Map<string, number>();
  readonly #frameFunction = new Int32Builder();
  readonly #frameFile = new Int32Builder();
  readonly #frameLine: number[] = [];
  readonly #stacks = new StackRows();
  readonly #id: number[] = [];
  readonly #waitReason = new Int32Builder();
  readonly #waitMinutes: number[] = [];
  readonly #flags: number[] = [];
  readonly #stack = new Int32Builder();
  readonly #createdBy = new Int32Builder();
  readonly #creatorId: number[] = [];
  readonly #labelStart = new Int32Builder();
  readonly #labelKey = new Int32Builder();
  readonly #labelValue = new Int32Builder();

  constructor() {
    this.#labelStart.push(0);
  }

  frame(name: string, file: string, line: number): FrameIndex {
    const functionRow = this.#strings.intern(name);
    const fileRow = this.#strings.intern(file);
    const key = `${functionRow} ${fileRow} ${line}`;
    const known = this.#frameRows.get(key);
    if (known !== undefined) return known as FrameIndex;
    const row = this.#frameLine.length;
    this.#frameRows.set(key, row);
    this.#frameFunction.push(functionRow);
    this.#frameFile.push(fileRow);
    this.#frameLine.push(line);
    return row as FrameIndex;
  }

  addGoroutine(goroutine: OpenGoroutine): void {
    for (const frame of goroutine.frames) this.#stacks.push(frame);
    this.#stack.push(this.#stacks.close());
    this.#id.push(goroutine.id);
    this.#waitReason.push(this.#strings.intern(goroutine.reason));
    this.#waitMinutes.push(goroutine.minutes);
    this.#flags.push(goroutine.flags | (goroutine.elided ? GOROUTINE_ELIDED : 0));
    this.#createdBy.push(goroutine.createdBy);
    this.#creatorId.push(goroutine.creatorId);
    for (const [key, value] of goroutine.labels) {
      this.#labelKey.push(this.#strings.intern(key));
      this.#labelValue.push(this.#strings.intern(value));
    }
    this.#labelStart.push(this.#labelKey.length);
  }

  finish(isTruncated: boolean): GoroutineDump {
    const stacks = this.#stacks.finish();
    return {
      strings: this.#strings.finish(),
      goroutines: {
        length: this.#id.length,
        id: Float64Array.from(this.#id),
        waitReason: this.#waitReason.finishIndex(),
        waitMinutes: Float64Array.from(this.#waitMinutes),
        flags: Uint8Array.from(this.#flags),
        stack: this.#stack.finishIndex(),
        createdBy: this.#createdBy.finishIndex(),
        creatorId: Float64Array.from(this.#creatorId),
        labelStart: this.#labelStart.finish(),
      },
      labelKey: this.#labelKey.finish() as IndexColumn<StringIndex>,
      labelValue: this.#labelValue.finish() as IndexColumn<StringIndex>,
      stacks: {
        length: stacks.length,
        frameStart: stacks.locationStart,
        frame: stacks.location as Int32Array as IndexColumn<FrameIndex>,
      },
      frames: {
        length: this.#frameLine.length,
        function: this.#frameFunction.finishIndex(),
        file: this.#frameFile.finishIndex(),
        line: Float64Array.from(this.#frameLine),
      },
      isTruncated,
    };
  }
}
