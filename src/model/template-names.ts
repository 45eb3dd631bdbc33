// What a template of a sink may name: the reader of the configuration refuses all else, the sinks fill it in.

/** Beside `labels.NAME`. */
export const TEMPLATE_NAMES = [
  'title',
  'summary',
  'level',
  'kind',
  'service',
  'fingerprint',
  'culprit',
  'version',
  'owner',
  'growth',
  'count',
  'holds',
  'limit',
  'instances',
  'open for',
  'as of',
  'evidence',
  'advice',
  'page',
  'text',
];

const PLACE = /\{\{\s*([\w. -]+?)\s*\}\}/g;

/** Names in a template, as they are written. */
export function placesOf(template: string): readonly string[] {
  return [...template.matchAll(PLACE)].map(([, name = '']) => name);
}

/** The template with a text in each place. */
export function fillPlaces(template: string, textOf: (name: string) => string): string {
  return template.replace(PLACE, (_, name: string) => textOf(name));
}
