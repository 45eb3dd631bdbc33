// What nodes of a report stand for: a function, a line, an address, whatever the granularity has left to tell apart.
// Source: google/pprof internal/graph nodeInfo, NodeMap.
import { NO_ROW, type Profile } from '../../pprof/tables.ts';
import { compareText } from '../compare-text.ts';
import { cleanPath, printableName, type FrameName } from '../reports/printable-name.ts';
import { trimPath } from '../trim-path.ts';

/** What tells nodes apart beside name, file, line, column and address. */
export interface NodeIdentity {
  /** Object file and first line of the function count, too (callgrind, list). */
  readonly withObjects: boolean;
  /** -trim_path and -source_path: prefixes that are cut off file names. */
  readonly trimPath: string;
  readonly sourcePath: string;
}

export interface NodeInfo extends FrameName {
  readonly startLine: number | bigint;
}

/**
 * One row: one thing that a report shows. Lines of locations point here:
 *
 *     nodeOf[nodeStart[location] .. nodeStart[location + 1])   innermost line first; one cell for a location without lines
 */
export class NodeInfos {
  readonly nodeStart: Int32Array;
  readonly nodeOf: Int32Array;
  readonly #infos: NodeInfo[] = [];
  readonly #printable: (string | undefined)[] = [];
  readonly #identity: NodeIdentity;
  readonly #profile: Profile;
  readonly #rowOfKey = new Map<string, number>();
  /** Cleaned file names of functions. */
  readonly #files: (string | undefined)[] = [];

  constructor(profile: Profile, identity: NodeIdentity) {
    this.#profile = profile;
    this.#identity = identity;
    const { locations } = profile;
    this.nodeStart = new Int32Array(locations.length + 1);
    let cells = 0;
    for (let location = 0; location < locations.length; location++) {
      cells += Math.max(1, locations.lineStart[location + 1] - locations.lineStart[location]);
      this.nodeStart[location + 1] = cells;
    }
    this.nodeOf = new Int32Array(cells);
    this.#fill();
  }

  get length(): number {
    return this.#infos.length;
  }

  at(row: number): NodeInfo {
    return this.#infos[row];
  }

  printableName(row: number): string {
    return (this.#printable[row] ??= printableName(this.#infos[row]));
  }

  /** As pprof's comparePrintableName: by address where both have one, else by printed name. */
  compareNames(a: number, b: number): number {
    if (a === b) return 0;
    const [left, right] = [this.#infos[a].address, this.#infos[b].address];
    if (Number(left) !== 0 && Number(right) !== 0 && left !== right) return left < right ? -1 : 1;
    return compareText(this.printableName(a), this.printableName(b));
  }

  /** [rows] 1 = the function was inlined somewhere. */
  inlined(): Uint8Array {
    const isInlined = new Uint8Array(this.length);
    for (let location = 0; location + 1 < this.nodeStart.length; location++)
      for (let cell = this.nodeStart[location]; cell < this.nodeStart[location + 1] - 1; cell++)
        isInlined[this.nodeOf[cell]] = 1;
    return isInlined;
  }

  #fill(): void {
    const { locations, lines, functions } = this.#profile;
    // A function is one node where lines and addresses are erased, which is the usual case: no key to build then.
    const rowOfFunction = new Int32Array(functions.length).fill(NO_ROW);
    for (let location = 0; location < locations.length; location++) {
      const from = locations.lineStart[location];
      const count = locations.lineStart[location + 1] - from;
      const isPlain = !this.#identity.withObjects && Number(locations.address[location]) === 0;
      if (count === 0) this.nodeOf[this.nodeStart[location]] = this.#internLocation(location);
      for (let i = 0; i < count; i++) {
        const line = from + i;
        const fn = lines.function[line];
        const isWhole = isPlain && Number(lines.line[line]) === 0 && Number(lines.column[line]) === 0;
        let row = isWhole ? rowOfFunction[fn] : NO_ROW;
        if (row === NO_ROW) {
          row = this.#internLine(location, line);
          if (isWhole && this.#infos[row].name !== '') rowOfFunction[fn] = row;
        }
        this.nodeOf[this.nodeStart[location] + i] = row;
      }
    }
  }

  /** Code without symbols: what is known is where it lies. */
  #internLocation(location: number): number {
    return this.#intern({
      address: this.#profile.locations.address[location],
      name: '',
      file: '',
      line: 0,
      column: 0,
      startLine: 0,
      objectFile: this.#objectFile(location),
    });
  }

  #internLine(location: number, line: number): number {
    const { locations, lines, functions, strings } = this.#profile;
    const fn = lines.function[line];
    const name = strings.get(functions.name[fn]);
    const startLine = functions.startLine[fn];
    const file = this.#fileOf(fn);
    const isWide = this.#identity.withObjects || name === '';
    return this.#intern({
      address: locations.address[location],
      name,
      file,
      line: lines.line[line],
      column: lines.column[line],
      startLine: isWide ? startLine : 0,
      objectFile: isWide ? this.#objectFile(location) : '',
    });
  }

  #objectFile(location: number): string {
    const { locations, mappings, strings } = this.#profile;
    const mapping = locations.mapping[location];
    return mapping === NO_ROW ? '' : strings.get(mappings.file[mapping]);
  }

  #fileOf(fn: number): string {
    const { functions, strings } = this.#profile;
    return (this.#files[fn] ??= cleanFile(strings.get(functions.file[fn]), this.#identity));
  }

  #intern(info: NodeInfo): number {
    const { address, name, file, line, column, startLine, objectFile } = info;
    const key = `${address}\n${line}\n${column}\n${startLine}\n${objectFile}\n${file}\n${name}`;
    let row = this.#rowOfKey.get(key);
    if (row === undefined) {
      row = this.#infos.push(info) - 1;
      this.#rowOfKey.set(key, row);
    }
    return row;
  }
}

function cleanFile(file: string, { trimPath: trim, sourcePath }: NodeIdentity): string {
  const trimmed = trimPath(file, trim, sourcePath);
  return trimmed === '' ? '' : cleanPath(trimmed);
}
