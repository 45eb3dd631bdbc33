// Units, scaling and the printing of values and shares, digit for digit as google/pprof's internal/measurement.

/** A value and the unit it is in; '' = a plain count. */
export interface Measurement {
  readonly value: number;
  readonly unit: string;
}

interface Unit {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly factor: number;
}

interface UnitFamily {
  /** Where the target is of another family, and for values below all units. */
  readonly byDefault: { readonly name: string; readonly factor: number };
  readonly units: readonly Unit[];
}

const FAMILIES: readonly UnitFamily[] = [
  {
    byDefault: { name: 'B', factor: 1 },
    units: [
      { name: 'B', aliases: ['b', 'byte'], factor: 1 },
      { name: 'kB', aliases: ['kb', 'kbyte', 'kilobyte'], factor: 2 ** 10 },
      { name: 'MB', aliases: ['mb', 'mbyte', 'megabyte'], factor: 2 ** 20 },
      { name: 'GB', aliases: ['gb', 'gbyte', 'gigabyte'], factor: 2 ** 30 },
      { name: 'TB', aliases: ['tb', 'tbyte', 'terabyte'], factor: 2 ** 40 },
      { name: 'PB', aliases: ['pb', 'pbyte', 'petabyte'], factor: 2 ** 50 },
    ],
  },
  {
    byDefault: { name: 's', factor: 1e9 },
    units: [
      { name: 'ns', aliases: ['ns', 'nanosecond'], factor: 1 },
      { name: 'us', aliases: ['μs', 'us', 'microsecond'], factor: 1e3 },
      { name: 'ms', aliases: ['ms', 'millisecond'], factor: 1e6 },
      { name: 's', aliases: ['s', 'sec', 'second'], factor: 1e9 },
      { name: 'hrs', aliases: ['hour', 'hr'], factor: 3600e9 },
    ],
  },
  {
    byDefault: { name: 'GCU', factor: 1 },
    units: [
      { name: 'n*GCU', aliases: ['nanogcu'], factor: 1e-9 },
      { name: 'u*GCU', aliases: ['microgcu'], factor: 1e-6 },
      { name: 'm*GCU', aliases: ['milligcu'], factor: 1e-3 },
      { name: 'GCU', aliases: ['gcu'], factor: 1 },
      { name: 'k*GCU', aliases: ['kilogcu'], factor: 1e3 },
      { name: 'M*GCU', aliases: ['megagcu'], factor: 1e6 },
      { name: 'G*GCU', aliases: ['gigagcu'], factor: 1e9 },
      { name: 'T*GCU', aliases: ['teragcu'], factor: 1e12 },
      { name: 'P*GCU', aliases: ['petagcu'], factor: 1e15 },
    ],
  },
];

/**
 * A value in another unit. `minimum` and `auto` choose the largest unit in which it is at least 1. A target of another
 * kind gives the default unit of the family (B, s); a value in a unit we do not know stays as it is.
 */
export function scale(value: number | bigint, fromUnit: string, toUnit: string): Measurement {
  const exact = Number(value);
  // The smallest int64 has no positive counterpart; pprof leaves its sign on.
  // Some others are it as doubles.
  if (exact < 0 && (exact > -(2 ** 63) || (typeof value === 'bigint' && value !== -(2n ** 63n)))) {
    const positive = scale(-exact, fromUnit, toUnit);
    return { value: -positive.value, unit: positive.unit };
  }
  for (const family of FAMILIES) {
    const from = findUnit(family, fromUnit);
    if (from !== undefined) return convert(family, exact * from.factor, toUnit);
  }
  return { value: exact, unit: PLAIN_UNITS.has(toUnit) ? '' : toUnit };
}

const PLAIN_UNITS = new Set(['count', 'sample', 'unit', 'minimum', 'auto']);

/** Whether both are units of one family: bytes, time or GCU. */
export function areSameKindOfUnit(a: string, b: string): boolean {
  return FAMILIES.some((family) => findUnit(family, a) !== undefined && findUnit(family, b) !== undefined);
}

