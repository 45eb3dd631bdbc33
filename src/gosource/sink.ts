// Where values end up.
import type { Place } from './places.ts';
import type { SourceNode } from './source-index.ts';
import type { NodeRow } from './syntax-tree.ts';

/** Where a value ends up. */
export interface Sink {
  /**
   * `element`: added to a container. `whole`: a variable or field has it until it gets another. `goroutine`: a goroutine
   * was started with it. `library`: handed to code that is not in the sources.
   */
  readonly kind: 'element' | 'whole' | 'goroutine' | 'library';
  /** null for goroutines and libraries. */
  readonly place: Place | null;
  /** Levels below the place at which it is kept. */
  readonly depth: number;
  /** Statement that does it. */
  readonly at: SourceNode;
  /** Key under which it is stored, NO_NODE without one. */
  readonly key: NodeRow;
  /** Steps from the value to here: fewer is likelier. */
  readonly hops: number;
  /** Was it cut out of a larger value on the way? */
  readonly isPart: boolean;
  /** Name of the library function; '' else. */
  readonly callee: string;
}

/** Results of these hold (a copy of) their argument; what they make is not kept by themselves. */
export const PASSING =
  /(?:^|[.])(?:Clone|Copy|Trim\w*|Split\w*|Fields|Cut\w*|To(?:Upper|Lower)|Sprint\w*|String|Bytes|Join|Replace\w*|New\w*|With\w*|Wrap\w*|Encode\w*|Marshal\w*|Repeat|Quote|Format\w*|Next|Text|ReadAll|Sum)$/;
/** Results of these are pieces of their argument, and hold all of it. */
export const CUTTING = /^(?:strings|bytes)\.(?:Cut\w*|Split\w*|Fields\w*|Trim\w*)$/;
/** Results of these share nothing with their argument. */
export const COPYING = /^(?:strings|bytes|slices|maps)\.Clone$/;
/** Adding methods of the standard containers. */
export const CONTAINER_ADD =
  /^(?:container\/list\.List\.(?:Push\w+|Insert\w+)|sync\.Map\.(?:Store|LoadOrStore|Swap)|container\/heap\.Push|sync\/atomic\.(?:Pointer|Value)\.(?:Store|Swap))$/;
