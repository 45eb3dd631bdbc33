import { PlimsollError } from '../base/errors.ts';
import { formatBytes, type Bytes } from '../base/units.ts';

/** The refusal of what decompresses to more than the limit. */
export function tooLarge(maxBytes: Bytes): PlimsollError {
  return new PlimsollError('PROFILE_TOO_LARGE', 'pprof', `more than ${formatBytes(maxBytes)} decompressed`);
}
