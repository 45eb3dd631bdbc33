// Entry of the WebAssembly module: decompression and decoding of what nearly all profiles are.
import { initInflate } from './inflate';
import { initSpread } from './decode';

export { inflate, DATA } from './inflate';
export { outline, layout, decode, gather } from './decode';
export { beginParts, inputRoom, inflatePart, decodePart } from './parts';

/** Fills the constant tables; call it first. */
export function init(): void {
  initInflate();
  initSpread();
}
