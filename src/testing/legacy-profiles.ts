// Old forms of profiles, drawn: one of each kind that google/pprof reads, small enough to be read by people.

const MAP = `
--- Memory map: ---
  $exe=/srv/shop/bin
  00400000-00500000: $exe (@0) abc123
  00500000-00600000 r-xp 00100000 fd:01 41038 /srv/shop/bin
  7f0000000000-7f0000100000 r-xp 00000000 fd:01 9 /lib/libc.so.6
  7f0000200000-7f0000300000 rw-p 00000000 00:00 0 [heap]
  7ffd0000-7ffe0000 r-xp 00000000 00:00 0 [vdso]
`;

function words(size: 4 | 8, isLittle: boolean, values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * size));
  values.forEach((value, at) => {
    if (size === 4) view.setUint32(at * 4, value, isLittle);
    else view.setBigUint64(at * 8, BigInt(value), isLittle);
  });
  return new Uint8Array(view.buffer);
}

/** Period 10 ms; every second frame is the signal handler's, and one leaf is there twice. */
const CPU_WORDS = [
  ...[0, 3, 0, 10000, 0],
  ...[5, 3, 0x400100, 0x7f00100, 0x400200],
  ...[2, 4, 0x400300, 0x7f00100, 0x400301, 0x500400],
  ...[1, 2, 0x999999, 0x7f00100],
  ...[0, 1, 0],
];
const JAVA_CPU_WORDS = [0, 3, 1, 1000, 0, 7, 2, 0x10, 0x20, 1, 1, 0x30, 0, 1, 0];

