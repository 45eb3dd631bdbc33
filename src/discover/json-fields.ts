// What comes as JSON from elsewhere, field by field: whatever has another shape than expected counts as empty.

/** Longer texts are cut: none that a rule looks at is. */
export const MAX_VALUE_LENGTH = 4096;

export type Fields = Readonly<Record<string, unknown>>;

export function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_VALUE_LENGTH) : '';
}
