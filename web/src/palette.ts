// Canvas knows no CSS: the colours of style.css, read once per scheme.
export interface Palette {
  readonly ink: string;
  readonly quiet: string;
  readonly line: string;
  readonly surface: string;
  readonly water: string;
  readonly waterSoft: string;
  readonly floor: string;
  readonly fit: string;
  readonly limit: string;
  readonly mark: string;
}

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: read('ink'),
    quiet: read('quiet'),
    line: read('line'),
    surface: read('surface'),
    water: read('water'),
    waterSoft: read('water-soft'),
    floor: read('floor'),
    fit: read('fit'),
    limit: read('limit'),
    mark: read('mark'),
  };
}
