// `speedscope`: the file format of speedscope.app, one profile per sample type, the chosen one shown first.
// Source: https://www.speedscope.app/file-format-schema.json (the parts used here are kept in speedscope.schema.json).
import { StringTableBuilder } from '../../base/string-table.ts';
import { encodeUtf8 } from '../../base/utf8.ts';
import { exactAt, Int32Builder } from '../../pprof/columns.ts';
import { NO_ROW, type Profile } from '../../pprof/tables.ts';
import { printableNameOf } from './printable-name.ts';
import type { ReportOptions } from './options.ts';

/**
 * Samples of weight 0 or below are left out (a difference of profiles has some: the format knows no negative weight, and
 * standard error says how many). Weights are written exactly: a reader whose numbers are doubles
 * rounds those beyond 2^53.
 */
export function* renderSpeedscope(profile: Profile, options: ReportOptions): Generator<string> {
  const { samples, sampleTypes, strings } = profile;
  const frames = new FrameList(profile);
  yield '{"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"plimsoll",';
  yield `"activeProfileIndex":${options.valueColumn},"shared":{"frames":[`;
  yield* frames.texts();
  yield ']},"profiles":[';
  let negative = 0;
  for (let column = 0; column < sampleTypes.length; column++) {
    const values = samples.values[column];
    const isShown = (sample: number) => values[sample] > 0 && frames.lengthOf(samples.stack[sample]) > 0;
    let end = 0n;
    for (let sample = 0; sample < samples.length; sample++) {
      if (values[sample] < 0 && column === options.valueColumn) negative++;
      if (isShown(sample)) end += exactAt(values, sample);
    }
    const name = JSON.stringify(strings.get(sampleTypes.type[column]));
    const unit = speedscopeUnit(strings.get(sampleTypes.unit[column]));
    yield `${column === 0 ? '' : ','}\n{"type":"sampled","name":${name},"unit":"${unit}","startValue":0,"endValue":${end},"samples":[`;
    let before = '';
    for (let sample = 0; sample < samples.length; sample++) {
      if (!isShown(sample)) continue;
      yield `${before}[${frames.rowsOf(samples.stack[sample])}]`;
      before = ',\n';
    }
    yield '],"weights":[';
    before = '';
    for (let sample = 0; sample < samples.length; sample++) {
      if (!isShown(sample)) continue;
      yield `${before}${exactAt(values, sample)}`;
      before = ',';
    }
    yield ']}';
  }
  yield ']}\n';
  if (negative > 0) options.host.warn(`speedscope knows no negative weights: ${negative} samples left out`);
}

function speedscopeUnit(unit: string): string {
  switch (unit) {
    case 'bytes':
    case 'nanoseconds':
    case 'microseconds':
    case 'milliseconds':
    case 'seconds':
      return unit;
    default:
      return 'none';
  }
}

/** Distinct frames of a profile in the order of its stacks, and which of them a stack has. */
class FrameList {
  readonly #profile: Profile;
  /** JSON of each frame. */
  readonly #frames = new StringTableBuilder();
  /** Frames of location l, outermost first: #row[#from[l] .. #to[l]); #to is 0 before it was read. */
  readonly #row = new Int32Builder();
  readonly #from: Int32Array;
  readonly #to: Int32Array;

  constructor(profile: Profile) {
    this.#profile = profile;
    this.#from = new Int32Array(profile.locations.length);
    this.#to = new Int32Array(profile.locations.length);
    const { locationStart, location } = profile.stacks;
    for (let stack = 0; stack < profile.stacks.length; stack++) {
      for (let at = locationStart[stack + 1] - 1; at >= locationStart[stack]; at--) this.#read(location[at]);
    }
  }

  /** All frames, as they stand in the file. */
  *texts(): Generator<string> {
    const table = this.#frames.finish();
    for (let row = NO_FRAMES; row < table.length; row++)
      yield `${row === NO_FRAMES ? '' : ','}\n${table.get(row)}`;
  }

  /** Locations of a stack. */
  lengthOf(stack: number): number {
    const { locationStart } = this.#profile.stacks;
    return locationStart[stack + 1] - locationStart[stack];
  }

  /** Numbers of the frames of a stack, outermost first: `0,4,5`. */
  rowsOf(stack: number): string {
    const { locationStart, location } = this.#profile.stacks;
    let text = '';
    for (let at = locationStart[stack + 1] - 1; at >= locationStart[stack]; at--) {
      for (let cell = this.#from[location[at]]; cell < this.#to[location[at]]; cell++)
        text += `${text === '' ? '' : ','}${this.#row.at(cell) - NO_FRAMES}`;
    }
    return text;
  }

  #read(location: number): void {
    if (this.#to[location] > 0) return;
    const { locations, lines, functions, strings } = this.#profile;
    this.#from[location] = this.#row.length;
    const from = locations.lineStart[location];
    const to = locations.lineStart[location + 1];
    if (from === to) this.#push({ name: printableNameOf(this.#profile, location, null) });
    for (let line = to - 1; line >= from; line--) {
      const name = printableNameOf(this.#profile, location, line);
      const fileRow = functions.file[lines.function[line]];
      const file = (fileRow as number) === NO_ROW ? '' : strings.get(fileRow);
      const number = Number(lines.line[line]);
      this.#push({ name, ...(file === '' ? {} : { file }), ...(number > 0 ? { line: number } : {}) });
    }
    this.#to[location] = this.#row.length;
  }

  #push(frame: { readonly name: string; readonly file?: string; readonly line?: number }): void {
    const bytes = encodeUtf8(JSON.stringify(frame));
    this.#row.push(this.#frames.internBytes(bytes, 0, bytes.length));
  }
}

/** Rows that a table has before the first frame: the empty text. */
const NO_FRAMES = 1;
