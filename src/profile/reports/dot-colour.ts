// Colours of a call graph: red for what is there, green for what is gone. Source: google/pprof internal/graph dotColor.

/** Moves colours away from grey, so that small shares have one. */
const SHIFT = 0.7;

/**
 * @param share -1 to 1 of the total; 0 is grey, and NaN (of no total) what pprof makes of it: red without any green.
 * @param isBackground light, for boxes.
 */
export function dotColour(share: number, isBackground: boolean): string {
  let saturation = isBackground ? 0.1 : 1;
  const value = isBackground ? 0.93 : 0.7;
  let score = Math.max(-1, Math.min(1, share));
  if (Math.abs(score) < 0.2) saturation *= Math.abs(score) / 0.2;
  score = Math.sign(score) * Math.abs(score) ** (1 - SHIFT);
  const faded = value * (1 - saturation * Math.abs(score));
  const [red, green] = score < 0 ? [faded, value] : [value, faded];
  const hex = (part: number): string =>
    Math.trunc(Number.isNaN(part) ? 0 : part * 255)
      .toString(16)
      .padStart(2, '0');
  return `#${hex(red)}${hex(green)}${hex(value * (1 - saturation))}`;
}
