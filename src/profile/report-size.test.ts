import { describe, expect, it } from 'vitest';
import { ProfileBuilder } from '../pprof/profile-builder.ts';
import { NO_ROW, type Profile } from '../pprof/tables.ts';
import { checkReportSize } from './report-size.ts';

/** Samples that share one stack of one location, with so many inlined lines of a function with so long a name. */
function draw({ samples, lines, name }: { samples: number; lines: number; name: number }): Profile {
  const builder = new ProfileBuilder();
  builder.addSampleType(builder.string('space'), builder.string('bytes'));
  const text = builder.string('x'.repeat(name));
  const row = builder.internFunction({ name: text, systemName: text, file: text, startLine: 0 });
  const inlined = Array.from({ length: lines }, () => ({ function: row, line: 1, column: 0 }));
  const location = builder.internLocation({ mapping: NO_ROW, address: 1, lines: inlined, isFolded: false });
  const stack = builder.internStack([location]);
  for (let sample = 0; sample < samples; sample++) builder.addSample(stack, [1], []);
  return builder.finish();
}

describe('checkReportSize', () => {
  it('lets pass what people have', () => {
    expect(() => checkReportSize(draw({ samples: 20_000, lines: 100, name: 300 }))).not.toThrow();
  });

  it('refuses frames that a small file multiplies', () => {
    expect(() => checkReportSize(draw({ samples: 41_000, lines: 10_000, name: 3 }))).toThrow(
      /found "410000000 frames": its stacks have too many frames in all/,
    );
  });

  it('refuses stacks whose names do not fit a line', () => {
    expect(() => checkReportSize(draw({ samples: 1, lines: 70, name: 1_000_000 }))).toThrow(
      /found "70000000 bytes": the names of one stack/,
    );
  });
});
