// Frames as reports count them: one node per function name, whatever the file or line; code without symbols is one
// node per object file. Names as `go tool pprof` prints them.
import { NO_ROW, type Profile } from '../pprof/tables.ts';

/** Row number in FrameNodes. */
export type NodeIndex = number & { readonly __rowOf: 'FrameNodes' };

/**
 * Nodes of every location, leaf (innermost inlined) first: node[nodeStart[location] .. nodeStart[location + 1]).
 * A location without lines still is a frame.
 */
export interface FrameNodes {
  readonly length: number;
  readonly name: readonly string[];
  readonly nodeStart: Int32Array;
  readonly node: Int32Array & { [row: number]: NodeIndex };
}

export const UNKNOWN_FRAME = '<unknown>';

export function computeFrameNodes(profile: Profile): FrameNodes {
  const { locations, lines, functions } = profile;
  const names: string[] = [];
  const rowByName = new Map<string, number>();
  const intern = (name: string): number => {
    const known = rowByName.get(name);
    if (known !== undefined) return known;
    rowByName.set(name, names.length);
    return names.push(name) - 1;
  };
  // One look-up per function row, not per line.
  const nodeOfFunction = new Int32Array(functions.length).fill(NO_ROW);
  const nodeStart = new Int32Array(locations.length + 1);
  const node: number[] = [];
  for (let location = 0; location < locations.length; location++) {
    const from = locations.lineStart[location];
    const to = locations.lineStart[location + 1];
    if (from === to) node.push(intern(nameOfObject(profile, location)));
    for (let line = from; line < to; line++) {
      const row = lines.function[line];
      if (nodeOfFunction[row] === NO_ROW) {
        const name = profile.strings.get(functions.name[row]);
        if (name !== '') nodeOfFunction[row] = intern(name);
      }
      node.push(
        nodeOfFunction[row] === NO_ROW ? intern(nameOfObject(profile, location)) : nodeOfFunction[row],
      );
    }
    nodeStart[location + 1] = node.length;
  }
  return { length: names.length, name: names, nodeStart, node: Int32Array.from(node) as FrameNodes['node'] };
}

/** `[libc.so.6]`, or `<unknown>` without a mapping. */
function nameOfObject({ locations, mappings, strings }: Profile, location: number): string {
  const mapping = locations.mapping[location];
  const file = mapping === NO_ROW ? '' : strings.get(mappings.file[mapping]);
  return file === '' ? UNKNOWN_FRAME : `[${file.slice(file.lastIndexOf('/') + 1)}]`;
}
