// A query API that answers as fast as it can: what a screening itself takes shows best against it. Its answers have the form
// and the size of Prometheus' own; targets of one shape share their values.
// Usage: node generated-api.mjs TARGETS LEAKS START_MILLIS; prints its address, ends with its standard input.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { SHAPES, drawReadings } from '../lib/generated-gauges.mjs';
import { METRICS, instanceOf, shapeOf, valueOf } from '../lib/generated-fleet.mjs';

const [targets, leaks, startMillis] = process.argv.slice(2).map(Number);
const gauges = new Map(Object.entries(METRICS).map(([gauge, metric]) => [metric, gauge]));
/** @type {Map<string, Buffer>} */
const rendered = new Map();

/** Points of one metric of one shape on a grid. */
function pointsOf(
  /** @type {string} */ metric,
  /** @type {string} */ shape,
  /** @type {{ start: number, end: number, step: number }} */ grid,
) {
  const key = JSON.stringify([metric, shape, grid]);
  let points = rendered.get(key);
  if (points) return points;
  const gauge = gauges.get(metric) ?? '';
  const parts = [];
  const readings = drawReadings(SHAPES[shape], { startMillis, stepMillis: grid.step * 1000 });
  for (let at = startMillis / 1000; at <= grid.end; at += grid.step) {
    const { reading } = readings.next().value;
    if (at >= grid.start) parts.push(`[${at},"${valueOf(reading, gauge)}"]`);
  }
  points = Buffer.from(parts.join(','));
  rendered.set(key, points);
  return points;
}

/** Values of `label=~"a|b"` or `label="a"`; null where the label is not asked for. */
function valuesOf(/** @type {string} */ query, /** @type {string} */ label) {
  const text = new RegExp(`\\b${label}=~?"((?:[^"\\\\]|\\\\.)*)"`).exec(query)?.[1];
  return text === undefined ? null : new Set(text.replace(/\\(.)/g, '$1').replace(/\\(.)/g, '$1').split('|'));
}

const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  response.setHeader('content-type', 'application/json');
  if (request.url?.includes('/label/__name__/values')) {
    response.end(JSON.stringify({ status: 'success', data: Object.values(METRICS) }));
    return;
  }
  const form = new URLSearchParams(body);
  const query = form.get('query') ?? '';
  const grid = {
    start: Number(form.get('start')),
    end: Number(form.get('end')),
    step: Number(form.get('step')),
  };
  const metrics = [...(valuesOf(query, '__name__') ?? [])].filter((name) => gauges.has(name));
  const instances = valuesOf(query, 'instance');
  response.write('{"status":"success","data":{"resultType":"matrix","result":[');
  let comma = '';
  for (const metric of metrics) {
    for (let index = 0; index < targets; index++) {
      const instance = instanceOf(index);
      if (instances !== null && !instances.has(instance)) continue;
      const labels = JSON.stringify({ __name__: metric, instance, job: 'orders' });
      response.write(`${comma}{"metric":${labels},"values":[`);
      response.write(pointsOf(metric, shapeOf(index, leaks), grid));
      if (!response.write(']}')) await once(response, 'drain');
      comma = ',';
    }
  }
  response.end(']}}');
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}\n`);
});
process.stdin.resume().on('end', () => process.exit(0));
