// What is done to every input of the fuzzer: everything that `plimsoll profile` does between a file and its reports. Works
// on the built product, as the command does.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { crc32, gzipSync } from 'node:zlib';

/** Reports that are rendered of every input. */
const REPORTS = [
  ...['top', 'tree', 'peek', 'list', 'dot', 'callgrind', 'traces', 'tags', 'raw', 'comments', 'proto'],
  ...['folded', 'speedscope', 'flame'],
];
/** Of some inputs only: its layout takes longer than all others together. */
const PICTURE = 'svg';
/** What stands in front of compressed bytes of the plainest kind, and behind them: checksum and size. */
const GZIP_HEAD = [0x1f, 0x8b, 8, 0];
const GZIP_HEAD_BYTES = 10;
const GZIP_TAIL_BYTES = 8;
/** Inputs are small; what they decompress to may not be. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_TABLE_BYTES = 288 * 1024 * 1024;

/**
 * @param {string} dist
 * @returns {Promise<import('./exercise.mjs').Exercise>} throws for everything that is no PlimsollError.
 */
export async function loadExercise(dist) {
  const load = (/** @type {string} */ path) => import(pathToFileURL(join(dist, path)).href);
  const { decompressProfile } = await load('cli/decompress-profile.js');
  const { decodeAsPprof } = await load('pprof/legacy/decode-as-pprof.js');
  const { decodeProfile } = await load('pprof/decode-profile.js');
  const { decodeProto } = await load('pprof/decode-proto.js');
  const { kernelFor, sharedKernel } = await load('pipeline/kernel-file.js');
  const { decodeInParts } = await load('pprof/decode-parts.js');
  const { decodeUsualGzip } = await load('pipeline/decode-usual-gzip.js');
  const { checkProfile } = await load('profile/check-profile.js');
  const { combineProfiles, subtractBase } = await load('profile/combine.js');
  const { prepareReport } = await load('profile/reports/prepare.js');
  const { compileMatcher } = await load('profile/text-matcher.js');
  const { parseProfileFlags } = await load('cli/profile-flags.js');
  const { PROFILE_REPORTS } = await load('cli/profile-reports.js');
  const { PlimsollError } = await load('base/errors.js');
  const host = {
    zoneAt: () => ({ offsetMinutes: 0, name: 'UTC' }),
    readSource: () => null,
    readLibrarySource: () => null,
    workingFolder: () => '/',
    warn: () => undefined,
  };
  const reports = await Promise.all(
    [...REPORTS, PICTURE].map(async (report) => {
      const shape = PROFILE_REPORTS[report];
      const words = shape.hasSymbol ? ['.', 'file'] : ['file'];
      const { settings, symbol } = parseProfileFlags(report, words, {
        hasSymbol: shape.hasSymbol === true,
        warn: host.warn,
      });
      return { report, shape, settings, symbol, render: await shape.load() };
    }),
  );

  /** Profiles that were decoded part by part and compared. */
  let partsRead = 0;

  /**
   * @param {(typeof reports)[number]} report
   * @param {unknown} profile
   */
  const renderReport = async ({ report, shape, settings, symbol, render }, profile) => {
    const task = { report, shape, settings, symbol, host, compile: compileMatcher };
    const prepared = prepareReport(profile, task);
    const output = await render(prepared.profile, prepared.options);
    if (typeof output === 'string') return;
    for (const piece of output) if (piece === undefined) throw new Error(`${report} gave a piece of nothing`);
  };

  /**
   * What the kernel reads, the other decoder reads, and finds the same.
   * @param {Uint8Array} plain
   */
  const checkKernel = (plain) => {
    const kernel = kernelFor(plain.length);
    const usual = readOrNull(() => kernel.decode(kernel.place(plain)));
    if (usual === null) return;
    const wanted = readOrNull(() => decodeProto(plain));
    if (wanted === null || !isDeepStrictEqual(columnsOf(usual), columnsOf(wanted)))
      throw new Error('the kernel reads it differently');
  };

  /**
   * What `plimsoll profile` reads without zlib, it reads with it, and finds the same.
   * @param {Uint8Array} gzip
   * @param {Uint8Array | null} plain null = zlib refuses it.
   */
  const checkUsual = (gzip, plain) => {
    const usual = readOrNull(() => decodeUsualGzip(gzip, MAX_BYTES, MAX_TABLE_BYTES));
    if (usual === null) return;
    const wanted = plain === null ? null : readOrNull(() => decodeAsPprof(plain).profile);
    if (wanted === null || !isDeepStrictEqual(columnsOf(usual), columnsOf(wanted)))
      throw new Error('it is read differently without zlib');
  };

  /**
   * What is decompressed and decoded part by part is what the other decoder finds in the whole.
   * @param {Uint8Array} gzip
   * @param {Uint8Array | null} plain null = zlib refuses it.
   */
  const checkParts = (gzip, plain) => {
    const tail = gzip.length - GZIP_TAIL_BYTES;
    if (tail < GZIP_HEAD_BYTES || GZIP_HEAD.some((byte, at) => gzip[at] !== byte)) return;
    const behind = new DataView(gzip.buffer, gzip.byteOffset + tail);
    const [checksum, size] = [behind.getUint32(0, true), behind.getUint32(4, true)];
    if (size > MAX_BYTES) return;
    let found = 0;
    const takePlain = (/** @type {Uint8Array} */ part) => {
      found = crc32(part, found);
      return true;
    };
    const raw = gzip.subarray(GZIP_HEAD_BYTES, tail);
    const usual = decodeInParts(sharedKernel(), raw, size, takePlain, MAX_TABLE_BYTES);
    if (usual === null || found !== checksum) return;
    const wanted = plain === null ? null : readOrNull(() => decodeProto(plain));
    if (wanted === null || !isDeepStrictEqual(columnsOf(usual), columnsOf(wanted)))
      throw new Error('it is read differently part by part');
    partsRead++;
  };

  /** @param {() => unknown} read */
  const readOrNull = (read) => {
    try {
      return read();
    } catch (error) {
      if (error instanceof PlimsollError) return null;
      throw error;
    }
  };

  /**
   * @param {Uint8Array} bytes
   * @param {{ readonly withPicture?: boolean, readonly onlyDecoding?: boolean }} options
   */
  const run = async (bytes, { withPicture = false, onlyDecoding = false }) => {
    const plain = await decompressProfile(bytes, MAX_BYTES).catch((/** @type {unknown} */ error) => {
      checkUsual(bytes, null);
      checkParts(bytes, null);
      throw error;
    });
    const compressed = plain === bytes ? gzipSync(plain, { level: 1 }) : bytes;
    checkUsual(compressed, plain);
    checkParts(compressed, plain);
    try {
      decodeProfile(plain); // as detection reads it: fewer forms
    } catch (error) {
      if (!(error instanceof PlimsollError)) throw error;
    }
    checkKernel(plain);
    const decoded = decodeAsPprof(plain, undefined, kernelFor(plain.length));
    if (decoded.form === 'goroutine-dump' || onlyDecoding) return;
    checkProfile(decoded.profile);
    const profile = combineProfiles([decoded.profile]);
    checkProfile(profile);
    checkProfile(subtractBase(profile, profile, { isDiff: true, isNormalized: true }));
    for (const each of reports) {
      if (each.report === PICTURE && !withPicture) continue;
      try {
        await renderReport(each, profile);
      } catch (error) {
        if (!(error instanceof PlimsollError)) throw error;
        // A graph may be too large for a picture, but there is none that Graphviz cannot read.
        if (error.message.includes('Graphviz')) throw new Error(error.message, { cause: error });
        // Where nothing has a name, nothing matches.
        if (error.code !== 'REPORT_EMPTY') throw error;
      }
    }
  };

  const exercise = async (/** @type {Uint8Array} */ bytes, options = {}) => {
    try {
      await run(bytes, options);
      return 'read';
    } catch (error) {
      if (error instanceof PlimsollError) return 'refused';
      throw error;
    }
  };
  return Object.assign(exercise, { partsRead: () => partsRead });
}

/** The strings one by one: the bytes between them are nobody's. */
function columnsOf(/** @type {any} */ profile) {
  const { strings, ...rest } = profile;
  return { ...rest, strings: Array.from({ length: strings.length }, (_, row) => strings.get(row)) };
}
