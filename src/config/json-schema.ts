// The JSON Schema of plimsoll.yaml as published in docs/plimsoll.schema.json, for editors.
import { ConfigSchema } from './config-schema.ts';
import type { SettingSchema } from './setting-kinds.ts';

/** A plain document (draft-07: what editors of YAML know best). Groups may be empty, as the reader takes them. */
export function buildConfigJsonSchema(): Record<string, unknown> {
  const plain = JSON.parse(JSON.stringify(ConfigSchema)) as SettingSchema;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'plimsoll.yaml',
    ...publish(plain, true),
  };
}

function publish(schema: SettingSchema, mayBeNull: boolean): Record<string, unknown> {
  const { properties, required, items, anyOf, additionalProperties, 'x-without': without, ...rest } = schema;
  const isContainer = schema.type === 'object' || schema.type === 'array';
  const needed = (required ?? []).filter((key) => isNeeded(properties?.[key]));
  return {
    ...rest,
    ...(isContainer && mayBeNull ? { type: [schema.type, 'null'] } : {}),
    ...(without === undefined ? {} : { description: `${schema.description ?? ''} Default: ${without}.` }),
    ...(needed.length > 0 ? { required: needed } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([key, value]) => [key, publish(value, true)]),
          ),
        }
      : {}),
    ...(items ? { items: publish(items, false) } : {}),
    ...(anyOf ? { anyOf: anyOf.map((each) => publish(each, false)) } : {}),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === 'object'
              ? publish(additionalProperties, true)
              : additionalProperties,
        }),
  };
}

/** What has a default, or is a group of such, may be left out. */
function isNeeded(schema: SettingSchema | undefined): boolean {
  return schema?.['x-kind'] !== undefined && schema.default === undefined;
}

/** One setting as a table shows it. */
export interface SettingRow {
  /** `intervals.gauges`, `services.<name>.intervals.gauges`, `targets[].url`, `targets[].labels.<name>`. */
  readonly name: string;
  readonly schema: SettingSchema;
}

/** Every setting that holds a value; groups are not settings. Lists and maps are one each. */
export function listSettings(schema: SettingSchema = ConfigSchema as SettingSchema, name = ''): SettingRow[] {
  const { properties, items, anyOf, additionalProperties } = schema;
  if (properties) {
    return Object.entries(properties).flatMap(([key, value]) =>
      listSettings(value, name === '' ? key : `${name}.${key}`),
    );
  }
  const long = (items?.anyOf ?? anyOf)?.find((each) => each.properties);
  if (items && long) return listSettings(long, `${name}[]`);
  if (items?.properties) return listSettings(items, `${name}[]`);
  if (typeof additionalProperties === 'object' && additionalProperties.properties)
    return listSettings(additionalProperties, `${name}.<name>`);
  return [{ name, schema }];
}
