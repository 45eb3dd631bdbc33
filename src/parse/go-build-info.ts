// Is an executable a Go program, of which version, which module? The build info that the linker puts into every one since
// Go 1.13, read as debug/buildinfo of Go reads it: a few hundred bytes of a file that may be 100 MB.
import type { Bytes } from '../base/units.ts';

/** Bytes of a file from `offset`; fewer where it ends. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

export interface GoBuildInfo {
  /** `go1.26.8`. */
  readonly goVersion: string;
  /** Import path of the main package; null where the build does not say (before Go 1.18, or without modules). */
  readonly packagePath: string | null;
  /** Import path of the main module. */
  readonly module: string | null;
  /** `v1.4.2`; null for `(devel)`. */
  readonly moduleVersion: string | null;
}

/** More sections than any linker makes; a damaged header must not make us read gigabytes. */
const MAX_SECTIONS = 4096;
/** An entry of either header table has 64 bytes at most. */
const MAX_ENTRY: Bytes = 256;
const MAX_SECTION_NAMES: Bytes = 1 << 20;
/** A list of modules is some kilobytes; Kubernetes' is 60 KB. */
const MAX_MODULE_TEXT: Bytes = 1 << 20;
/** Where there is no section of that name, the beginning of the data segment is searched, as Go does it. */
const MAX_SEARCHED: Bytes = 1 << 20;

const MAGIC = [0xff, ...[...' Go buildinf:'].map((letter) => letter.charCodeAt(0))];
const HEADER_SIZE = 32;
const ALIGNMENT = 16;
/** Frames the module text, so that it can be found in memory. */
const SENTINEL_SIZE = 16;

/** @returns null when it is no ELF file, or holds no build info (not Go, or packed). Never throws for what it reads. */
export async function readGoBuildInfo(read: ReadAt): Promise<GoBuildInfo | null> {
  const elf = await readElf(read);
  if (elf === null) return null;
  const header = await findHeader(read, elf);
  if (header === null) return null;
  const strings = await readStrings(read, elf, header);
  return strings === null || !/^(go\d|devel )/.test(strings.version) ? null : describe(strings);
}

function describe({ version, modules }: { version: string; modules: string }): GoBuildInfo {
  const line = (key: string) => new RegExp(`^${key}\\t([^\\t\\n]+)(?:\\t([^\\t\\n]*))?`, 'm').exec(modules);
  const main = line('mod');
  const moduleVersion = main?.[2] ?? '';
  return {
    // `go1.26.8 X:experiment` names the experiments too.
    goVersion: version.split(' X:')[0] ?? version,
    packagePath: line('path')?.[1] ?? null,
    module: main?.[1] ?? null,
    moduleVersion: moduleVersion === '' || moduleVersion === '(devel)' ? null : moduleVersion,
  };
}

interface Piece {
  readonly address: number;
  readonly offset: number;
  readonly size: number;
}

interface Elf {
  readonly isLittle: boolean;
  readonly wordSize: 4 | 8;
  /** The section `.go.buildinfo`, where section headers are there. */
  readonly buildInfo: Piece | null;
  /** PT_LOAD segments, to find addresses in the file. */
  readonly segments: readonly (Piece & { readonly isData: boolean })[];
}

async function readElf(read: ReadAt): Promise<Elf | null> {
  const head = await read(0, 64);
  if (head.length < 52 || head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46)
    return null;
  const wordSize = head[4] === 2 ? 8 : 4;
  if (wordSize === 8 && head.length < 64) return null;
  const words = new Words(head, head[5] === 1, wordSize);
  const { isLittle } = words;
  const wide = wordSize === 8;
  const segments = await readSegments(read, words, wide);
  const offset = words.word(wide ? 40 : 32);
  const size = Math.min(words.half(wide ? 58 : 46), MAX_ENTRY);
  const count = Math.min(words.half(wide ? 60 : 48), MAX_SECTIONS);
  const namesAt = words.half(wide ? 62 : 50);
  const table = offset > 0 && size >= (wide ? 64 : 40) ? await read(offset, size * count) : new Uint8Array();
  const sections = pieces(new Words(table, isLittle, wordSize), size, wide);
  const namesOf = sections[namesAt];
  const names =
    namesOf && namesOf.size <= MAX_SECTION_NAMES
      ? await read(namesOf.offset, namesOf.size)
      : new Uint8Array();
  const buildInfo = sections.find(({ name }) => textAt(names, name) === '.go.buildinfo') ?? null;
  return { isLittle, wordSize, buildInfo, segments };
}

function pieces(table: Words, size: number, wide: boolean): (Piece & { readonly name: number })[] {
  const found: (Piece & { readonly name: number })[] = [];
  for (let at = 0; size > 0 && at + size <= table.length; at += size) {
    found.push({
      name: table.int(at),
      address: table.word(at + (wide ? 16 : 12)),
      offset: table.word(at + (wide ? 24 : 16)),
      size: table.word(at + (wide ? 32 : 20)),
    });
  }
  return found;
}

async function readSegments(read: ReadAt, head: Words, wide: boolean): Promise<Elf['segments']> {
  const offset = head.word(wide ? 32 : 28);
  const size = Math.min(head.half(wide ? 54 : 42), MAX_ENTRY);
  const count = Math.min(head.half(wide ? 56 : 44), MAX_SECTIONS);
  if (offset === 0 || size < (wide ? 56 : 32)) return [];
  const table = new Words(await read(offset, size * count), head.isLittle, wide ? 8 : 4);
  const segments: (Piece & { readonly isData: boolean })[] = [];
  for (let at = 0; at + size <= table.length; at += size) {
    const flags = table.int(at + (wide ? 4 : 24));
    if (table.int(at) !== LOAD) continue;
    segments.push({
      offset: table.word(at + (wide ? 8 : 4)),
      address: table.word(at + (wide ? 16 : 8)),
      size: table.word(at + (wide ? 32 : 16)),
      isData: (flags & (EXECUTABLE | WRITABLE)) === WRITABLE,
    });
  }
  return segments;
}

