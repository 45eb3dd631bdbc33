// What each piece of evidence is for, and the lines that turn it on. Data, so that docs and `doctor` say the same.
import type { GaugeName } from '../base/gauges.ts';
import type { ProbeResult } from '../collect/probe.ts';

export type EvidenceState = 'ok' | 'missing' | 'optional';

export interface EvidenceAdvice {
  readonly evidence: string;
  /** What Plimsoll can say with it and cannot without. */
  readonly gives: string;
  /** Lines of Go, or flags, that turn it on. */
  readonly turnOn: readonly string[];
  /** What it costs the target. */
  readonly costs: string;
  readonly isOptional: boolean;
  /** What was found, or null when it is missing. */
  readonly find: (probe: ProbeResult) => string | null;
}

const CLIENT_GOLANG = [
  'import "github.com/prometheus/client_golang/prometheus/promhttp"',
  'http.Handle("/metrics", promhttp.Handler())',
];
const PPROF = ['import _ "net/http/pprof"', 'go http.ListenAndServe("127.0.0.1:6060", nil)'];

function known(probe: ProbeResult, names: readonly GaugeName[]): string | null {
  const found = names.filter((name) => probe.reading[name] !== undefined);
  return found.length ? found.join(', ') : null;
}

export const EVIDENCE_ADVICE: readonly EvidenceAdvice[] = [
  {
    evidence: 'heap gauges',
    gives: 'whether the live heap grows, at what rate, and for how long it may',
    turnOn: [...CLIENT_GOLANG, 'or: import _ "expvar"', 'or only pprof: heap?debug=1 carries MemStats'],
    costs:
      'one scrape per interval, a few ms each; expvar and heap?debug=1 stop the world for less than a ms',
    isOptional: false,
    find: (probe) =>
      probe.gaugeSource
        ? `${probe.gaugeSource}: ${known(probe, ['liveHeapBytes', 'nextGcBytes', 'heapAllocBytes']) ?? ''}`
        : null,
  },
  {
    evidence: 'live heap after mark',
    gives: 'the floor of the heap exactly, also with GOMEMLIMIT or GOGC=off (otherwise next_gc gives it)',
    turnOn: [
      'prometheus.Unregister(collectors.NewGoCollector())',
      'prometheus.MustRegister(collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsGC, collectors.MetricsMemory)))',
    ],
    costs: 'about 40 more series per scrape',
    isOptional: true,
    find: (probe) => known(probe, ['liveHeapBytes']),
  },
  {
    evidence: 'process gauges',
    gives: 'RSS against the limit, restarts, open file descriptors',
    turnOn: [...CLIENT_GOLANG, '(its process collector is on by default on Linux)'],
    costs: 'nothing beyond the scrape',
    isOptional: false,
    find: (probe) =>
      known(probe, ['rssBytes', 'openFds', 'processStartMillis']) ??
      (probe.pid.pid === null ? null : `/proc/${probe.pid.pid}`),
  },
  {
    evidence: 'request counter',
    gives: 'telling growth by load from a leak, and bytes per request',
    turnOn: [
      'promhttp.InstrumentHandlerCounter(prometheus.NewCounterVec(prometheus.CounterOpts{Name: "http_requests_total"}, []string{"code", "method"}), handler)',
    ],
    costs: 'one counter per request',
    isOptional: false,
    find: (probe) => probe.requestsFamily,
  },
  {
    evidence: 'memory limit',
    gives: 'the time until it is reached',
    turnOn: [
      'run in a cgroup with memory.max on this machine, or say --memory-limit 512MiB, or set GOMEMLIMIT',
    ],
    costs: 'nothing',
    isOptional: false,
    find: (probe) => {
      const bytes = probe.target.memoryLimitBytes ?? probe.reading.memoryLimitBytes;
      const goLimit = probe.reading.goMemLimitBytes;
      if (bytes !== null && bytes !== undefined) return `${bytes} bytes`;
      return goLimit !== undefined && goLimit < 2 ** 60 ? `GOMEMLIMIT ${goLimit} bytes` : null;
    },
  },
  {
    evidence: 'heap profile',
    gives: 'the function and line that allocates what stays',
    turnOn: PPROF,
    costs: 'tens of ms per profile, at most one in 5 to 10 minutes, only of suspects and a standing baseline',
    isOptional: false,
    find: (probe) => (probe.profileKinds.includes('heap') ? (probe.target.pprof?.url ?? 'pprof') : null),
  },
  {
    evidence: 'goroutine profile',
    gives: 'goroutines that never end: where they were started and where they wait',
    turnOn: PPROF,
    costs: 'about 2.5 ms per 1,000 goroutines',
    isOptional: false,
    find: (probe) => (probe.profileKinds.includes('goroutine') ? (probe.target.pprof?.url ?? 'pprof') : null),
  },
  {
    evidence: 'goroutineleak profile',
    gives: 'proof: goroutines that the collector knows can never run again',
    turnOn: ['Go 1.27, or Go 1.26 built with GOEXPERIMENT=goroutineleakprofile, and net/http/pprof'],
    costs: 'one full GC cycle per profile; suspects only',
    isOptional: true,
    find: (probe) => (probe.hasGoroutineLeakProfile ? 'offered' : null),
  },
  {
    evidence: '/proc of the process',
    gives: 'anonymous against file-backed memory, threads, memory of C behind cgo, the cgroup limit',
    turnOn: ['run plimsoll on the same machine as the same user (or root), or say --pid'],
    costs: 'a few files per interval; smaps_rollup holds the memory map for some ms in very large processes',
    isOptional: true,
    find: (probe) => (probe.pid.pid === null ? null : `/proc/${probe.pid.pid}`),
  },
  {
    evidence: 'main module',
    gives: "telling the service's own code from its libraries, and file names relative to its root",
    turnOn: [
      'prometheus.MustRegister(collectors.NewBuildInfoCollector())',
      'or say --module example.com/service',
    ],
    costs: 'one series',
    isOptional: true,
    find: (probe) => probe.target.module,
  },
];
