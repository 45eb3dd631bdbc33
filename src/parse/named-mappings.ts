// Linux names anonymous memory where it is asked to (CONFIG_ANON_VMA_NAME), and Go does since 1.25: whose pages are resident
// is known exactly then, without a word from the process. Names: runtime, calls of sysAlloc, sysReserve and sysMap.

export interface NamedMappings {
  /** Bytes that are resident or swapped out, less what was given back lazily. */
  /** `heap`, `page summary`, `OS thread stack`, ... as Go names them. */
  readonly go: ReadonlyMap<string, number>;
  /** The lines of smaps_rollup that are read here, summed from the same text. */
  readonly rollup: string;
}

const KIB = 1024;
/** Go 1.26 has seventeen. */
const MAX_NAMES = 64;
const SIGN: Readonly<Record<string, number>> = { Rss: 1, Swap: 1, LazyFree: -1 };
const SUMMED = ['Rss', 'AnonHugePages', 'LazyFree'] as const;

/** Whether Go has named its mappings, from /proc/PID/maps. */
export function hasGoMappings(maps: string): boolean {
  return maps.includes('[anon: Go: ');
}

/** /proc/PID/smaps. null where Go has named nothing, or the text is cut short. */
export function parseNamedMappings(smaps: string): NamedMappings | null {
  const go = new Map<string, number>();
  const sums = new Map<string, number>();
  let name: string | null = null;
  if (!smaps.endsWith('\n')) return null;
  for (const line of smaps.split('\n')) {
    if (/^[0-9a-f]+-[0-9a-f]+ /.test(line)) {
      name = /\[anon: Go: ([^\]]{1,80})\]$/.exec(line)?.[1] ?? null;
      continue;
    }
    const field = /^(Rss|Swap|AnonHugePages|LazyFree):\s+(\d+) kB$/.exec(line);
    if (field === null) continue;
    const [, key = '', kib = ''] = field;
    sums.set(key, (sums.get(key) ?? 0) + Number(kib));
    const sign = SIGN[key] ?? 0;
    if (sign !== 0 && name !== null && (go.has(name) || go.size < MAX_NAMES)) {
      go.set(name, (go.get(name) ?? 0) + sign * Number(kib) * KIB);
    }
  }
  if (go.size === 0) return null;
  return { go, rollup: SUMMED.map((key) => `${key}: ${sums.get(key) ?? 0} kB\n`).join('') };
}
