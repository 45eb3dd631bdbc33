// How missing evidence is turned on, for the sources that detection and collection name. Matched on what the
// source is called, because the same evidence goes by several names.

interface Hint {
  readonly matches: RegExp;
  readonly how: string;
  /** Go line, flag or command to copy; null where there is none. */
  readonly code: string | null;
}

const HINTS: readonly Hint[] = [
  {
    matches: /^\/gc\/heap\/live|live_bytes/,
    how: 'Register the runtime metrics with client_golang:',
    code: 'collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsAll))',
  },
  {
    matches: /go_memstats|go_goroutines|goroutines$/,
    how: 'Serve the Go collector of client_golang on /metrics:',
    code: 'prometheus.MustRegister(collectors.NewGoCollector())',
  },
  {
    matches: /process_|fds|rss/i,
    how: 'Register the process collector, or run Plimsoll on the same machine:',
    code: 'prometheus.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))',
  },
  {
    matches: /pprof|profile/i,
    how: 'Serve the profiles of the runtime on a port of their own:',
    code: 'import _ "net/http/pprof"',
  },
  {
    matches: /request/i,
    how: 'Count requests on /metrics, for instance with the handler of client_golang:',
    code: 'promhttp.InstrumentHandlerCounter(counter, handler)',
  },
  {
    matches: /limit/i,
    how: 'Set a limit for this target in plimsoll.yaml:',
    code: 'memoryLimit: 512MiB',
  },
  {
    matches: /source/i,
    how: 'Tell Plimsoll where the Go sources lie:',
    code: 'plimsoll watch --source ~/src/service …',
  },
];

/** null when we know no way; `plimsoll doctor` then says more. */
export function turnOn(source: string): { readonly how: string; readonly code: string | null } | null {
  return HINTS.find((hint) => hint.matches.test(source)) ?? null;
}
