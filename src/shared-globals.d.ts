// The few globals that Node and browsers share and pure rooms may use. Everything else (process, Buffer,
// window, timers) is missing on purpose when tsconfig.pure.json compiles them.
// TextDecoder and TextEncoder are standard in both; only the members used here are declared.
interface TextDecoder {
  decode(input?: Uint8Array): string;
}
declare var TextDecoder: {
  new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder;
};
interface TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(input: string, into: Uint8Array): { readonly read: number; readonly written: number };
}
declare var TextEncoder: { new (): TextEncoder };
