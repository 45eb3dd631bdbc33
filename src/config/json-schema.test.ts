import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ConfigSchema, type ConfigValues } from './config-schema.ts';
import { buildConfigJsonSchema, listSettings } from './json-schema.ts';
import { DEFAULT_SETTINGS, readConfigText } from './load-config.ts';
import { makeSettings } from './make-settings.ts';
import { readDefault } from './read-settings.ts';
import type { SettingSchema } from './setting-kinds.ts';

const DOCS = new URL('../../docs/', import.meta.url);
const page = readFileSync(new URL('configuration.md', DOCS), 'utf8');
const validate = new Ajv({ strict: false }).compile(buildConfigJsonSchema());

describe('the published schema', () => {
  it('is what the code reads', () => {
    const published: unknown = JSON.parse(readFileSync(new URL('plimsoll.schema.json', DOCS), 'utf8'));
    expect(published).toEqual(JSON.parse(JSON.stringify(buildConfigJsonSchema())));
  });

  it('has a description for every setting, and a default or what happens without one', () => {
    for (const { name, schema } of listSettings()) {
      expect(schema.description, name).toMatch(/\.$/);
      const isCollection = schema.type === 'array' || schema.type === 'object';
      const hasDefault = schema.default !== undefined || schema['x-without'] !== undefined;
      expect(isCollection || hasDefault, name).toBe(true);
      if (schema.default !== undefined) expect(() => readDefault(schema), name).not.toThrow();
    }
  });

  it.each([
    '',
    'targets:\n',
    'intervals:\n',
    'intervals: { gauges: 1h30m }\n',
    'intervals: { gauges: soon }\n',
    'intervals: { gauges: 15 }\n',
    'intervals: { gauges: }\n',
    'intervals: [1]\n',
    'tragets: []\n',
    'storage: { kind: sqlite }\n',
    'storage: { kind: memory }\n',
    'retention: { gauges: 7d, rawProfileBytes: 1073741824 }\n',
    'retention: { gauges: 36h }\n',
    'retention: { rawProfileBytes: much }\n',
    'targets: [http://x, { url: http://y, labels: { a: b }, pid: 3 }]\n',
    'targets: [{ url: http://y, labels: { a: 1 } }]\n',
    'targets: [{ url: http://y, pid: no }]\n',
    'targets: [{ url: http://y, service: a/b }]\n',
    'targets: [{ url: http://y, basic: { password: x } }]\n',
    'targets: [{ url: http://y, memoryLimit: 512MiB, tls: { ca: x } }]\n',
    'targets: [3]\n',
    'targets: http://x\n',
    'services: { orders: { intervals: { gauges: 1m } } }\n',
    'services: { orders: { gauges: 1m } }\n',
    'alerts: { sinks: { team: { levels: [critical], file: { path: x } } } }\n',
    'alerts: { sinks: { team: { levels: critical, stdout: } } }\n',
    'alerts: { sinks: { team: { stdout: , perMinute: 0 } } }\n',
    'alerts: { sinks: { team: { webhook: { url: http://x, hmac: y } } } }\n',
    'alerts: { routes: [{ match: a=b, sinks: [] }] }\n',
    'discover: [{ files: [a.json], job: orders, relabel: [{ source_labels: [a], regex: 8080, modulus: 3 }] }]\n',
    'discover: [{ files: [a.json], relabel: [{ action: Keep }] }]\n',
    'discover: [{ files: [a.json], relabel: [{ sourceLabels: [a] }] }]\n',
    'discover: [{ files: a.json }]\n',
    'discover: [a.json]\n',
    'discover: [{ docker: , local: }]\n',
    'discover: [{ docker: { every: often } }]\n',
    'discover: [{ dns: { names: [a], type: A, port: 80 }, http: { url: http://x } }]\n',
    'discover: [{ dns: { names: [a], type: MX } }]\n',
    ...['7117', '"7117"', '":7117"', '0', '65535', '"[::1]:80"', 'host:08080', '${A}'].map(
      (a) => `listen: ${a}\n`,
    ),
    ...['65536', '"65536"', '"host:"', '-1', '1.5', 'here', '"a:b:80"', '[7117]', 'true'].map(
      (a) => `listen: ${a}\n`,
    ),
    'source: [a, b]\n',
    'source: a\n',
  ])('says of %j what plimsoll says', (text) => {
    const { problems } = readConfigText(text, { A: ':80' });
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(problems.length === 0);
  });
});

/** Values for every setting of the schema, of the kind that the reader makes, which note who reads them. */
function recording(schema: SettingSchema, name: string, read: Set<string>): unknown {
  const { properties, items, anyOf, additionalProperties } = schema;
  const long = anyOf?.find((each) => each.properties);
  if (long) return recording(long, name, read);
  if (properties) {
    return new Proxy(properties, {
      get: (of, key) => {
        if (typeof key !== 'string') return undefined;
        const at = name === '' ? key : `${name}.${key}`;
        const value = of[key];
        if (value === undefined) throw new Error(`${at} is read and is not in the schema`);
        return recording(value, at, read);
      },
    });
  }
  if (items?.properties) return [recording(items, `${name}[]`, read)];
  if (items?.anyOf) return [recording(items, `${name}[]`, read)];
  if (typeof additionalProperties === 'object' && additionalProperties.properties)
    return { 'any service': recording(additionalProperties, `${name}.<name>`, read) };
  read.add(name);
  return schema['x-kind'] === undefined ? [] : schema.default === undefined ? name : readDefault(schema);
}

describe('settings', () => {
  it('are all read by the code, and the code reads no others', () => {
    const read = new Set<string>();
    makeSettings(recording(ConfigSchema as SettingSchema, '', read) as ConfigValues);
    expect([...read].sort()).toEqual(
      listSettings()
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('are all in the docs, and the docs have no others', () => {
    const tables = [...page.matchAll(/<!-- \w+: written by .*?<!-- end of/gs)]
      .map(([table]) => table)
      .join('');
    const rows = [...tables.matchAll(/^\| `([\w.<>[\]]+)` +\|/gm)].map(([, name]) => name ?? '');
    expect(rows.sort()).toEqual(
      listSettings()
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('have in the example of the docs the defaults of the code', () => {
    const example = /```yaml\n(listen:[^`]*)```/.exec(page)?.[1] ?? '';
    const { settings, problems } = readConfigText(example, { PPROF_TOKEN: 'x' });
    expect(problems).toEqual([]);
    const alerts = settings && { ...settings.alerts, sinks: [] };
    expect({ ...settings, targets: [], services: new Map(), alerts }).toEqual(DEFAULT_SETTINGS);
    const general = listSettings().filter(
      ({ name, schema }) => schema.default !== undefined && !name.includes('[]'),
    );
    for (const { name } of general) expect(example, name).toContain(`${name.split('.').at(-1) ?? ''}:`);
  });
});
