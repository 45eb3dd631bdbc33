// `traces`: every sample with its labels and its stack, leaf first. Source: google/pprof internal/report printTraces.
import type { Profile } from '../../pprof/tables.ts';
import { compareText } from '../compare-text.ts';
import { scaledLabel } from '../measurement.ts';
import { formatValue, profileLabels } from './header.ts';
import { printableNameOf } from './printable-name.ts';
import { labelsByKey } from './sample-labels.ts';
import { padLeft } from '../text-width.ts';
import type { ReportOptions } from './options.ts';

const SEPARATOR = '-----------+-------------------------------------------------------\n';
/** Width of a value. */
const COLUMN = 10;

export function* renderTraces(profile: Profile, options: ReportOptions): Generator<string> {
  yield `${profileLabels(profile, options).join('\n')}\n`;
  const { samples, stacks } = profile;
  const frames = new LocationFrames(profile);
  for (let sample = 0; sample < samples.length; sample++) {
    const stack = samples.stack[sample];
    const from = stacks.locationStart[stack];
    const to = stacks.locationStart[stack + 1];
    if (from === to) continue;
    let text = SEPARATOR + describeLabels(profile, sample, options);
    let value = padLeft(formatValue(options, valueOf(profile, sample, options)), COLUMN);
    for (let at = from; at < to; at++)
      for (const frame of frames.of(stacks.location[at])) {
        text += `${value}   ${frame}\n`;
        value = ' '.repeat(COLUMN);
      }
    yield text;
  }
  yield SEPARATOR;
}

/** The value of a sample, divided where the divisor is not 0 (truncated). */
function valueOf({ samples }: Profile, sample: number, options: ReportOptions): number | bigint {
  const value = samples.values[options.valueColumn][sample];
  const divisor = options.divisorColumn === null ? 0 : samples.values[options.divisorColumn][sample];
  if (Number(divisor) === 0) return value;
  return BigInt.asIntN(64, BigInt(value) / BigInt(divisor));
}

/** Text labels, then numbers in the unit of their key, both in the order of the lines they make. */
function describeLabels(profile: Profile, sample: number, options: ReportOptions): string {
  const { labelStart } = profile.samples;
  if (labelStart[sample + 1] === labelStart[sample]) return '';
  const { texts, numbers } = labelsByKey(profile, sample);
  const line = (key: string, values: readonly string[]): string =>
    `${padLeft(key, COLUMN)}:  ${values.join(' ')}\n`;
  const textLines = [...texts].map(([key, values]) => line(key, values));
  const numberLines = [...numbers].map(([key, values]) => {
    const unit = options.numLabelUnits.get(key) ?? '';
    return line(
      key,
      values.map(({ value }) => scaledLabel(value, unit, 'auto')),
    );
  });
  return [...textLines.sort(compareText), ...numberLines.sort(compareText)].join('');
}

/** Printed frames of each location, made once. */
class LocationFrames {
  readonly #profile: Profile;
  readonly #frames: (readonly string[] | undefined)[] = [];

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  of(location: number): readonly string[] {
    return (this.#frames[location] ??= this.#describe(location));
  }

  #describe(location: number): string[] {
    const { lineStart } = this.#profile.locations;
    const end = lineStart[location + 1];
    if (lineStart[location] === end) return [printableNameOf(this.#profile, location, null)];
    const frames: string[] = [];
    for (let line = lineStart[location]; line < end; line++)
      frames.push(printableNameOf(this.#profile, location, line) + (line === end - 1 ? '' : ' (inline)'));
    return frames;
  }
}
