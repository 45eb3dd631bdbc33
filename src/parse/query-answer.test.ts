import { describe, expect, it } from 'vitest';
import { PlimsollError } from '../base/errors.ts';
import { QueryAnswerReader, type QueryAnswer } from './query-answer.ts';

interface Read {
  readonly series: string[];
  readonly texts: string[];
  readonly answer: QueryAnswer;
}

/** Each series as `{"labels"} time=value ...`; `chunkBytes` cuts the answer into pieces. */
function read(text: string, chunkBytes = Infinity): Read {
  const series: string[] = [];
  const texts: string[] = [];
  const reader = new QueryAnswerReader(
    {
      series: ({ labels, count, timeMillis, value }) => {
        const points = Array.from({ length: count }, (_, i) => `${timeMillis[i]}=${value[i]}`);
        series.push([JSON.stringify(labels), ...points].join(' '));
      },
      text: (found) => texts.push(found),
    },
    'http://prom',
  );
  const bytes = new TextEncoder().encode(text);
  const size = Math.min(chunkBytes, bytes.length || 1);
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.slice(at, at + size));
  return { series, texts, answer: reader.finish() };
}

const failure = (text: string) => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof PlimsollError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'read';
};

const matrix = (...series: string[]) =>
  `{"status":"success","data":{"resultType":"matrix","result":[${series.join(',')}]}}`;

describe('QueryAnswerReader', () => {
  const MATRIX = matrix(
    '{"metric":{"__name__":"go_goroutines","pod":"a\\"b,{}[]"},"values":[[1700000000,"5"],[1700000015.5,"6.25"]]}',
    '{"metric":{},"values":[]}',
    '{"metric":{"job":"größe"},"values":[[1700000000.123,"-0.5"]]}',
  );
  const SERIES = [
    '{"__name__":"go_goroutines","pod":"a\\"b,{}[]"} 1700000000000=5 1700000015500=6.25',
    '{}',
    '{"job":"größe"} 1700000000123=-0.5',
  ];

  it('reads series in whatever pieces they come', () => {
    for (const size of [1, 2, 3, 7, 50, Infinity]) expect(read(MATRIX, size).series).toEqual(SERIES);
    expect(read(MATRIX).answer).toEqual({ series: 3, points: 3, warnings: [], isPartial: false });
  });

  it('reads instant vectors, lists of labels and lists of texts', () => {
    const vector =
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1,"7"]}]}}';
    expect(read(vector).series).toEqual(['{"a":"b"} 1000=7']);
    expect(read('{"status":"success","data":[{"__name__":"up","a":"b"}]}').series).toEqual([
      '{"__name__":"up","a":"b"}',
    ]);
    const names = '{"status":"success","data":["up","go_\\"x\\"","{}"]}';
    for (const size of [1, 4, Infinity]) expect(read(names, size).texts).toEqual(['up', 'go_"x"', '{}']);
  });

  it('takes blanks and another order of the fields', () => {
    const text = `{ "data" : { "stats" : {"a":[1,{"b":"]"}]}, "result" : [ { "values" : [ [ 1 , "2" ] , [3,"4"] ] ,
      "metric" : { "a" : "b" } } ] , "resultType" : "matrix" } , "status" : "success" }\n`;
    for (const size of [1, Infinity]) expect(read(text, size).series).toEqual(['{"a":"b"} 1000=2 3000=4']);
  });

  it('reads every number that Go prints, as Number would', () => {
    const values = [
      '0',
      '1e+06',
      '9.223372036854776e+18',
      '123456789.123456789',
      '0.1',
      '-7',
      '1795213716.25',
    ];
    const odd = ['NaN', '+Inf', '-Inf', '5e-324', '179769313486231570000', '.5'];
    const points = [...values, ...odd].map((value) => `[1,"${value}"]`);
    const [series = ''] = read(matrix(`{"metric":{},"values":[${points.join(',')}]}`)).series;
    const got = series.split(' ').slice(1);
    expect(got.map((point) => point.replace('1000=', ''))).toEqual(
      [...values.map(Number), NaN, Infinity, -Infinity, ...odd.slice(3).map(Number)].map(String),
    );
  });

  it('leaves native histograms out and says so', () => {
    const { series, answer } = read(
      matrix('{"metric":{"a":"b"},"histograms":[[1,{"count":"5","buckets":[[1,"2","3","4"]]}]]}'),
    );
    expect(series).toEqual(['{"a":"b"}']);
    expect(answer.warnings).toEqual(['1 series of native histograms were left out']);
  });

  it('tells warnings, and whether a part of the data was missing', () => {
    const warned = (warnings: string) =>
      read(`{"status":"success","data":{"result":[]},"warnings":${warnings}}`).answer;
    expect(warned('["PromQL info: metric might not be a counter"]').isPartial).toBe(false);
    expect(warned('["fetch series for x: store 10.0.0.1 unavailable"]').isPartial).toBe(true);
    expect(
      warned(
        `[${Array(100)
          .fill(`"${'x'.repeat(1000)}"`)
          .join()}]`,
      ).warnings,
    ).toHaveLength(20);
    expect(read('{"status":"success","isPartial":true,"data":{"result":[]}}').answer.isPartial).toBe(true);
  });

  it.each([
    ['', 'ANSWER_INVALID collect: http://prom: an empty answer'],
    ['<html>login</html>', 'ANSWER_INVALID collect: http://prom, found "<html>login</html>": no JSON'],
    ['[1]', 'ANSWER_INVALID'],
    ['{"status":"success"', 'the JSON does not end'],
    [MATRIX.slice(0, 120), 'the JSON does not end'],
    [
      '{"status":"error","errorType":"bad_data","error":"1:5: parse error"}',
      'QUERY_FAILED collect: http://prom: 1:5',
    ],
    ['{}', 'QUERY_FAILED'],
    [matrix('{"metric":{},"values":[[1,2]]}'), 'a series is not what the API promises'],
    [matrix('{"metric":{},"values":[["1","2"]]}'), 'a series is not what the API promises'],
    [matrix('{"metric":{},"values":[[1,"2x"]]}'), 'a series is not what the API promises'],
    [matrix('{"metric":{},"values":[[1,"2"'), 'a series is not what the API promises'],
    [matrix('{"metric":{"a":1},"values":[]}'), 'labels that are no texts'],
    [matrix('{"metric":{"a"},"values":[]}'), 'no JSON of a query API'],
    [matrix('{"values":[[1,"2"]]}'), 'a series is not what the API promises'],
    ['}}}}]]]]', 'ANSWER_INVALID'],
  ])('refuses %j', (text, why) => {
    expect(failure(text)).toContain(why);
  });

  it('stops at a series or an envelope without end', () => {
    const endless = (start: string) => {
      const reader = new QueryAnswerReader({}, 'http://prom');
      reader.push(new TextEncoder().encode(start));
      const chunk = new TextEncoder().encode('x'.repeat(1024 * 1024));
      for (let i = 0; i < 20; i++) reader.push(chunk);
    };
    const open = '{"status":"success","data":{"result":[';
    expect(() => endless(`${open}{"metric":{"a":"`)).toThrow('a series takes more than 8 MiB');
    expect(() => endless('{"status":"')).toThrow('what is no series takes more than 1 MiB');
  });

  it('cut anywhere, it is an error and never fewer series', () => {
    for (let length = 0; length < MATRIX.length; length++)
      expect(failure(MATRIX.slice(0, length))).not.toBe('read');
  });
});
