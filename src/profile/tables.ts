// The data dictionary of decoded profiles. Read this before anything else in the room.

/** Row numbers are branded: a stack row must never be used as a location row. No run-time cost. */
export type StringIndex = number & { readonly __rowOf: 'strings' };
export type FunctionIndex = number & { readonly __rowOf: 'FunctionTable' };
export type MappingIndex = number & { readonly __rowOf: 'MappingTable' };
export type LocationIndex = number & { readonly __rowOf: 'LocationTable' };
export type StackIndex = number & { readonly __rowOf: 'StackTable' };
export type SampleIndex = number & { readonly __rowOf: 'SampleTable' };

/** An Int32Array whose cells are row numbers of another table; NO_ROW where there is none. */
export type IndexColumn<Row extends number> = Int32Array & { [row: number]: Row };
export const NO_ROW = -1;