/** Names are found in any case, and with a plural s where they are longer than two bytes. */
function findUnit(family: UnitFamily, name: string): Unit | undefined {
  const lower = name.toLowerCase();
  const isLong = lower.length > 2 || (lower.length === 2 && /[^\x20-\x7e]/.test(lower));
  const singular = isLong && lower.endsWith('s') ? lower.slice(0, -1) : lower;
  return family.units.find((unit) => unit.aliases.includes(singular));
}

function convert(family: UnitFamily, value: number, toUnit: string): Measurement {
  if (toUnit === 'minimum' || toUnit === 'auto') {
    let best: Unit | undefined;
    for (const unit of family.units)
      if (unit.factor >= (best?.factor ?? 0) && value / unit.factor >= 1) best = unit;
    if (best !== undefined) return { value: value / best.factor, unit: best.name };
  } else {
    const to = findUnit(family, toUnit);
    if (to !== undefined) return { value: value / to.factor, unit: to.name };
  }
  const { name, factor } = family.byDefault;
  return { value: value / factor, unit: name };
}

/** `1.50MB`: two decimals, none where they are zero, and `0` without a unit. */
export function scaledLabel(value: number | bigint, fromUnit: string, toUnit: string): string {
  const scaled = scale(value, fromUnit, toUnit);
  const digits = formatFixed2(scaled.value).replace(/\.00$/, '');
  return digits === '0' || digits === '-0' ? '0' : digits + scaled.unit;
}

/** The share of a total, without its sign, six characters wide as reports align it; at least two digits. */
export function percentage(value: number | bigint, total: number | bigint): string {
  const whole = Number(total);
  const ratio = whole === 0 ? 0 : Math.abs(Number(value) / whole) * 100;
  if (ratio >= 99.95 && ratio <= 100.05) return '  100%';
  return `${(ratio >= 1 ? formatFixed2(ratio) : formatGeneral2(ratio)).padStart(5)}%`;
}

/**
 * Go's %.2f: the exact binary value is rounded, halves to the even digit. toFixed does the same but for the halves
 * (0.125 is one, 0.135 is none), which it rounds up.
 */
export function formatFixed2(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  // toFixed gives up at 10^21; such numbers are whole.
  if (size >= 1e21) return `${sign}${BigInt(size)}.00`;
  const eighths = size * 8;
  if (Number.isSafeInteger(eighths) && eighths % 2 === 1) {
    const whole = Math.floor(size);
    const below = Math.floor((size - whole) * 100);
    const even = below % 2 === 0 ? below : below + 1;
    return `${sign}${whole}.${String(even).padStart(2, '0')}`;
  }
  return sign + size.toFixed(2);
}

/** Go's %.2g for 0 <= value < 1: two significant digits, no zeros at the end, exponents of two digits below 10^-4. */
function formatGeneral2(value: number): string {
  if (value === 0) return '0';
  const [mantissa, exponentText] = roundToTwoDigits(value).split('e');
  const exponent = Number(exponentText);
  const digits = mantissa.replace('.', '').replace(/0$/, '');
  if (exponent < -4) {
    const shown = digits.length > 1 ? `${digits[0]}.${digits[1]}` : digits;
    return `${shown}e-${String(-exponent).padStart(2, '0')}`;
  }
  return exponent >= 0 ? digits : `0.${'0'.repeat(-exponent - 1)}${digits}`;
}

/** toExponential(1) with halves to the even digit. */
function roundToTwoDigits(value: number): string {
  const four = value.toExponential(3);
  if (/50e/.test(four)) {
    const [all, exponent] = value.toExponential(100).split('e');
    const isHalf = /^\d\.\d50*$/.test(all);
    // An even digit stays; after an odd one, rounding up is right.
    if (isHalf && Number(all[2]) % 2 === 0) return `${all.slice(0, 3)}e${exponent}`;
  }
  return value.toExponential(1);
}
