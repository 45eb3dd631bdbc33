// Profiles drawn as text, for tests: what goes in and what comes out can be read side by side.
import { ProfileBuilder, type LabelRow, type LineRow } from '../pprof/profile-builder.ts';
import { NO_ROW, type LocationIndex, type Profile } from '../pprof/tables.ts';

/**
 * A profile from lines like these. Root first; `>` calls, `>>` means inlined into the caller. File and line may be
 * left out (`main.go` of nothing, line 0). Behind `=` the values, then labels: text in quotes, numbers with a unit.
 *
 *     types inuse_objects/count inuse_space/bytes
 *     period space/bytes 524288
 *     main.main@main.go:30 > main.grow:20 >> main.alloc:11 = 4 256 bytes:64 tenant="t1"
 *     main.main@main.go:31 = 1 9007199254740993
 */
export function drawProfile(drawing: string): Profile {
  const builder = new ProfileBuilder();
  for (const raw of drawing.split('\n')) {
    const line = raw.trim();
    const words = line.split(/\s+/);
    if (line === '') continue;
    else if (words[0] === 'types') {
      for (const word of words.slice(1)) {
        const [type, unit = 'count'] = word.split('/');
        builder.addSampleType(builder.string(type), builder.string(unit));
      }
    } else if (words[0] === 'period') {
      const [type, unit] = words[1].split('/');
      builder.setHeader({
        periodType: builder.string(type),
        periodUnit: builder.string(unit),
        period: BigInt(words[2]),
      });
    } else drawSample(builder, line);
  }
  return builder.finish();
}

function drawSample(builder: ProfileBuilder, line: string): void {
  const equals = line.lastIndexOf(' = ');
  if (equals === -1) throw new Error(`no " = " in: ${line}`);
  const path = line.slice(0, equals).trim();
  const words = line.slice(equals + 3).match(/[^\s"]+"[^"]*"|\S+/g) ?? [];
  const values: (number | bigint)[] = [];
  const labels: LabelRow[] = [];
  for (const word of words) {
    if (/^-?\d+$/.test(word)) values.push(BigInt(word));
    else labels.push(drawLabel(builder, word));
  }
  builder.addSample(builder.internStack(path === '-' ? [] : drawStack(builder, path)), values, labels);
}

function drawLabel(builder: ProfileBuilder, word: string): LabelRow {
  const text = /^([^=]+)="(.*)"$/.exec(word);
  if (text) return { key: builder.string(text[1]), text: builder.string(text[2]) };
  const number = /^([^:]+):(-?\d+)(.*)$/.exec(word);
  if (!number) throw new Error(`no label: ${word}`);
  return { key: builder.string(number[1]), number: BigInt(number[2]), unit: builder.string(number[3]) };
}

/** Leaf first. */
function drawStack(builder: ProfileBuilder, path: string): LocationIndex[] {
  return path
    .split(/ > /)
    .map((location) => {
      const lines = location
        .split(/ >> /)
        .map((frame) => drawLine(builder, frame.trim()))
        .reverse();
      return builder.internLocation({ mapping: NO_ROW, address: 0, lines, isFolded: false });
    })
    .reverse();
}

function drawLine(builder: ProfileBuilder, frame: string): LineRow {
  const match = /^(.*?)(?:@(.*?))?(?::(\d+))?$/.exec(frame);
  const name = builder.string(match?.[1] ?? frame);
  const file = builder.string(match?.[2] ?? '');
  const row = builder.internFunction({ name, systemName: name, file, startLine: 0 });
  return { function: row, line: Number(match?.[3] ?? 0), column: 0 };
}

/** The samples of a profile in the same drawing, in their order; labels by key. */
export function renderSamples(profile: Profile): string {
  const { samples, labels, strings } = profile;
  const lines: string[] = [];
  for (let sample = 0; sample < samples.length; sample++) {
    const words = samples.values.map((column) => String(column[sample]));
    for (let row = samples.labelStart[sample]; row < samples.labelStart[sample + 1]; row++) {
      const key = strings.get(labels.key[row]);
      words.push(
        labels.text[row] === NO_ROW
          ? `${key}:${labels.number[row]}${strings.get(labels.unit[row])}`
          : `${key}="${strings.get(labels.text[row])}"`,
      );
    }
    lines.push(`${renderStack(profile, samples.stack[sample])} = ${words.join(' ')}`);
  }
  return lines.join('\n');
}

function renderStack({ stacks, locations, lines, functions, strings }: Profile, stack: number): string {
  const path: string[] = [];
  for (let at = stacks.locationStart[stack]; at < stacks.locationStart[stack + 1]; at++) {
    const location = stacks.location[at];
    const frames: string[] = [];
    for (let line = locations.lineStart[location]; line < locations.lineStart[location + 1]; line++) {
      const row = lines.function[line];
      const file = strings.get(functions.file[row]);
      const place = `${file === '' ? '' : `@${file}`}${Number(lines.line[line]) === 0 ? '' : `:${lines.line[line]}`}`;
      frames.push(strings.get(functions.name[row]) + place);
    }
    path.push(
      frames.length === 0
        ? `0x${BigInt(locations.address[location]).toString(16)}`
        : frames.reverse().join(' >> '),
    );
  }
  return path.reverse().join(' > ') || '-';
}
