// Names of frames as reports print them: `0000000000401000 main.work /src/main.go:12`, of which the granularity has
// erased what it does not show. Source: google/pprof internal/graph NodeInfo.NameComponents.
import { NO_ROW, type Profile } from '../../pprof/tables.ts';
import { baseName } from './header.ts';

/** What a frame shows. Numbers are 0 and texts '' where there is nothing. */
export interface FrameName {
  readonly address: number | bigint;
  readonly name: string;
  /** Cleaned, see cleanPath. */
  readonly file: string;
  readonly line: number | bigint;
  readonly column: number | bigint;
  /** File of the mapping; shown only where there is neither name nor file. */
  readonly objectFile: string;
}

export function printableName(frame: FrameName): string {
  const { address, name, file, line, column, objectFile } = frame;
  const parts: string[] = [];
  if (Number(address) !== 0) parts.push(BigInt(address).toString(16).padStart(16, '0'));
  if (name !== '') parts.push(name);
  if (Number(line) !== 0) parts.push(`${file}:${line}${Number(column) === 0 ? '' : `:${column}`}`);
  else if (file !== '') parts.push(file);
  else if (name === '') parts.push(objectFile === '' ? '<unknown>' : `[${baseName(objectFile)}]`);
  return parts.join(' ');
}

/** The name of one line of a location; `line` is null for a location without lines. */
export function printableNameOf(profile: Profile, location: number, line: number | null): string {
  const { locations, lines, functions, mappings, strings } = profile;
  const mapping = locations.mapping[location];
  const address = locations.address[location];
  const objectFile = mapping === NO_ROW ? '' : strings.get(mappings.file[mapping]);
  if (line === null) return printableName({ address, name: '', file: '', line: 0, column: 0, objectFile });
  const row = lines.function[line];
  const file = strings.get(functions.file[row]);
  return printableName({
    address,
    name: strings.get(functions.name[row]),
    file: file === '' ? '' : cleanPath(file),
    line: lines.line[line],
    column: lines.column[line],
    objectFile,
  });
}

/** Go's filepath.Clean: without `.`, `..` and doubled slashes where that does not change the place. */
export function cleanPath(path: string): string {
  if (path === '') return '.';
  // Most paths are clean.
  if (!/\/\/|\/$|(?:^|\/)\.\.?(?:\/|$)/.test(path)) return path;
  const isRooted = path.startsWith('/');
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!isRooted) kept.push('..');
  }
  const clean = `${isRooted ? '/' : ''}${kept.join('/')}`;
  return clean === '' ? '.' : clean;
}
