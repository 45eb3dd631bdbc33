// Requests against their TypeBox schemas, with the field and the value in every complaint.
import { Value } from 'typebox/value';
import type { TObject, TSchema } from 'typebox';
import type { ApiErrorCode } from '../protocol/api-errors.ts';
import { refuse, shorten, type Refusal } from './api-error.ts';

export type Validated = { readonly kind: 'ok'; readonly value: unknown } | Refusal;

/** Query texts become numbers where the schema wants numbers; `1e3`, blanks and empty texts are none. */
export function validateQuery(
  schema: TObject,
  query: Readonly<Record<string, readonly string[]>>,
): Validated {
  const value: Record<string, string | number> = {};
  for (const [name, texts] of Object.entries(query)) {
    if (texts.length > 1) {
      return refuse('QUERY_INVALID', `query ${shorten(name)} is given more than once`, {
        field: name,
        value: texts.join(', '),
      });
    }
    const text = texts[0] ?? '';
    value[name] =
      wantsNumber(schema.properties[name]) && /^-?\d{1,16}(\.\d{1,9})?$/.test(text) ? Number(text) : text;
  }
  return check(schema, value, 'QUERY_INVALID', 'query');
}

export function validateBody(schema: TObject, body: unknown): Validated {
  return check(schema, body, 'BODY_INVALID', 'body');
}

function wantsNumber(schema: TSchema | undefined): boolean {
  return schema !== undefined && 'type' in schema && (schema.type === 'number' || schema.type === 'integer');
}

function check(schema: TObject, value: unknown, code: ApiErrorCode, where: string): Validated {
  if (Value.Check(schema, value)) return { kind: 'ok', value };
  const faults = Value.Errors(schema, value);
  for (const fault of faults) {
    if (fault.keyword !== 'additionalProperties') continue;
    const field = String(fault.params.additionalProperties[0]);
    const known = Object.keys(schema.properties).join(', ') || 'none';
    return refuse(code, `${where} has no field ${shorten(field)} (known: ${known})`, faultAt(value, field));
  }
  const first = faults[0];
  const path = first?.instancePath ?? '';
  const field = path.slice(1).split('/')[0] ?? '';
  const missing = first?.keyword === 'required' ? first.params.requiredProperties.join(', ') : null;
  const what = missing === null ? (first?.message ?? 'is not as described') : `needs ${missing}`;
  const meaning = describeField(schema.properties[field]);
  return refuse(
    code,
    field === '' ? `${where} ${what}` : `${where} ${shorten(field)} ${what}${meaning}`,
    faultAt(value, field),
  );
}

/** A pattern alone tells nobody what to write instead. */
function describeField(schema: TSchema | undefined): string {
  const isDescribed =
    schema !== undefined && 'description' in schema && typeof schema.description === 'string';
  return isDescribed ? ` (${String(schema.description)})` : '';
}

function faultAt(value: unknown, field: string): { field: string; value: string } {
  const isObject = typeof value === 'object' && value !== null;
  const found = isObject && field !== '' ? (value as Record<string, unknown>)[field] : value;
  return { field, value: typeof found === 'string' ? found : (JSON.stringify(found) ?? '') };
}
