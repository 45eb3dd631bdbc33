import { API_ERRORS, type ApiErrorCode } from '../protocol/api-errors.ts';
import type { ErrorMessage } from '../protocol/messages.ts';

/** Expected refusals are data: handlers return them, the front turns them into JSON. */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly body: ErrorMessage;
}

/** What a request set wrongly, for the sender to find it. */
export interface FieldFault {
  readonly field: string;
  readonly value: string;
}

/** `message` states facts; status and advice come from the registry. */
export function refuse(code: ApiErrorCode, message: string, fault?: FieldFault): Refusal {
  const { status, advice } = API_ERRORS[code];
  return {
    kind: 'refused',
    status,
    body: {
      error: { code, message, advice, ...(fault ? { field: fault.field, value: shorten(fault.value) } : {}) },
    },
  };
}

/** Refusals echo what was sent; a megabyte of it helps nobody. */
const ECHO_LENGTH_LIMIT = 80;

export function shorten(text: string): string {
  return text.length > ECHO_LENGTH_LIMIT ? `${text.slice(0, ECHO_LENGTH_LIMIT - 3)}...` : text;
}