const LOAD = 1;
const EXECUTABLE = 1;
const WRITABLE = 2;

/** The 32 bytes behind the magic number, and where they lie in the file. */
async function findHeader(read: ReadAt, elf: Elf): Promise<{ offset: number; bytes: Uint8Array } | null> {
  const place = elf.buildInfo ?? elf.segments.find(({ isData }) => isData);
  if (place === undefined) return null;
  const bytes = await read(place.offset, Math.min(place.size, MAX_SEARCHED));
  for (let at = 0; at + HEADER_SIZE <= bytes.length; at += ALIGNMENT) {
    if (MAGIC.every((value, i) => bytes[at + i] === value)) {
      return { offset: place.offset + at, bytes: bytes.subarray(at, at + HEADER_SIZE) };
    }
  }
  return null;
}

async function readStrings(
  read: ReadAt,
  elf: Elf,
  header: { readonly offset: number; readonly bytes: Uint8Array },
): Promise<{ version: string; modules: string } | null> {
  const flags = header.bytes[15] ?? 0;
  const isInline = (flags & 2) !== 0;
  const pair = isInline
    ? await readInline(read, header.offset + HEADER_SIZE)
    : await readPointed(read, elf, header.bytes);
  if (pair === null) return null;
  const [version, framed] = pair;
  const isFramed = framed.length >= 2 * SENTINEL_SIZE + 1 && framed[framed.length - SENTINEL_SIZE - 1] === 10;
  const modules = isFramed ? framed.subarray(SENTINEL_SIZE, -SENTINEL_SIZE) : new Uint8Array();
  const decoder = new TextDecoder();
  return { version: decoder.decode(version), modules: decoder.decode(modules) };
}

/** Since Go 1.18: length and text, twice. */
async function readInline(read: ReadAt, offset: number): Promise<[Uint8Array, Uint8Array] | null> {
  const version = await readCounted(read, offset);
  const modules = version && (await readCounted(read, version.end));
  return version && modules ? [version.bytes, modules.bytes] : null;
}

async function readCounted(read: ReadAt, offset: number): Promise<{ bytes: Uint8Array; end: number } | null> {
  const prefix = await read(offset, 10);
  let length = 0;
  for (let i = 0; i < prefix.length && i < 5; i++) {
    const byte = prefix[i] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) {
      if (length > MAX_MODULE_TEXT) return null;
      const bytes = await read(offset + i + 1, length);
      return bytes.length === length ? { bytes, end: offset + i + 1 + length } : null;
    }
  }
  return null;
}

/** Go 1.13 to 1.17: pointers to string headers (pointer, length) in memory. */
async function readPointed(
  read: ReadAt,
  elf: Elf,
  header: Uint8Array,
): Promise<[Uint8Array, Uint8Array] | null> {
  const pointerSize = header[14] === 4 ? 4 : 8;
  const words = new Words(header, ((header[15] ?? 0) & 1) === 0, pointerSize);
  const textOf = async (pointer: number): Promise<Uint8Array | null> => {
    const head = await readMemory(read, elf, pointer, 2 * pointerSize);
    if (head === null) return null;
    const fields = new Words(head, words.isLittle, pointerSize);
    const length = fields.word(pointerSize);
    return length > MAX_MODULE_TEXT ? null : readMemory(read, elf, fields.word(0), length);
  };
  const version = await textOf(words.word(16));
  if (version === null) return null;
  // A build without modules has no text at all.
  return [version, (await textOf(words.word(16 + pointerSize))) ?? new Uint8Array()];
}

async function readMemory(
  read: ReadAt,
  elf: Elf,
  address: number,
  length: number,
): Promise<Uint8Array | null> {
  const segment = elf.segments.find((s) => s.address <= address && address + length <= s.address + s.size);
  if (segment === undefined) return null;
  const bytes = await read(segment.offset + (address - segment.address), length);
  return bytes.length === length ? bytes : null;
}

/** Numbers in a file of either byte order and word size; what lies beyond the end is 0. */
class Words {
  readonly isLittle: boolean;
  readonly length: number;
  readonly #view: DataView;
  readonly #wordSize: 4 | 8;

  constructor(bytes: Uint8Array, isLittle: boolean, wordSize: 4 | 8) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = bytes.byteLength;
    this.isLittle = isLittle;
    this.#wordSize = wordSize;
  }

  half(at: number): number {
    return at + 2 <= this.length ? this.#view.getUint16(at, this.isLittle) : 0;
  }

  int(at: number): number {
    return at + 4 <= this.length ? this.#view.getUint32(at, this.isLittle) : 0;
  }

  /** A file of more than 2^53 bytes is none: such a number only fails to be read. */
  word(at: number): number {
    if (this.#wordSize === 4) return this.int(at);
    return at + 8 <= this.length ? Number(this.#view.getBigUint64(at, this.isLittle)) : 0;
  }
}

function textAt(names: Uint8Array, at: number): string {
  const end = names.indexOf(0, at);
  return at >= names.length || end < 0 ? '' : new TextDecoder().decode(names.subarray(at, end));
}