const JAVA_NAMES = `
 0x10 com.example.shop.Cache.put (Cache.java:31)
 0x20 com.example.shop.Main.run (Main.java:-1)
 0x30 VM
 0x40 jit (generated stub/JIT)
 0x50 malloc (/usr/lib/jvm/libjvm.so)
`;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** Name to bytes. */
export const LEGACY_PROFILES: ReadonlyMap<string, Uint8Array> = new Map([
  [
    'heap_v2 with a memory map',
    encode(`heap profile:   3:  1536 [  7:   4096] @ heap_v2/524288
  2: 1024 [ 4: 2048] @ 0x400100 0x00500200 0x7f0000000010
  1: 512 [ 3: 2048] @ 0x400101 0x123456789
  0: 0 [ 0: 0] @ 0x400102
${MAP}`),
  ],
  [
    'heapprofile of gperftools',
    encode(`heap profile: 3: 900 [3: 900] @ heapprofile
3: 900 [3: 900] @ 0x400100 0x400200

MAPPED_LIBRARIES:
00400000-00500000 r-xp 00000000 fd:01 41038 /srv/shop/bin (deleted)
`),
  ],
  ['growth', encode(`heap profile: 1: 4096 [1: 4096] @ growthz\n1: 4096 [1: 4096] @ 0x400100\n`)],
  ['fragmentation', encode(`heap profile: 1: 64 [1: 64] @ fragmentationz\n-1: -64 [1: 64] @ 0x400100\n`)],
  [
    'heap of Go',
    encode(`heap profile: 2: 2048 [5: 5120] @ heap/1048576
2: 2048 [4: 4096] @ 0x401000 0x402000
#\t0x400fff\tmain.fill+0x6f\t/src/main.go:24

0: 0 [1: 1024] @ 0x401000

# runtime.MemStats
# Alloc = 123
`),
  ],
  [
    'heap of old Go, trimmed by hand',
    encode(`heap profile: 13: 1595680 [47130736: 2584596557304] @ heap/1048576
1: 524288 [3: 600000] @ 0x420cef 0x422048
1: 288 [2: 296] @
0: 0 [1: 16] @ 0x420cef
`),
  ],
  [
    'heap with a map that has to be mended',
    encode(`heap profile: 1: 64 [1: 64] @ heapprofile
1: 64 [1: 64] @ 0x403000 0x7000 0x401234 0x404321 0xffffffffffffffff 0x0
--- Memory map: ---
/anon_hugepage=unused
00405000-00406000 r-xp 00004000 fd:01 3 /srv/part.so
00406000-00407000 r-xp 00000000 fd:01 3
00407000-00408000 r-xp 00009000 fd:01 3 /srv/part.so
7f00-8f00: (@0)
`),
  ],
  [
    'heap with a map in odd spellings',
    encode(`heap profile: 1: 64 [1: 64] @ heap_v2/0
00000000000000000000001: 64 [1: 99999999999999999999] @ 0x400010 0x500010 0x600010 and more 0x1
  -3: -192 [0: 0]@0x1: 2 [1: 1] @ 0x700010
MAPPED_LIBRARIES:
dir = /srv
app = $dir/app
I0102 10:00:00.000000 7 map.cc:31] 400000-401000 r-xp 00000000 fd:01 41038 $app (deleted)
0x5000000x501000: $dir/lib.so.1 (@FF) ab12
600000 601000 ---p $app
600000 601000: [heap] (@10)
70000000000000000000-8 r-xp 0 0:0 1 /too/large
700000-\v701000 $app
`),
  ],
  [
    'goroutine',
    encode(
      `goroutine profile: total 010\n7 @ 0x401000 0x402000\n#\t0x1\tmain.main+0x1\ta.go:1\n\n03 @ 0x403000\n`,
    ),
  ],
  [
    'comments first',
    encode(`# made by hand\n\nthreadcreate profile: total 1\n1 @ 0x401000\n--- other ---\n${MAP}`),
  ],
  [
    'mutex of Go',
    encode(`--- mutex:
cycles/second=2000000000
sampling period=5
8000 2 @ 0x401000 0x402000
#\t0x400fff\tsync.(*Mutex).Unlock+0x1\tmutex.go:1
100 1 @ 0x403000
`),
  ],
  [
    'contentionz of C++',
    encode(`--- contentionz 1 ---
cycles/second = 1000000000
sampling period = 0x10
ms since reset = 16502830
discarded samples = 0
  490 1 @ 0x400100 0x00400200
  3 7 @ 0x7f0000000010
${MAP}`),
  ],
  [
    'threadz',
    encode(`--- threadz 1 ---

--- Thread 7f794ab90940 (name: main/14748) stack: ---
  PC: 0x00400100 helper
  0x00400101 helper
  0x00500200 main
--- Thread 7f794ab91940 (name: worker/14749) stack: ---
  same as previous thread
--- Thread 7f794ab92940 (name: worker/14750) stack: ---
  0x7f0000000010
${MAP}`),
  ],
  [
    'heapz of Java',
    encode(
      `--- heapz 1 ---\nformat = java\nresolution = bytes\n  7048 14 @ 0x10 0x20\n  64 1 @ 0x30 0x40 0x50\n\n${JAVA_NAMES}`,
    ),
  ],
  [
    'contentionz of Java',
    encode(
      `--- contentionz 1 ---\nformat = java\nresolution = microseconds\nsampling period = 100\nms since reset = 6019923\n  1 1 @ 0x10 0x20\n 14 2 @ 0x30\n${JAVA_NAMES}`,
    ),
  ],
  [
    'heapz of Java with a name twice',
    encode(`--- heapz 1 ---
format = java
resolution = bytes
  07040 02 @ 0x10 0x20
  1_000 1 @ 0x30
 0x10 com.example.A.put (A.java:31)
 0x20 com.example.A.put (B.java:99999999999999999999)
 0x10 com.example.A.get (lib (/opt/x/liba.so/)
 0x99 com.example.Unused (U.java:1)`),
  ],
  ['CPU, 32 bits, little-endian', join(words(4, true, CPU_WORDS), encode(MAP))],
  ['CPU, 32 bits, big-endian', join(words(4, false, CPU_WORDS), encode(MAP))],
  ['CPU, 64 bits, little-endian', join(words(8, true, CPU_WORDS), encode(MAP))],
  ['CPU, 64 bits, big-endian', words(8, false, CPU_WORDS)],
  ['CPU of Java', join(words(8, true, JAVA_CPU_WORDS), encode(JAVA_NAMES))],
]);
