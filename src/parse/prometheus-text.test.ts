import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { forEachSample, MAX_WARNINGS } from './prometheus-text.ts';

/** Samples as readable lines: `name{label=value} value @timestamp (type)`. */
function render(text: string, labels: readonly string[] = []): string[] {
  const out: string[] = [];
  const summary = forEachSample(text, (sample) => {
    const shown = labels
      .map((name) => [name, sample.label(name)] as const)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `${name}=${value}`);
    const at = sample.timestampMillis === null ? '' : ` @${sample.timestampMillis}`;
    const type = sample.type === 'other' ? '' : ` (${sample.type})`;
    out.push(`${sample.name}${shown.length ? `{${shown.join(',')}}` : ''} ${sample.value}${at}${type}`);
  });
  for (const warning of summary.warnings) out.push(`! ${warning.line}: ${warning.reason}`);
  return out;
}

function codeOf(text: string): string {
  try {
    forEachSample(text, () => {});
    return 'none';
  } catch (error) {
    return error instanceof PlimsollError ? error.code : 'not a PlimsollError';
  }
}

describe('forEachSample', () => {
  it('reads names, labels, values, timestamps and types', () => {
    const text = `# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{code="200",handler="/a"} 1027 1395066363000
http_requests_total{ code = "400" , handler="/b", } 3
# TYPE go_goroutines gauge
go_goroutines 12

# TYPE d summary
d_sum 1.5e-3
d_count{} 7
`;
    expect(render(text, ['code', 'handler'])).toEqual([
      'http_requests_total{code=200,handler=/a} 1027 @1395066363000 (counter)',
      'http_requests_total{code=400,handler=/b} 3 (counter)',
      'go_goroutines 12 (gauge)',
      'd_sum 0.0015 (summary)',
      'd_count 7 (summary)',
    ]);
  });

  it('reads what is special about numbers as Go prints it', () => {
    expect(render('a NaN\nb +Inf\nc -Inf\nd 9.223372036854776e+18\ne -0\nf .5\ng 1.\n')).toEqual([
      'a NaN',
      'b Infinity',
      'c -Infinity',
      'd 9223372036854776000',
      'e 0',
      'f 0.5',
      'g 1',
    ]);
  });

  it('undoes the escapes in label values, and only those three', () => {
    expect(
      render('a{p="C:\\\\dir",q="say \\"hi\\"",r="two\\nlines",s="\\d"} 1\n', ['p', 'q', 'r', 's']),
    ).toEqual(['a{p=C:\\dir,q=say "hi",r=two\nlines,s=\\d} 1']);
  });

  it('reads OpenMetrics: exemplars, seconds as timestamps, # EOF, counters typed without _total', () => {
    const text = `# TYPE foo counter
foo_total{a="1"} 17 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.789
foo_bucket{le="+Inf"} 2 # {} 1
# EOF
`;
    expect(render(text, ['le'])).toEqual([
      'foo_total 17 @1520879607789 (counter)',
      'foo_bucket{le=+Inf} 2 (counter)',
    ]);
  });

  it('reads quoted names as Prometheus 3 sends them', () => {
    expect(render('{"http.requests", code="200"} 5\n{"a\\"b"} 1\n', ['code'])).toEqual([
      'http.requests{code=200} 5',
      'a"b 1',
    ]);
  });

  it('takes CRLF, tabs and a byte order mark in its stride', () => {
    expect(render('a\t1\r\n# TYPE b gauge\r\nb{x="1"}\t2\r\n', ['x'])).toEqual(['a 1', 'b{x=1} 2 (gauge)']);
  });

  it('loses only the bad line and says which one it was', () => {
    const text = 'a 1\n1b 2\nc{x=1} 3\nd{x="1" 4\ne\nf 0x10\ng 1 2 3\nh-i 1\nj{x} 1\nk 1 later\nl 2\n';
    expect(render(text)).toEqual([
      'a 1',
      'l 2',
      '! 2: a metric name starts with a letter, _ or :',
      '! 3: a label value must be quoted',
      '! 4: the labels do not end with }',
      '! 5: no value',
      '! 6: "0x10" is no number',
      '! 7: more text behind the value',
      '! 8: unexpected "-" in the metric name',
      '! 9: a label without a value',
      '! 10: the timestamp is no number',
    ]);
  });

  it('does not believe a last line without a line feed', () => {
    expect(render('a 1\ngo_goroutines 12')).toEqual([
      'a 1',
      '! 2: the last line has no line feed: it may be cut short',
    ]);
    expect(render('a 1\n# EOF')).toEqual(['a 1']);
  });

  it('keeps the number of warnings bounded and still counts every bad line', () => {
    const summary = forEachSample('a 1\n' + '!\n'.repeat(1000), () => {});
    expect([summary.warnings.length, summary.badLines]).toEqual([MAX_WARNINGS, 1000]);
  });

  it.each([
    ['', 'TARGET_NOT_METRICS'],
    [' \r\n\n', 'TARGET_NOT_METRICS'],
    ['<!DOCTYPE html>\n<html><body>Sign in</body></html>', 'TARGET_NOT_METRICS'],
    ['{"memstats": {"Alloc": 1}}', 'TARGET_NOT_METRICS'],
    ['{\n"cmdline": ["a"],\n"memstats": {}\n}\n', 'TARGET_NOT_METRICS'],
    ['[1,2]', 'TARGET_NOT_METRICS'],
    ['\u001f\uFFFD\u0008', 'TARGET_NOT_METRICS'],
    ['404 page not found\n', 'METRICS_INVALID'],
    ['# HELP a nothing yet\n', 'none'],
  ])('judges the body %j as %s', (text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  it('never makes up a value when the body is cut at any byte', () => {
    const text = '# TYPE a counter\na_total{x="1,}2",y="\\\\"} 12345 1700000000000\nb 1.5e+10\n{"c"} 77\n';
    const whole = new Set(render(text, ['x', 'y']));
    for (let length = 0; length < text.length; length++) {
      let shown: string[] = [];
      try {
        shown = render(text.slice(0, length), ['x', 'y']);
      } catch (error) {
        expect(error).toBeInstanceOf(PlimsollError);
      }
      for (const line of shown) if (!line.startsWith('!')) expect(whole).toContain(line);
    }
  });

  it('ends for any text: with samples, warnings or a PlimsollError', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'a',
        '{',
        '}',
        '"',
        '\\',
        ',',
        '=',
        ' ',
        '\n',
        '\r',
        '#',
        '# TYPE a gauge\n',
        '1',
        'NaN',
        '\t',
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          const summary = forEachSample(pieces.join(''), (sample) => {
            sample.label('a');
            expect(sample.name).not.toBe('');
            expect(typeof sample.type).toBe('string');
          });
          expect(summary.warnings.length).toBeLessThanOrEqual(MAX_WARNINGS);
        } catch (error) {
          if (!(error instanceof PlimsollError)) throw error;
        }
      }),
      { seed: 20261120, numRuns: 3000 },
    );
  });

  it('gives back every label and value that a correct writer wrote', () => {
    const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,10}$/);
    const sample = fc.record({
      name,
      value: fc.double({ noNaN: true }),
      labels: fc.dictionary(fc.stringMatching(/^[a-z_][a-z0-9_]{0,6}$/), fc.string(), { maxKeys: 4 }),
    });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 10 }), (samples) => {
        const text = samples
          .map(({ name, value, labels }) => {
            const pairs = Object.entries(labels).map(
              ([key, text]) =>
                `${key}="${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
            );
            const number = value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
            return `${name}{${pairs.join(',')}} ${number}\n`;
          })
          .join('');
        let i = 0;
        const summary = forEachSample(text, (read) => {
          const wrote = samples[i++];
          expect(read.name).toBe(wrote?.name);
          expect(read.value === wrote?.value).toBe(true);
          for (const [key, value] of Object.entries(wrote?.labels ?? {})) expect(read.label(key)).toBe(value);
        });
        expect([summary.samples, summary.badLines]).toEqual([samples.length, 0]);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
