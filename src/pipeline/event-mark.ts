import { PlimsollError } from '../base/errors.ts';
import type { RawEvidence } from '../model/raw-evidence.ts';
import type { Mark } from '../model/status.ts';

/** Marks are shown on charts; a longer text is a mistake. */
const MAX_MARK_TEXT = 200;

/**
 * One object of events.jsonl as a mark: `{"t": ..., "kind": "deploy", "text": "v1.4.2"}`.
 * @throws PlimsollError RECORDING_INVALID when it is no such object.
 */
export function decodeEventMark(evidence: Extract<RawEvidence, { kind: 'event' }>): Mark {
  const text = new TextDecoder().decode(evidence.bytes);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new PlimsollError('RECORDING_INVALID', 'recording', 'an event is not JSON', { value: text }, error);
  }
  const event = json as { readonly [key: string]: unknown } | null;
  const kind = typeof event === 'object' && event !== null ? event['kind'] : undefined;
  if (typeof kind !== 'string') {
    throw new PlimsollError('RECORDING_INVALID', 'recording', 'an event needs a kind', { value: text });
  }
  const rest = event?.['text'] ?? event?.['version'] ?? event?.['message'];
  const said = typeof rest === 'string' ? rest : '';
  return { at: evidence.atMillis, kind, text: said.slice(0, MAX_MARK_TEXT) };
}
