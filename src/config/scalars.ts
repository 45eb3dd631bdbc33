// One value as people write it, to what the code uses.
import { parseDuration, parseSize } from '../base/quantities.ts';
import { DAY_MILLIS } from '../base/units.ts';
import { parseListen } from './listen.ts';
import { nearestName } from './nearest-name.ts';
import type { ScalarKind, SettingSchema } from './setting-kinds.ts';

export type ReadScalar = { readonly value: unknown } | { readonly fact: string; readonly fix: string };

/** Kinds that people write as a number without quotes. */
const BARE_NUMBERS: readonly ScalarKind[] = ['duration', 'days', 'listen'];

/** @param raw a text with its references resolved, or what else YAML makes of a value. */
export function readScalar(raw: unknown, schema: SettingSchema): ReadScalar {
  const kind = schema['x-kind'] ?? 'text';
  if (kind === 'size') return readSize(raw);
  if (kind === 'process') {
    const isProcess = typeof raw === 'number' && Number.isInteger(raw) && raw > 0;
    return isProcess
      ? { value: raw }
      : { fact: 'needs a process id', fix: 'Write a whole number above zero.' };
  }
  if (kind === 'count') {
    const isCount = typeof raw === 'number' && Number.isSafeInteger(raw) && raw > 0;
    return isCount
      ? { value: raw }
      : {
          fact: 'needs a whole number above zero',
          fix: typeof raw === 'string' ? 'Write it without quotes.' : 'Write it without a point or a sign.',
        };
  }
  // What is missing there is a unit, not quotes.
  if (typeof raw === 'number' && BARE_NUMBERS.includes(kind)) return readText(String(raw), kind, schema);
  if (typeof raw !== 'string' && kind === 'choice') return readChoice(raw, schema.enum ?? []);
  if (typeof raw === 'number' && kind === 'url')
    return { fact: 'needs an address, and is a number', fix: 'Write http://host:port.' };
  if (typeof raw !== 'string')
    return {
      fact: 'needs text',
      fix: 'Put it in quotes where it looks like a number, a date or yes and no.',
    };
  return readText(raw, kind, schema);
}

/** @param raw YAML's true and false are what people mean by on and off, yes and no. */
function readChoice(raw: unknown, choices: readonly string[]): ReadScalar {
  const meant = raw === true ? ['on', 'yes'] : raw === false ? ['off', 'no'] : [];
  const near = choices.find((choice) => meant.includes(choice));
  return {
    fact: `needs one of ${choices.join(', ')}`,
    fix: near === undefined ? 'Write one of them.' : `Did you mean ${near}?`,
  };
}

function readText(raw: string, kind: ScalarKind, schema: SettingSchema): ReadScalar {
  switch (kind) {
    case 'duration': {
      const millis = parseDuration(raw);
      if (millis !== null && millis > 0) return { value: millis };
      return { fact: 'needs a duration such as 15s or 10m', fix: 'Units are ms, s, m, h, d and w: 1h30m.' };
    }
    case 'days': {
      const millis = parseDuration(raw);
      if (millis !== null && millis > 0 && millis % DAY_MILLIS === 0) return { value: millis };
      return { fact: 'needs whole days such as 30d', fix: 'Units are d and w: 30d, 4w.' };
    }
    case 'listen': {
      const address = parseListen(raw);
      if (address) return { value: address };
      return { fact: 'needs host:port', fix: 'Write 127.0.0.1:7117, ":7117" or 7117.' };
    }
    case 'choice': {
      const choices = schema.enum ?? [];
      if (choices.includes(raw)) return { value: raw };
      const near = nearestName(raw, choices);
      return {
        fact: `needs one of ${choices.join(', ')}`,
        fix: near === null ? 'Write one of them.' : `Did you mean ${near}?`,
      };
    }
    case 'verbatim':
      return { value: raw };
    case 'service':
      if (raw.includes('/'))
        return { fact: 'a service name has no slash', fix: 'Write a dash or a dot instead.' };
      break;
    default:
  }
  if (raw === '') return { fact: 'is empty', fix: 'Give it a value, or leave the line out.' };
  return { value: raw };
}

function readSize(raw: unknown): ReadScalar {
  const text = typeof raw === 'number' ? String(raw) : raw;
  const bytes = typeof text === 'string' ? parseSize(text) : null;
  if (bytes !== null && bytes > 0 && Number.isSafeInteger(bytes)) return { value: bytes };
  return { fact: 'needs a size such as 512MiB', fix: 'Units are KiB, MiB, GiB, TiB, kB, MB, GB and TB.' };
}

/** What people may be shown of a value: of secrets nothing, of a URL no credentials and no query. */
export function shownText(raw: unknown, kind: ScalarKind): string | null {
  if (kind === 'secret') return null;
  const text = typeof raw === 'string' ? raw : JSON.stringify(raw);
  return kind === 'url' ? withoutCredentials(text) : text;
}

/** `http://user:password@host/?token=x` to `http://…@host/?…`; `user:password@host` is one as well. */
export function withoutCredentials(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1…@').replace(/\?.*$/s, '?…');
}
