// `speedscope`: the file format of speedscope.app, one profile per sample type, the chosen one shown first.
// Source: https://www.speedscope.app/file-format-schema.json (the parts used here are kept in speedscope.schema.json).
import { exactAt } from '../../pprof/columns.ts';
import { NO_ROW, type Profile } from '../../pprof/tables.ts';
import { printableNameOf } from './printable-name.ts';
import type { ReportOptions } from './options.ts';

interface SpeedscopeFrame {
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
}

/**
 * Samples of weight 0 or below are left out (a difference of profiles has some: the format knows no negative weight, and
 * standard error says how many). Weights are written exactly: a reader whose numbers are doubles
 * rounds those beyond 2^53.
 */
export function* renderSpeedscope(profile: Profile, options: ReportOptions): Generator<string> {
  const { samples, sampleTypes, strings } = profile;
  const frames = new FrameList(profile);
  // Frames come first in the file, so all stacks are read before anything is written.
  const stacks = Array.from({ length: profile.stacks.length }, (_, stack) => frames.ofStack(stack));
  yield '{"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"plimsoll",';
  yield `"activeProfileIndex":${options.valueColumn},"shared":{"frames":[`;
  for (let row = 0; row < frames.list.length; row++)
    yield `${row === 0 ? '' : ','}\n${JSON.stringify(frames.list[row])}`;
  yield ']},"profiles":[';
  let negative = 0;
  for (let column = 0; column < sampleTypes.length; column++) {
    const values = samples.values[column];
    const used: number[] = [];
    let end = 0n;
    for (let sample = 0; sample < samples.length; sample++) {
      const weight = Number(values[sample]);
      if (weight < 0 && column === options.valueColumn) negative++;
      if (!(weight > 0) || stacks[samples.stack[sample]].length === 0) continue;
      used.push(sample);
      end += exactAt(values, sample);
    }
    const name = JSON.stringify(strings.get(sampleTypes.type[column]));
    const unit = speedscopeUnit(strings.get(sampleTypes.unit[column]));
    yield `${column === 0 ? '' : ','}\n{"type":"sampled","name":${name},"unit":"${unit}","startValue":0,"endValue":${end},"samples":[`;
    for (const [row, sample] of used.entries())
      yield `${row === 0 ? '' : ',\n'}[${stacks[samples.stack[sample]].join(',')}]`;
    yield '],"weights":[';
    for (const [row, sample] of used.entries()) yield `${row === 0 ? '' : ','}${exactAt(values, sample)}`;
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

/** Distinct frames of a profile, and its stacks as rows of them, outermost first. */
class FrameList {
  readonly list: SpeedscopeFrame[] = [];
  readonly #profile: Profile;
  readonly #rowByKey = new Map<string, number>();
  readonly #ofLocation: (readonly number[] | undefined)[] = [];

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  ofStack(stack: number): number[] {
    const { locationStart, location } = this.#profile.stacks;
    const rows: number[] = [];
    for (let at = locationStart[stack + 1] - 1; at >= locationStart[stack]; at--)
      rows.push(...(this.#ofLocation[location[at]] ??= this.#readLocation(location[at])));
    return rows;
  }

  #readLocation(location: number): number[] {
    const { locations, lines, functions, strings } = this.#profile;
    const from = locations.lineStart[location];
    const to = locations.lineStart[location + 1];
    if (from === to) return [this.#intern({ name: printableNameOf(this.#profile, location, null) })];
    const rows: number[] = [];
    for (let line = to - 1; line >= from; line--) {
      const name = printableNameOf(this.#profile, location, line);
      const fileRow = functions.file[lines.function[line]];
      const file = (fileRow as number) === NO_ROW ? '' : strings.get(fileRow);
      const number = Number(lines.line[line]);
      rows.push(
        this.#intern({ name, ...(file === '' ? {} : { file }), ...(number > 0 ? { line: number } : {}) }),
      );
    }
    return rows;
  }

  #intern(frame: SpeedscopeFrame): number {
    const key = `${frame.line ?? 0}\n${frame.file ?? ''}\n${frame.name}`;
    let row = this.#rowByKey.get(key);
    if (row === undefined) {
      row = this.list.push(frame) - 1;
      this.#rowByKey.set(key, row);
    }
    return row;
  }
}
