import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';

/** What was written of alerts; null where it is damaged, or not as this version writes it. */
export function parseKept<T extends TSchema>(schema: T, text: string): Static<T> | null {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(schema, value) ? value : null;
  } catch {
    return null;
  }
}
